// Attention: values weighted by how queries and keys agree, in blocks of queries; and positions as angles.
import { ShapeError } from '../../errors.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { formatShape, sizeOf } from '../../tensor/shape.ts';
import { numberAttribute, numberOrNull } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeValues } from '../define.ts';

/** Scores that are computed at a time, at most: queries of more are done in blocks. */
const MOST_SCORES = 2 ** 24;

/** Elements of an axis counted from the end. */
function along<C extends Called>(call: Calls<C>, x: C, fromEnd: number, start: number, stop: number, step = 1): C {
  const axis = x.type.shape.length - fromEnd;
  if (start === 0 && stop === x.type.shape[axis] && step === 1) return x;
  const lead = x.type.shape.slice(0, axis).map(() => null);
  return call('slice', [x], { start: [...lead, start], stop: [...lead, stop], step: [...lead.map(() => 1), step] });
}

/** Each head of keys serves several heads of queries in a row: those are one more axis, along which keys stretch. */
function grouped<C extends Called>(call: Calls<C>, [q, k, v]: readonly [C, C, C]): readonly [C, C, C] {
  const [queries, keys] = [q.type.shape.at(-3), k.type.shape.at(-3)];
  if (queries === keys || queries === undefined || keys === undefined || keys === 1) return [q, k, v];
  const split = (x: C, groups: number, heads: number): C =>
    call('reshape', [x], { shape: [...x.type.shape.slice(0, -3), groups, heads, ...x.type.shape.slice(-2)] });
  return [split(q, keys, queries / keys), split(k, keys, 1), split(v, keys, 1)];
}

function checkShapes(
  { type: { shape: q } }: Called,
  { type: { shape: k } }: Called,
  { type: { shape: v } }: Called,
): void {
  const isLaid = q.length === k.length && k.length === v.length && q.length >= 2;
  const heads = q.length === 2 || (q.at(-3)! % k.at(-3)! === 0 && k.at(-3) === v.at(-3));
  if (isLaid && heads && q.at(-1) === k.at(-1) && k.at(-2) === v.at(-2)) return;
  throw new ShapeError(
    `attention: q is ${formatShape(q)}, k is ${formatShape(k)}, v is ${formatShape(v)}; give q as [batch, heads, ` +
      'queries, size], k as [batch, heads, keys, size] and v as [batch, heads, keys, width], with as many heads ' +
      'of k and v as of q, or so many that each serves several.',
    { q, k, v },
  );
}

/** Whether a query comes at or after a key. */
const inOrder = <C extends Called>(call: Calls<C>, first: number, queries: number, keys: number): C =>
  call('less_equal', [
    call('arange', [], { start: 0, stop: keys, dtype: 'int32' }),
    call('reshape', [call('arange', [], { start: first, stop: first + queries, dtype: 'int32' })], { shape: [-1, 1] }),
  ]);

/** Scores of keys that are ruled out are −∞; a mask of floats is added. */
const masked = <C extends Called>(call: Calls<C>, scores: C, mask: C): C =>
  isFloat(mask.type.dtype) ? call('add', [scores, mask]) : call('where', [mask, scores, -Infinity]);

/** Softmax, but for a query all of whose keys are ruled out, which has no weights. */
function weightsOf<C extends Called>(call: Calls<C>, scores: C): C {
  const isRuledOut = call('equal', [call('max', [scores], { axis: [-1], keepdims: true }), -Infinity]);
  return call('where', [isRuledOut, 0, call('softmax', [scores])]);
}

/** The queries from `start` to before `stop`. */
function block<C extends Called>(
  call: Calls<C>,
  [q, k, v, mask]: readonly [C, C, C, C | undefined],
  attrs: AttributeValues,
  start: number,
  stop: number,
): C {
  const offset = numberAttribute(attrs, 'offset');
  const isCausal = attrs['causal'] === true;
  const all = k.type.shape.at(-2)!;
  // Keys after the last query have no weight.
  const keys = isCausal ? Math.max(1, Math.min(all, stop + offset)) : all;
  const some = along(call, q, 2, start, stop);
  const [a, b, c] = grouped(call, [some, along(call, k, 2, 0, keys), along(call, v, 2, 0, keys)]);
  const products = call('matmul', [a, b], { transposeB: true });
  const shape = [...some.type.shape.slice(0, -1), keys];
  let scores = products.type.shape.length === shape.length ? products : call('reshape', [products], { shape });
  const cap = numberAttribute(attrs, 'softcap');
  if (cap > 0) scores = call('multiply', [call('tanh', [call('divide', [scores, cap])]), cap]);
  if (mask !== undefined) {
    const own = mask.type.shape.at(-2) === 1 || mask.type.shape.length === 1 ? mask : along(call, mask, 2, start, stop);
    scores = masked(call, scores, own.type.shape.at(-1) === all ? along(call, own, 1, 0, keys) : own);
  }
  if (isCausal) scores = masked(call, scores, inOrder(call, start + offset, stop - start, keys));
  const weights = weightsOf(call, scores);
  const result = call('matmul', [
    products.type.shape.length === shape.length ? weights : call('reshape', [weights], { shape: products.type.shape }),
    c,
  ]);
  return call('reshape', [result], { shape: [...some.type.shape.slice(0, -1), v.type.shape.at(-1)!] });
}

const attention = composite({
  name: 'attention',
  doc:
    'Values weighted by the softmax of scaled products of queries and keys. Heads of keys may serve several heads of ' +
    'queries each; a query all of whose keys are ruled out gives 0. Long ones are computed in blocks of queries.',
  operands: [
    { name: 'q', kind: 'float' },
    { name: 'k', kind: 'float' },
    { name: 'v', kind: 'float' },
    { name: 'mask', kind: 'floatOrBool' },
  ],
  optional: 1,
  attributes: {
    causal: { kind: 'bool', fallback: false, doc: 'queries see no keys after themselves' },
    offset: { kind: 'int', fallback: 0, doc: 'how many keys come before the first query, where causal' },
    scale: { kind: 'float', fallback: null, doc: 'factor of the products; null = 1 / √size' },
    softcap: { kind: 'float', fallback: 0, doc: 'limit that scores approach by tanh; 0 = none' },
    block: { kind: 'int', fallback: 0, doc: 'queries that are computed at a time; 0 = as many as have room' },
  },
  result: 'same',
  expand: (call, [q, k, v, mask], attrs) => {
    checkShapes(q!, k!, v!);
    const { shape } = q!.type;
    const scale = numberOrNull(attrs, 'scale') ?? 1 / Math.sqrt(shape.at(-1)!);
    const scaled = call('multiply', [q!, scale]);
    const queries = shape.at(-2)!;
    const room = MOST_SCORES / Math.max(1, sizeOf(shape.slice(0, -2)) * k!.type.shape.at(-2)!);
    const size = Math.max(1, numberAttribute(attrs, 'block') || Math.floor(room));
    if (queries <= size) return block(call, [scaled, k!, v!, mask], attrs, 0, queries);
    const blocks = Array.from({ length: Math.ceil(queries / size) }, (_, i) =>
      block(call, [scaled, k!, v!, mask], attrs, i * size, Math.min(queries, (i + 1) * size)),
    );
    return call('concat', blocks, { axis: -2 });
  },
});

const rotaryEmbedding = composite({
  name: 'rotary_embedding',
  doc: 'Pairs of elements of the last axis turned by the angles of their positions, given as cosines and sines.',
  operands: [
    { name: 'x', kind: 'float' },
    { name: 'cos', kind: 'float' },
    { name: 'sin', kind: 'float' },
  ],
  attributes: {
    interleaved: { kind: 'bool', fallback: false, doc: 'pairs are neighbours, not elements of either half' },
  },
  result: 'same',
  expand: (call, [x, cos, sin], attrs) => {
    const { shape } = x!.type;
    const [size, pairs] = [shape.at(-1)!, cos!.type.shape.at(-1)!];
    if (2 * pairs > size)
      throw new ShapeError(
        `rotary_embedding: cos is ${formatShape(cos!.type.shape)} for x of ${formatShape(shape)}; it needs an angle ` +
          `for each of at most ${Math.floor(size / 2)} pairs.`,
        { x: shape, cos: cos!.type.shape },
      );
    const isInterleaved = attrs['interleaved'] === true;
    const [a, b] = isInterleaved
      ? [along(call, x!, 1, 0, 2 * pairs, 2), along(call, x!, 1, 1, 2 * pairs, 2)]
      : [along(call, x!, 1, 0, pairs), along(call, x!, 1, pairs, 2 * pairs)];
    const times = (u: typeof a, w: typeof a) => call('multiply', [u, w]);
    const turned = [call('subtract', [times(a, cos!), times(b, sin!)]), call('add', [times(b, cos!), times(a, sin!)])];
    const joined = isInterleaved
      ? call('reshape', [call('stack', turned, { axis: -1 })], { shape: [...shape.slice(0, -1), 2 * pairs] })
      : call('concat', turned, { axis: -1 });
    return 2 * pairs === size ? joined : call('concat', [joined, along(call, x!, 1, 2 * pairs, size)], { axis: -1 });
  },
});

/** Composites of this family. */
export const ATTENTION: readonly Composite[] = [attention, rotaryEmbedding];
