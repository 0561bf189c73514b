// ONNX operators of transformers: attention over heads, and rotary positions.
import type { Tensor } from '../surface.ts';
import type { OperatorContext, OnnxOperator } from './context.ts';

/** Queries, keys or values as [batch, heads, length, size]; a hidden axis is split into heads. */
function inHeads(x: Tensor, heads: number): Tensor {
  if (x.shape.length === 4) return x;
  const [batch, length, hidden] = x.shape as [number, number, number];
  return x.reshape([batch, length, heads, hidden / heads]).permuteDims([0, 2, 1, 3]);
}

/** Each key head serves several query heads in a row: those are one more axis, along which keys stretch. */
function productOfHeads(a: Tensor, b: Tensor): Tensor {
  const [[batch, heads, length], [, groups, inner, width]] = [a.shape, b.shape] as [number[], number[]];
  const [m, k] = [length!, a.shape[3]!];
  if (heads === groups) return a.matmul(b, { transposeB: true });
  return a
    .reshape([batch!, groups!, heads! / groups!, m, k])
    .matmul(b.reshape([batch!, groups!, 1, inner!, width!]), { transposeB: true })
    .reshape([batch!, heads!, m, inner!]);
}

/** What is added to the scores: 0, or −∞ where a mask, the order or the length of the keys rules a key out. */
function biasOf(on: OperatorContext, queries: number, keys: number): Tensor | undefined {
  const parts: Tensor[] = [];
  const { sheet } = on;
  const ruledOut = (allowed: Tensor): Tensor => allowed.where(0, sheet.full([], -Infinity));
  const mask = on.input(3)?.tensor;
  if (mask !== undefined) {
    const short = keys - mask.shape.at(-1)!;
    const added = mask.dtype === 'bool' ? ruledOut(mask) : mask.astype('float32');
    const fill = (): Tensor => sheet.full([...mask.shape.slice(0, -1), short], -Infinity);
    parts.push(short > 0 ? sheet.concat([added, fill()], { axis: -1 }) : added);
  }
  const [keyNumbers, queryNumbers] = [sheet.arange(keys), sheet.arange(queries).reshape([-1, 1])];
  const lengths = on.input(6)?.tensor.astype('int32').reshape([-1, 1, 1, 1]);
  const past = on.input(4)?.tensor.shape[2];
  if (on.number('is_causal', 0) !== 0) {
    const before = past === undefined && lengths !== undefined ? lengths.subtract(queries) : (past ?? 0);
    parts.push(ruledOut(keyNumbers.lessEqual(queryNumbers.add(before as number))));
  }
  if (lengths !== undefined) parts.push(ruledOut(keyNumbers.less(lengths)));
  return parts.length === 0 ? undefined : parts.reduce((a, b) => a.add(b));
}

/** Weights of the keys; a query all of whose keys are ruled out has none. */
function weightsOf(scores: Tensor): Tensor {
  const isRuledOut = scores.max({ axis: -1, keepdims: true }).equal(-Infinity);
  return isRuledOut.where(0, scores.softmax());
}

/** Halves are computed in float32 and rounded once. */
function attention(on: OperatorContext): readonly Tensor[] {
  const [wide, given] = [
    (x: Tensor): Tensor => (x.dtype === 'float32' || x.dtype === 'float64' ? x : x.astype('float32')),
    on.tensor(0),
  ];
  const q = inHeads(given, on.number('q_num_heads', 1));
  const present = (place: number): Tensor => {
    const now = inHeads(on.tensor(place), on.number('kv_num_heads', 1));
    const past = on.input(place + 3)?.tensor;
    return past === undefined ? now : on.sheet.concat([past, now], { axis: 2 });
  };
  const [k, v] = [present(1), present(2)];
  const scale = Math.sqrt(on.number('scale', 1 / Math.sqrt(q.shape[3]!)));
  const products = productOfHeads(wide(q).multiply(scale), wide(k).multiply(scale));
  const cap = on.number('softcap', 0);
  const capped = cap > 0 ? products.divide(cap).tanh().multiply(cap) : products;
  const bias = biasOf(on, q.shape[2]!, k.shape[2]!);
  const scores = bias === undefined ? capped : capped.add(bias);
  const weights = weightsOf(scores);
  const options = { scale: scale * scale, softcap: cap };
  const heads = wide(q).attention(wide(k), wide(v), bias, options).astype(given.dtype);
  const output =
    given.shape.length === 4 ? heads : heads.permuteDims([0, 2, 1, 3]).reshape([given.shape[0]!, given.shape[1]!, -1]);
  const shown = [products, capped, scores, weights][on.number('qk_matmul_output_mode', 0)] as Tensor;
  return on.pickOutputs([output, k, v, shown.astype(given.dtype)]);
}

/** Pairs of elements turned by the angles of their places, which are rows of a table or given by batch. */
function rotaryEmbedding(on: OperatorContext): Tensor {
  const given = on.tensor(0);
  const x = inHeads(given, on.number('num_heads', 1));
  const pairs = (on.number('rotary_embedding_dim', 0) || x.shape[3]!) / 2;
  const places = on.input(3)?.tensor;
  const angles = (place: number): Tensor => {
    const table = on.tensor(place);
    const each = (places === undefined ? table : table.take(places, { axis: 0 })).expandDims(1);
    return each.slice([null, null, null, 0], [null, null, null, pairs]);
  };
  const turned = x.rotaryEmbedding(angles(1), angles(2), { interleaved: on.number('interleaved', 0) !== 0 });
  return given.shape.length === 4 ? turned : turned.permuteDims([0, 2, 1, 3]).reshape(given.shape as number[]);
}

/** By ONNX operator. */
export const TRANSFORMERS: Readonly<Record<string, OnnxOperator>> = {
  Attention: attention,
  RotaryEmbedding: rotaryEmbedding,
};
