// ONNX operators of transformers: attention over heads, and rotary positions.
import type { Tensor } from '../../src/index.ts';
import type { Context, Mapping } from './context.ts';

/** Queries, keys or values as [batch, heads, length, size]; a hidden axis is split into heads. */
function inHeads(x: Tensor, heads: number): Tensor {
  if (x.shape.length === 4) return x;
  const [batch, length, hidden] = x.shape as [number, number, number];
  return x.reshape([batch, length, heads, hidden / heads]).permuteDims([0, 2, 1, 3]);
}

/** Each key head serves several query heads in a row: those are one more axis, along which keys stretch. */
function productOfHeads(a: Tensor, b: Tensor, transposeB: boolean): Tensor {
  const [[batch, heads, length], [, groups, inner, width]] = [a.shape, b.shape] as [number[], number[]];
  const [m, k] = [length!, a.shape[3]!];
  if (heads === groups) return a.matmul(b, { transposeB });
  return a
    .reshape([batch!, groups!, heads! / groups!, m, k])
    .matmul(b.reshape([batch!, groups!, 1, inner!, width!]), { transposeB })
    .reshape([batch!, heads!, m, transposeB ? inner! : width!]);
}

/** What is added to the scores: 0, or −∞ where a mask, the order or the length of the keys rules a key out. */
function biasOf(on: Context, queries: number, keys: number): Tensor | undefined {
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
function attention(on: Context): readonly Tensor[] {
  const [wide, given] = [(x: Tensor): Tensor => (x.dtype === 'float16' ? x.astype('float32') : x), on.tensor(0)];
  const q = inHeads(given, on.number('q_num_heads', 1));
  const present = (place: number): Tensor => {
    const now = inHeads(on.tensor(place), on.number('kv_num_heads', 1));
    const past = on.input(place + 3)?.tensor;
    return past === undefined ? now : on.sheet.concat([past, now], { axis: 2 });
  };
  const [k, v] = [present(1), present(2)];
  const scale = Math.sqrt(on.number('scale', 1 / Math.sqrt(q.shape[3]!)));
  const products = productOfHeads(wide(q).multiply(scale), wide(k).multiply(scale), true);
  const cap = on.number('softcap', 0);
  const capped = cap > 0 ? products.divide(cap).tanh().multiply(cap) : products;
  const bias = biasOf(on, q.shape[2]!, k.shape[2]!);
  const scores = bias === undefined ? capped : capped.add(bias);
  const weights = weightsOf(scores);
  const heads = productOfHeads(weights, wide(v), false).astype(given.dtype);
  const output =
    given.shape.length === 4 ? heads : heads.permuteDims([0, 2, 1, 3]).reshape([given.shape[0]!, given.shape[1]!, -1]);
  const shown = [products, capped, scores, weights][on.number('qk_matmul_output_mode', 0)] as Tensor;
  return on.pickOutputs([output, k, v, shown.astype(given.dtype)]);
}

/** Pairs of elements turned by the angle of their place. */
function rotaryEmbedding(on: Context): Tensor {
  const given = on.tensor(0);
  const x = given.shape.length === 4 ? given : inHeads(given, on.number('num_heads', 1));
  const size = x.shape[3]!;
  const turned = on.number('rotary_embedding_dim', 0) || size;
  const part = (t: Tensor, start: number, stop: number, step = 1): Tensor =>
    t.slice([null, null, null, start], [null, null, null, stop], [1, 1, 1, step]);
  const places = on.input(3)?.tensor;
  const angles = (place: number): Tensor => {
    const table = on.tensor(place);
    return (places === undefined ? table : table.take(places, { axis: 0 })).expandDims(1);
  };
  const [cos, sin] = [angles(1), angles(2)];
  const interleaved = on.number('interleaved', 0) !== 0;
  const [a, b] = interleaved
    ? [part(x, 0, turned, 2), part(x, 1, turned, 2)]
    : [part(x, 0, turned / 2), part(x, turned / 2, turned)];
  const pair = [a.multiply(cos).subtract(b.multiply(sin)), b.multiply(cos).add(a.multiply(sin))];
  const joined = interleaved
    ? on.sheet.stack(pair, { axis: -1 }).reshape([...x.shape.slice(0, 3), turned])
    : on.sheet.concat(pair, { axis: -1 });
  const whole = turned === size ? joined : on.sheet.concat([joined, part(x, turned, size)], { axis: -1 });
  return given.shape.length === 4 ? whole : whole.permuteDims([0, 2, 1, 3]).reshape(given.shape as number[]);
}

/** By ONNX operator. */
export const TRANSFORMERS: Readonly<Record<string, Mapping>> = {
  Attention: attention,
  RotaryEmbedding: rotaryEmbedding,
};
