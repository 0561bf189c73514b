// A small ONNX model as bytes: protobuf by hand, two dense layers, weights given.

/** A dense layer y = tanh(x·W): weights row-major, [inputs, outputs]. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
}

/**
 * The ONNX model (IR 8, opset 17) with input `x` [rows, inputs], one MatMul and one Tanh a layer, and output `y`.
 * Field numbers are those of onnx.proto.
 */
export function denseModel(layers: readonly Layer[]): Uint8Array {
  const nodes = layers.flatMap((_, i) => {
    const [input, output] = [i === 0 ? 'x' : `h${i}`, i === layers.length - 1 ? 'y' : `h${i + 1}`];
    return [node('MatMul', [input, `W${i}`], `p${i}`), node('Tanh', [`p${i}`], output)];
  });
  const weights = layers.map(({ inputs, outputs, weights: values }, i) => tensor(`W${i}`, [inputs, outputs], values));
  const graph = join(
    nodes.map((bytes) => field(1, bytes)),
    text(2, 'dense'),
    weights.map((bytes) => field(5, bytes)),
    field(11, valueOf('x', layers[0]?.inputs ?? 0)),
    field(12, valueOf('y', layers.at(-1)?.outputs ?? 0)),
  );
  return join(number(1, 8), field(8, join(text(1, ''), number(2, 17))), field(7, graph));
}

const node = (op: string, inputs: readonly string[], output: string): Uint8Array =>
  join(
    inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, op),
  );

/** TensorProto: dims, data_type 1 (float32), name, raw_data in little-endian order. */
const tensor = (name: string, dims: readonly number[], values: Float32Array): Uint8Array =>
  join(
    dims.map((length) => number(1, length)),
    number(2, 1),
    text(8, name),
    field(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );

/** ValueInfoProto of float32 [rows, columns]; the number of rows is free. */
function valueOf(name: string, columns: number): Uint8Array {
  const shape = join(field(1, text(2, 'rows')), field(1, number(1, columns)));
  return join(text(1, name), field(2, field(1, join(number(1, 1), field(2, shape)))));
}

const utf8 = new TextEncoder();
const number = (id: number, value: number): Uint8Array => Uint8Array.from([...varint(id << 3), ...varint(value)]);
const text = (id: number, value: string): Uint8Array => field(id, utf8.encode(value));
const field = (id: number, bytes: Uint8Array): Uint8Array =>
  join(Uint8Array.from([...varint((id << 3) | 2), ...varint(bytes.length)]), bytes);

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

function join(...parts: readonly (Uint8Array | readonly Uint8Array[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.flat() as Uint8Array[]));
}
