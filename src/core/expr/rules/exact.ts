// Rules that hold bit for bit in every class, so that they are always applied.
import { numbersAttribute } from '../../ops/attribute-values.ts';
import type { AttributeValues, OpRow } from '../../ops/define.ts';
import { CAST, CONCAT } from '../../ops/movement/indexing.ts';
import { MATMUL } from '../../ops/matrices/linalg.ts';
import { PERMUTE, RESHAPE } from '../../ops/movement/movement.ts';
import { limited, type LimitedPattern, named, type PatternNode } from '../pattern.ts';
import { exactRule, type Rule } from './rule.ts';

const axesOf = ({ attributes }: PatternNode): readonly number[] => numbersAttribute(attributes.values, 'axes');

const areInOrder = (axes: readonly number[]): boolean => axes.every((axis, i) => axis === i);

const keepsAxes = (node: PatternNode): boolean => areInOrder(axesOf(node));

/** Whether the last two axes trade places and all others stay. */
function swapsLastAxes(node: PatternNode): boolean {
  const axes = axesOf(node);
  const last = axes.length - 1;
  return last >= 1 && axes.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
}

const keepsType = ({ type, operands }: PatternNode): boolean => operands[0]?.type === type;

type Transposition = 'transposeA' | 'transposeB';

/** The attributes of a product with some of its transpositions the other way. */
const flipped = ({ attributes: { values } }: PatternNode, ...names: readonly Transposition[]): AttributeValues => ({
  ...values,
  ...Object.fromEntries(names.map((name) => [name, values[name] !== true])),
});

const transposed = <const Name extends string>(x: Name): LimitedPattern<readonly [OpRow, Name]> =>
  limited(swapsLastAxes, [PERMUTE, x]);

/** The axes of the second permutation after the first. */
const composed = (second: PatternNode, first: PatternNode): readonly number[] =>
  axesOf(second).map((axis) => axesOf(first)[axis]!);

/** Rules of class exact, tried in this order. */
export const EXACT_RULES: readonly Rule[] = [
  exactRule({
    formula: 'xᵀ·yᵀ → matmul(x, y, transposeA, transposeB)',
    from: named('product', [MATMUL, transposed('x'), transposed('y')]),
    to: { make: [MATMUL, 'x', 'y'], given: ({ product }) => flipped(product, 'transposeA', 'transposeB') },
  }),
  exactRule({
    formula: 'xᵀ·y → matmul(x, y, transposeA)',
    from: named('product', [MATMUL, transposed('x'), 'y']),
    to: { make: [MATMUL, 'x', 'y'], given: ({ product }) => flipped(product, 'transposeA') },
  }),
  exactRule({
    formula: 'x·yᵀ → matmul(x, y, transposeB)',
    from: named('product', [MATMUL, 'x', transposed('y')]),
    to: { make: [MATMUL, 'x', 'y'], given: ({ product }) => flipped(product, 'transposeB') },
  }),
  exactRule({ formula: 'permute(x, id) → x', from: limited(keepsAxes, [PERMUTE, 'x']), to: 'x' }),
  exactRule({
    formula: 'permute(permute(x, p), p⁻¹) → x',
    from: named('second', [PERMUTE, named('first', [PERMUTE, 'x'])]),
    to: 'x',
    when: ({ second, first }) => areInOrder(composed(second, first)),
  }),
  exactRule({
    formula: 'permute(permute(x, p), q) → permute(x, p∘q)',
    from: named('second', [PERMUTE, named('first', [PERMUTE, 'x'])]),
    to: { make: [PERMUTE, 'x'], given: ({ second, first }) => ({ axes: composed(second, first) }) },
  }),
  exactRule({ formula: 'reshape(x, shape of x) → x', from: limited(keepsType, [RESHAPE, 'x']), to: 'x' }),
  exactRule({
    formula: 'reshape(reshape(x, s), shape of x) → x',
    from: named('second', [RESHAPE, [RESHAPE, 'x']]),
    to: 'x',
    when: ({ second, x }) => second.type === x.type,
  }),
  exactRule({
    formula: 'reshape(reshape(x, s), t) → reshape(x, t)',
    from: named('second', [RESHAPE, [RESHAPE, 'x']]),
    to: { make: [RESHAPE, 'x'], given: ({ second }) => ({ shape: second.type.shape }) },
  }),
  exactRule({ formula: 'concat([x]) → x', from: [CONCAT, 'x'], to: 'x' }),
  exactRule({ formula: 'astype(x, dtype of x) → x', from: limited(keepsType, [CAST, 'x']), to: 'x' }),
];
