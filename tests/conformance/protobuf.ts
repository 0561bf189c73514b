// The protobuf wire format and the few ONNX messages a single-node test consists of (onnx.proto3).
import type { DType, TypedArray } from '../../src/index.ts';

/** Fields of a message by number, in the order they came. */
type Fields = Map<number, (bigint | Uint8Array)[]>;

/** A tensor as ONNX stores it. `dtype` is undefined for element types this library has none for. */
export interface StoredTensor {
  readonly name: string;
  readonly elementType: string;
  readonly dtype: DType | undefined;
  readonly shape: readonly number[];
  readonly array: TypedArray;
}

export type AttributeValue = number | string | readonly number[] | readonly string[] | StoredTensor;

/** One operator call with the names of what goes in and out. */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A model of ONNX's node tests. */
export interface Model {
  readonly nodes: readonly Node[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly opset: number;
  /** False where a sequence or an optional goes in or out. */
  readonly tensorsOnly: boolean;
}

function readFields(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    const value = wire === 0 ? varint() : wire === 2 ? take(Number(varint())) : take(wire === 5 ? 4 : 8);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const text = (value: bigint | Uint8Array | undefined): string =>
  value instanceof Uint8Array ? new TextDecoder().decode(value) : '';
const texts = (fields: Fields, number: number): string[] => (fields.get(number) ?? []).map(text);
const messages = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((value) => readFields(value as Uint8Array));
const integer = (fields: Fields, number: number): number =>
  Number(BigInt.asIntN(64, (fields.get(number)?.at(-1) as bigint | undefined) ?? 0n));

/** A repeated integer field, packed or not. */
function integers(fields: Fields, number: number): bigint[] {
  return (fields.get(number) ?? []).flatMap((value) => {
    if (typeof value === 'bigint') return [BigInt.asIntN(64, value)];
    const list: bigint[] = [];
    for (let at = 0; at < value.length;) {
      let [item, shift] = [0n, 0n];
      for (let more = true; more; shift += 7n) {
        const byte = value[at++]!;
        item |= BigInt(byte & 127) << shift;
        more = byte > 127;
      }
      list.push(BigInt.asIntN(64, item));
    }
    return list;
  });
}

const joined = (fields: Fields, number: number): Uint8Array =>
  Uint8Array.from((fields.get(number) ?? []).flatMap((value) => [...(value as Uint8Array)]));
const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);

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
const ARRAYS: Readonly<Partial<Record<string, new (values: ArrayBufferLike | Iterable<never>) => TypedArray>>> = {
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

/** Reads a TensorProto. */
export function readTensor(bytes: Uint8Array): StoredTensor {
  const fields = readFields(bytes);
  const elementType = elementTypeOf(integer(fields, 2));
  const Elements = ARRAYS[elementType];
  const small = SMALL[elementType];
  const base = { name: text(fields.get(8)?.[0]), elementType, shape: integers(fields, 1).map(Number) };
  if (small !== undefined) {
    const [dtype, perByte] = small;
    const length = base.shape.reduce((product, n) => product * n, 1);
    if (dtype === 'bfloat16') return { ...base, dtype, array: elementsOf(fields, Uint16Array as never) };
    const raw = joined(fields, 9);
    const packed = raw.length > 0 ? raw : Uint8Array.from(integers(fields, 5), Number);
    return { ...base, dtype, array: unpacked(packed, perByte, length) };
  }
  if (Elements === undefined) return { ...base, dtype: undefined, array: new Uint8Array(0) };
  return { ...base, dtype: elementType as DType, array: elementsOf(fields, Elements) };
}

function elementsOf(
  fields: Fields,
  Elements: new (values: ArrayBufferLike | Iterable<never>) => TypedArray,
): TypedArray {
  const raw = joined(fields, 9);
  if (raw.length > 0) return new Elements(raw.slice().buffer);
  if (fields.has(4)) return new Elements(floats(joined(fields, 4)) as unknown as Iterable<never>);
  if (fields.has(10)) return new Elements(joined(fields, 10).slice().buffer);
  const wide = Elements.name.startsWith('Big');
  const list = [...integers(fields, 5), ...integers(fields, 7), ...integers(fields, 11)];
  return new Elements((wide ? list : list.map(Number)) as Iterable<never>);
}

function readAttribute(fields: Fields): [string, AttributeValue] {
  const name = text(fields.get(1)?.[0]);
  if (fields.has(5)) return [name, readTensor(fields.get(5)?.[0] as Uint8Array)];
  if (fields.has(8)) return [name, integers(fields, 8).map(Number)];
  if (fields.has(7)) return [name, [...floats(joined(fields, 7))]];
  if (fields.has(9)) return [name, texts(fields, 9)];
  if (fields.has(2)) return [name, floats(joined(fields, 2))[0]!];
  return [name, fields.has(4) ? text(fields.get(4)?.[0]) : integer(fields, 3)];
}

/** Reads a ModelProto. */
export function readModel(bytes: Uint8Array): Model {
  const model = readFields(bytes);
  const graph = readFields(model.get(7)?.[0] as Uint8Array);
  const names = (number: number): string[] => messages(graph, number).map((value) => text(value.get(1)?.[0]));
  const nodes = messages(graph, 1).map((node) => ({
    operator: text(node.get(4)?.[0]),
    inputs: texts(node, 1),
    outputs: texts(node, 2),
    attributes: Object.fromEntries(messages(node, 5).map(readAttribute)),
  }));
  const opset = messages(model, 8).find((entry) => text(entry.get(1)?.[0]) === '');
  const types = [...messages(graph, 11), ...messages(graph, 12)].flatMap((value) => messages(value, 2));
  return {
    tensorsOnly: types.every((type) => type.has(1)),
    nodes,
    inputs: names(11),
    outputs: names(12),
    opset: opset === undefined ? 0 : integer(opset, 2),
  };
}
