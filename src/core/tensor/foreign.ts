// Tensors of other libraries on their way in: known by what they have, never by constructor name or own keys.
import { SourceError } from '../errors.ts';
import type { DType } from './dtype.ts';
import type { Elements } from './elements.ts';
import { dtypeOfName } from './foreign-dtypes.ts';
import { castSequence, readSequence, type Sequence } from './foreign-elements.ts';
import { placeOfTf } from './foreign-gpu.ts';
import { checkFilled, gatherElements, readLayout, readShape } from './foreign-layout.ts';
import type { Shape } from './shape.ts';

/** Members a foreign tensor may have; transformers.js hides them behind a Proxy, so each is asked for by name. */
type Members = Readonly<Record<string, unknown>>;

/**
 * The elements of a tensor of onnxruntime, transformers.js, TensorFlow.js or ndarray, of a plain
 * `{data, shape, dtype?}` or `{data, dims, type}`, or of a bare array; undefined for anything else. Read in place
 * unless marked fresh. Throws DTypeError (element type not held), SourceError (disposed, on a GPU, buffer gone),
 * ShapeError (shape and length differ).
 */
export function readForeign(value: unknown, owner: string): Elements | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (ArrayBuffer.isView(value)) return readBare(value, owner);
  const members = value as Members;
  // In this order: asking an onnxruntime tensor on a GPU for `data` throws, and a tf.Tensor has a `shape` too.
  if ('dims' in members && 'type' in members) return readOnnx(members, owner);
  if ('dataId' in members && typeof members['data'] === 'function') return readTf(members, owner);
  if ('data' in members && 'shape' in members && typeof members['data'] !== 'function')
    return readPlain(members, owner);
  return undefined;
}

function readBare(view: ArrayBufferView, owner: string): Elements {
  const sequence = readSequence(view, undefined, owner);
  return { ...sequence, shape: [sequence.array.length] };
}

function readOnnx(tensor: Members, owner: string): Elements {
  checkOnCpu(tensor['location'], owner);
  const dtype = dtypeOfName(tensor['type'], owner);
  return filled(
    readSequence(
      reading(() => tensor['data'], owner),
      dtype,
      owner,
    ),
    readShape(tensor['dims'], owner),
    owner,
  );
}

/** Where an onnxruntime tensor may live (onnxruntime-common `Tensor.DataLocation`); plain objects do not say. */
function checkOnCpu(location: unknown, owner: string): void {
  if (location === undefined || location === 'cpu' || location === 'cpu-pinned') return;
  if (location === 'none') throw disposed('onnxruntime', owner);
  throw new SourceError(
    `${owner}: this onnxruntime tensor lives on the GPU (location ${JSON.stringify(location)}); await ` +
      't.getData() first, then pass it again.',
    { location },
  );
}

function readTf(tensor: Members, owner: string): Elements {
  if (tensor['isDisposed'] === true) throw disposed('tf', owner);
  const dtype = dtypeOfName(tensor['dtype'], owner);
  // Reading it at once fails in Node, draws it on a canvas in a browser, and prints a line in both.
  if (placeOfTf(tensor) !== undefined)
    throw unreadable('its elements are on a GPU, and not where this sheet takes them from', tensor, owner);
  const read = tensor['dataSync'];
  if (typeof read !== 'function') throw unreadable('it has no dataSync()', tensor, owner);
  let found: unknown;
  try {
    found = (read as () => unknown).call(tensor);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error), tensor, owner);
  }
  if (!ArrayBuffer.isView(found)) throw unreadable('its dataSync() gave no array', tensor, owner);
  // A cast without loss shares memory in tfjs: an int32 tensor seen as float32 still lies in an Int32Array.
  return filled(castSequence(found, dtype, owner), readShape(tensor['shape'], owner), owner);
}

function readPlain(tensor: Members, owner: string): Elements {
  const shape = readShape(tensor['shape'], owner);
  const sequence = readSequence(
    reading(() => tensor['data'], owner),
    declaredDType(tensor['dtype'], owner),
    owner,
  );
  const layout = readLayout(shape, tensor['stride'] ?? tensor['strides'], tensor['offset'], owner);
  if (layout === undefined) return filled(sequence, shape, owner);
  const { array, fresh } = gatherElements(sequence.array, sequence.dtype, layout, owner);
  return { dtype: sequence.dtype, shape, array, fresh: fresh || sequence.fresh };
}

/** ndarray calls elements that lie in a list `array`, @stdlib `generic`: no element type is stated then. */
const declaredDType = (name: unknown, owner: string): DType | undefined =>
  name === undefined || name === 'array' || name === 'generic' ? undefined : dtypeOfName(name, owner);

function filled(sequence: Sequence, shape: Shape, owner: string): Elements {
  checkFilled(shape, sequence.array.length, owner);
  return { ...sequence, shape };
}

function reading(read: () => unknown, owner: string): unknown {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceError(
      `${owner}: the tensor does not give its data (${reason}); copy its elements into a typed array and pass that.`,
      { reason },
    );
  }
}

const disposed = (library: string, owner: string): SourceError =>
  new SourceError(`${owner}: this ${library} tensor is disposed; pass it before you dispose it.`, { library });

const unreadable = (reason: string, { dtype }: Members, owner: string): SourceError =>
  new SourceError(
    `${owner}: this tf tensor cannot be read at once (${reason}); pass its elements: sheet.tensor(await ` +
      `t.data(), t.shape${dtype === 'bool' ? ", { dtype: 'bool' }" : ''}).`,
    { reason },
  );
