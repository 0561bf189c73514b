// Tensors on their way out: a copy as a tensor of onnxruntime, transformers.js or TensorFlow.js.
import { DTypeError, SourceError, UnavailableError } from '../errors.ts';
import { type DType, DTYPES, type TypedArray } from './dtype.ts';
import type { Elements } from './elements.ts';

/**
 * The Tensor class of onnxruntime or transformers.js, its instances being `F`: both are made from type, data and dims.
 */
export type TensorClass<F> = new (type: ForeignDType, data: TypedArray, dims: number[]) => F;

/** Our dtypes but for those that their classes have not. */
type ForeignDType = Exclude<DType, 'bfloat16' | `float${4 | 8}_${string}` | `${'u' | ''}int${2 | 4}`>;

/** The module of TensorFlow.js (`import * as tf`), its tensors being `F`. */
export interface TensorModule<F> {
  tensor(data: Float32Array | Int32Array | Uint8Array, shape: number[], dtype: 'float32' | 'int32' | 'bool'): F;
}

/** What says which library a tensor shall be of: its Tensor class, or the module itself for tf. */
export type ForeignClass<F> = TensorClass<F> | TensorModule<F>;

/**
 * What tf holds our dtypes as; it widens integers of 8 and 16 bits, and has none for the others (tfjs-core
 * `DataTypeMap`).
 */
const TF_DTYPES: Partial<Record<DType, 'float32' | 'int32' | 'bool'>> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  uint8: 'int32',
  int8: 'int32',
  int16: 'int32',
  uint16: 'int32',
};

const TF_REMEDIES: Partial<Record<DType, string>> = {
  int64: "astype('int32')",
  uint64: "astype('int32')",
  uint32: "astype('int32')",
};

/**
 * A tensor of another library. All of them keep the array they get, so it is copied here unless it is marked fresh.
 * The caller disposes what the other library wants disposed. Throws DTypeError where that library has no such dtype and
 * SourceError for a class that is not a Tensor class of the known kind.
 */
export function exportAs<F>(foreign: ForeignClass<F>, elements: Elements): F {
  const array = elements.fresh ? elements.array : elements.array.slice();
  if (isModule(foreign)) return exportToTf(foreign, { ...elements, array });
  if (typeof foreign !== 'function') throw notForeign(`a value of type ${foreign === null ? 'null' : typeof foreign}`);
  const tensor = construct(foreign, { ...elements, array });
  // tf.Tensor and other classes also accept three arguments, and make something that only looks like a tensor.
  if ((tensor as { type?: unknown }).type !== elements.dtype) throw notForeign(`the class ${foreign.name}`);
  return tensor;
}

function construct<F>(tensorClass: TensorClass<F>, { dtype, shape, array }: Elements): F {
  const { codec, factors } = DTYPES[dtype];
  if (codec !== undefined && factors === undefined)
    throw new DTypeError(`as: ${tensorClass.name} has no ${dtype}; use astype('float32') first.`, { dtype });
  try {
    return new tensorClass(dtype as ForeignDType, array, [...shape]);
  } catch (error) {
    throw notForeign(`${tensorClass.name} (${error instanceof Error ? error.message : String(error)})`);
  }
}

function exportToTf<F>(tf: TensorModule<F>, { dtype, shape, array }: Elements): F {
  const held = TF_DTYPES[dtype];
  if (held === undefined) {
    throw new DTypeError(`as: tf has no ${dtype}; use ${TF_REMEDIES[dtype] ?? "astype('float32')"} first.`, { dtype });
  }
  const data = held === 'int32' && dtype !== held ? Int32Array.from(array as Uint8Array) : array;
  try {
    return tf.tensor(data as Float32Array | Int32Array | Uint8Array, [...shape], held);
  } catch (error) {
    throw new UnavailableError(
      `as: tf made no tensor (${error instanceof Error ? error.message : String(error)}); import a backend and ` +
        `start it first: await tf.setBackend('cpu').`,
      { reason: String(error) },
    );
  }
}

const isModule = <F>(foreign: ForeignClass<F>): foreign is TensorModule<F> =>
  (typeof foreign === 'object' || typeof foreign === 'function') &&
  foreign !== null &&
  typeof (foreign as Partial<TensorModule<F>>).tensor === 'function';

const notForeign = (what: string): SourceError =>
  new SourceError(
    `as: ${what} is not a foreign Tensor class; pass ort.Tensor, the Tensor of transformers.js, or the module tf ` +
      'itself.',
    {},
  );
