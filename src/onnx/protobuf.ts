// Tensors as ONNX stores them (TensorProto of onnx.proto3), and its names of element types.
import { FormatError } from '../kit.ts';
import type { DType, TypedArray } from '../surface.ts';
import { type WireFields, floatsOf, integerOf, integersOf, joinedOf, messagesOf, readFields, textOf } from './wire.ts';

/** A tensor as ONNX stores it. `dtype` is undefined for element types this library has none for. */
export interface OnnxTensor {
  readonly name: string;
  readonly elementType: string;
  readonly dtype: DType | undefined;
  readonly shape: readonly number[];
  readonly array: TypedArray;
}

/** Bytes of the files that tensors of a model may lie in, by the names the model gives them. */
export type ExternalData = Readonly<Record<string, Uint8Array>>;

const ELEMENT_TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

interface Elements {
  new (values: ArrayBufferLike | Iterable<never>): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

const ARRAYS: Readonly<Partial<Record<string, Elements>>> = {
  float32: Float32Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float64: Float64Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  uint64: BigUint64Array,
} as never;

/** What ONNX calls dtypes of few bits, and how many codes are in a byte of raw data. */
const SMALL: Readonly<Partial<Record<string, readonly [dtype: DType, perByte: number]>>> = {
  bfloat16: ['bfloat16', 1],
  float8e4m3fn: ['float8_e4m3fn', 1],
  float8e4m3fnuz: ['float8_e4m3fnuz', 1],
  float8e5m2: ['float8_e5m2', 1],
  float8e5m2fnuz: ['float8_e5m2fnuz', 1],
  float8e8m0: ['float8_e8m0fnu', 1],
  float4e2m1: ['float4_e2m1fn', 2],
  uint4: ['uint4', 2],
  int4: ['int4', 2],
  uint2: ['uint2', 4],
  int2: ['int2', 4],
};

/** The dtype here of an ONNX element type. */
export const dtypeOfElements = (elementType: string): DType => SMALL[elementType]?.[0] ?? (elementType as DType);

/** Codes that share bytes, the first in the low bits. */
function unpacked(packed: Uint8Array, perByte: number, length: number): Uint8Array {
  const bits = 8 / perByte;
  return Uint8Array.from(
    { length },
    (_, i) => (packed[Math.floor(i / perByte)]! >> (bits * (i % perByte))) & (2 ** bits - 1),
  );
}

/** The ONNX name of an element type number. */
export const elementTypeOf = (number: number): string => ELEMENT_TYPES[number] ?? `type ${number}`;

/** Whether elements of a type are here. */
export const isKnownType = (elementType: string): boolean =>
  Object.hasOwn(ARRAYS, elementType) || Object.hasOwn(SMALL, elementType);

const damaged = (name: string, what: string): FormatError =>
  new FormatError(`loadOnnx: tensor "${name}" ${what}; export the model again.`, { tensor: name });

/** Reads a TensorProto. */
export const readTensor = (bytes: Uint8Array, external: ExternalData = {}): OnnxTensor =>
  decodeTensor(readFields(bytes), external);

/** A TensorProto whose fields are read. */
export function decodeTensor(fields: WireFields, external: ExternalData): OnnxTensor {
  const elementType = elementTypeOf(integerOf(fields, 2));
  const name = textOf(fields, 8);
  const shape = integersOf(fields, 1).map(Number);
  const size = shape.reduce((product, n) => product * n, 1);
  if (shape.length > 32 || shape.some((n) => n < 0)) throw damaged(name, `has the shape [${shape.join(', ')}]`);
  const base = { name, elementType, shape };
  if (!isKnownType(elementType)) return { ...base, dtype: undefined, array: new Uint8Array(0) };
  const [dtype, perByte] = SMALL[elementType] ?? [elementType as DType, 1];
  const Type = ARRAYS[elementType] ?? ((dtype === 'bfloat16' ? Uint16Array : Uint8Array) as unknown as Elements);
  const stored = elementsOf(fields, Type, name, external);
  const isPacked = perByte > 1 && stored.length === Math.ceil(size / perByte);
  const array = isPacked ? unpacked(stored as Uint8Array, perByte, size) : stored;
  if (array.length !== size || (perByte > 1 && !isPacked))
    throw damaged(name, `has ${array.length} elements for the shape [${shape.join(', ')}]`);
  return { ...base, dtype, array };
}

function elementsOf(fields: WireFields, Type: Elements, name: string, external: ExternalData): TypedArray {
  const raw = integerOf(fields, 14) === 1 ? externalBytes(fields, name, external) : joinedOf(fields, 9);
  if (raw.length % Type.BYTES_PER_ELEMENT !== 0)
    throw damaged(name, `has ${raw.length} bytes for elements of ${Type.BYTES_PER_ELEMENT}`);
  if (raw.length > 0) return new Type(raw.buffer);
  if (fields.has(4)) return new Type(floatsOf(fields, 4) as unknown as Iterable<never>);
  if (fields.has(10)) {
    const doubles = joinedOf(fields, 10);
    if (doubles.length % 8 !== 0) throw damaged(name, `has ${doubles.length} bytes for doubles`);
    return new Type(doubles.buffer);
  }
  const isWide = Type.name.startsWith('Big');
  const list = [5, 7, 11].flatMap((number) => integersOf(fields, number));
  return new Type((isWide ? list : list.map(Number)) as Iterable<never>);
}

/** The bytes of a tensor that lie in a file beside the model: where it lies, from where, and how many. */
function externalBytes(fields: WireFields, name: string, external: ExternalData): Uint8Array {
  const entries = new Map(messagesOf(fields, 13).map((entry) => [textOf(entry, 1), textOf(entry, 2)]));
  const location = entries.get('location') ?? '';
  const file = Object.hasOwn(external, location) ? external[location] : undefined;
  if (file === undefined)
    throw new FormatError(
      `loadOnnx: the elements of tensor "${name}" lie in the file "${location}"; give its bytes: ` +
        `loadOnnx(bytes, { external: { ${JSON.stringify(location)}: … } }), or export the model as one file.`,
      { tensor: name, location },
    );
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? file.length - offset);
  const isWithin = [offset, length].every((n) => Number.isSafeInteger(n) && n >= 0) && offset + length <= file.length;
  if (!isWithin)
    throw damaged(name, `lies at ${offset} with ${length} bytes in "${location}", which has ${file.length}`);
  return file.slice(offset, offset + length);
}
