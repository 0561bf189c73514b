// Rules of partial reuse: a product of joined or sliced operands is a join or a slice of products. Each element is the
// same sum in the same order, so that the bits are those of the whole product where kernels are those of the
// specification; elsewhere they are within its bound. Rules are data, each property-tested from its record.
import { canonicalise } from '../expr/canonicalise.ts';
import type { Author, Node } from '../expr/node.ts';
import { numberAttribute, numbersAttribute } from '../ops/attribute-values.ts';
import { CONCAT } from '../ops/movement/indexing.ts';
import { MATMUL } from '../ops/matrices/linalg.ts';
import { PERMUTE, SLICE } from '../ops/movement/movement.ts';

/** A product in terms of products that may be kept. */
interface PartRule {
  readonly formula: string;
  /** The same elements, told otherwise: a join of products, or a slice of one. Undefined for another pattern. */
  apply<N extends Node>(product: N, author: Author<N>): N | undefined;
}

type Side = 0 | 1;

/** The axis of an operand that is an axis of the product too: rows of the first one, columns of the second. */
function outerAxis({ operands, attributes: { values } }: Node, side: Side): number {
  const { shape } = operands[side]!.type;
  if (shape.length !== 2) return -1;
  return (values[side === 0 ? 'transposeA' : 'transposeB'] === true) === (side === 0) ? 1 : 0;
}

/** Where that axis is in the product. */
const productAxis = ({ type }: Node, side: Side): number => (side === 0 ? 0 : type.shape.length - 1);

/** A product of matrices, or of a matrix and a vector. */
const isPlain = ({ row, operands: [a, b] }: Node): boolean =>
  row === MATMUL && a!.type.shape.length <= 2 && b!.type.shape.length <= 2;

const withOperand = <N extends Node>({ operands, attributes }: N, side: Side, operand: N, author: Author<N>): N =>
  canonicalise(
    MATMUL,
    side === 0 ? [operand, operands[1] as N] : [operands[0] as N, operand],
    attributes.values,
    author,
  );

function ofJoined<N extends Node>(product: N, side: Side, author: Author<N>): N | undefined {
  const joined = product.operands[side] as N | undefined;
  if (!isPlain(product) || joined?.row !== CONCAT) return undefined;
  const axis = outerAxis(product, side);
  if (axis === -1 || numberAttribute(joined.attributes.values, 'axis') !== axis) return undefined;
  const parts = joined.operands.map((part) => withOperand(product, side, part as N, author));
  return canonicalise(CONCAT, parts, { axis: productAxis(product, side) }, author);
}

/**
 * A product of a join with itself, turned: blocks below the diagonal are those above it, turned, since a·b = b·a and
 * sums run in one order.
 */
function ofGram<N extends Node>(product: N, author: Author<N>): N | undefined {
  const [joined, other] = product.operands as readonly [N, N];
  const { values } = product.attributes;
  if (!isPlain(product) || other !== joined || joined.row !== CONCAT) return undefined;
  const axis = outerAxis(product, 0);
  if (axis !== outerAxis(product, 1) || numberAttribute(joined.attributes.values, 'axis') !== axis) return undefined;
  const parts = joined.operands as readonly N[];
  const block = (a: N, b: N): N => canonicalise(MATMUL, [a, b], values, author);
  const rows = parts.map((part, i) => {
    if (i === 0) return withOperand(product, 0, part, author);
    const blocks = parts.map((another, j) =>
      j < i ? canonicalise(PERMUTE, [block(another, part)], { axes: [1, 0] }, author) : block(part, another),
    );
    return canonicalise(CONCAT, blocks, { axis: 1 }, author);
  });
  return canonicalise(CONCAT, rows, { axis: 0 }, author);
}

function ofSliced<N extends Node>(product: N, side: Side, author: Author<N>): N | undefined {
  const sliced = product.operands[side] as N | undefined;
  if (!isPlain(product) || sliced?.row !== SLICE) return undefined;
  const axis = outerAxis(product, side);
  const { values } = sliced.attributes;
  const [start, stop, step] = ['start', 'stop', 'step'].map((name) => numbersAttribute(values, name)) as [
    readonly number[],
    readonly number[],
    readonly number[],
  ];
  const { shape } = sliced.operands[0]!.type;
  const isWhole = (at: number): boolean => start[at] === 0 && stop[at] === shape[at] && step[at] === 1;
  if (axis === -1 || step[axis]! < 0 || !shape.every((_, at) => at === axis || isWhole(at))) return undefined;
  const whole = withOperand(product, side, sliced.operands[0] as N, author);
  const at = productAxis(product, side);
  const along = (value: number): (number | null)[] => whole.type.shape.map((_, k) => (k === at ? value : null));
  const attributes = { start: along(start[axis]!), stop: along(stop[axis]!), step: along(step[axis]!) };
  return canonicalise(SLICE, [whole], attributes, author);
}

/** All rules, in the order in which they are tried. */
export const PART_RULES: readonly PartRule[] = [
  {
    formula: 'concat(x, y; columns)ᵀ · itself → blocks of xᵀ · x, xᵀ · y, its turn and yᵀ · y',
    apply: ofGram,
  },
  {
    formula: 'concat(x, y; rows) · w → concat(x · w, y · w; rows)',
    apply: (product, author) => ofJoined(product, 0, author),
  },
  {
    formula: 'x · concat(v, w; columns) → concat(x · v, x · w; columns)',
    apply: (product, author) => ofJoined(product, 1, author),
  },
  { formula: 'x[rows] · w → (x · w)[rows]', apply: (product, author) => ofSliced(product, 0, author) },
  { formula: 'x · w[columns] → (x · w)[columns]', apply: (product, author) => ofSliced(product, 1, author) },
];

/** Whether a call may be told by parts: what is asked of every call that is computed. */
export const mayHaveParts = ({ row }: Node): boolean => row === MATMUL;
