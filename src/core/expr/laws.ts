// Laws that hold bit for bit in every class, as rows: pattern → simpler expression, with the formula in the margin.
import { CAST, CONCAT } from '../ops/indexing.ts';
import { MATMUL } from '../ops/linalg.ts';
import type { OpRow } from '../ops/define.ts';
import { PERMUTE, RESHAPE } from '../ops/movement.ts';
import { internAttributes } from './attributes.ts';
import type { Author, Node } from './node.ts';

/** One law: `apply` answers the simpler form, or undefined where the pattern does not fit. */
export interface Law {
  readonly formula: string;
  readonly row: OpRow;
  readonly apply: (e: Node, author: Author) => Node | undefined;
}

const again = (e: Node, operands: readonly Node[], values: Record<string, boolean | string | readonly number[]>, author: Author): Node =>
  author.make(e.row as OpRow, internAttributes(values), e.type, operands);

/** The operand under a swap of the last two axes, if that is what `e` is. */
function underTranspose(e: Node): Node | undefined {
  if (e.row !== PERMUTE) return undefined;
  const axes = e.attributes.values['axes'] as number[];
  const last = axes.length - 1;
  const swaps = last >= 1 && axes.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
  return swaps ? e.operands[0] : undefined;
}

function productOfTransposed(e: Node, author: Author): Node | undefined {
  const [a, b] = e.operands as [Node, Node];
  const [left, right] = [underTranspose(a), underTranspose(b)];
  if (left === undefined && right === undefined) return undefined;
  const { transposeA, transposeB, ...others } = e.attributes.values as { transposeA: boolean; transposeB: boolean; precision: string };
  return again(e, [left ?? a, right ?? b], {
    transposeA: (transposeA === true) !== (left !== undefined), transposeB: (transposeB === true) !== (right !== undefined), ...others,
  }, author);
}

function composedPermutation(e: Node, author: Author): Node | undefined {
  const inner = e.operands[0] as Node;
  const axes = e.attributes.values['axes'] as number[];
  if (axes.every((axis, i) => axis === i)) return inner;
  if (inner.row !== PERMUTE) return undefined;
  const innerAxes = inner.attributes.values['axes'] as number[];
  const both = axes.map((axis) => innerAxes[axis] as number);
  const source = inner.operands[0] as Node;
  return both.every((axis, i) => axis === i) ? source : again(e, [source], { axes: both }, author);
}

function composedReshape(e: Node, author: Author): Node | undefined {
  const inner = e.operands[0] as Node;
  if (inner.type === e.type) return inner;
  if (inner.row !== RESHAPE) return undefined;
  const source = inner.operands[0] as Node;
  return source.type === e.type ? source : again(e, [source], { shape: e.type.shape }, author);
}

/** The laws. Every one is property-tested with special values (tests/laws). */
export const LAWS: readonly Law[] = [
  { formula: 'xᵀ·y = matmul(x, y, transposeA), x·yᵀ = matmul(x, y, transposeB)', row: MATMUL, apply: productOfTransposed },
  { formula: 'permute(permute(x, p), q) = permute(x, p∘q); permute(x, id) = x', row: PERMUTE, apply: composedPermutation },
  { formula: 'reshape(reshape(x, s), t) = reshape(x, t); reshape(x, shape of x) = x', row: RESHAPE, apply: composedReshape },
  { formula: 'concat([x]) = x', row: CONCAT, apply: (e) => (e.operands.length === 1 ? e.operands[0] : undefined) },
  { formula: 'astype(x, dtype of x) = x', row: CAST, apply: (e) => (e.type === e.operands[0]?.type ? e.operands[0] : undefined) },
];

const byRow = new Map<OpRow, Law[]>();
for (const law of LAWS) byRow.set(law.row, [...(byRow.get(law.row) ?? []), law]);

/** The simplest form the laws reach from `e`; undefined when none fits. */
export function rewrite<N extends Node>(e: N, author: Author<N>): N | undefined {
  const laws = byRow.get(e.row as OpRow);
  if (laws === undefined) return undefined;
  for (const law of laws) {
    const simpler = law.apply(e, author as unknown as Author) as N | undefined;
    if (simpler !== undefined) return (simpler.row === e.row ? rewrite(simpler, author) : undefined) ?? simpler;
  }
  return undefined;
}
