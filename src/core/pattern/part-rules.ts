// Rules of partial reuse: a product of joined or sliced operands is a join or a slice of products. Each element is the
// same sum in the same order, so that the bits are those of the whole product where kernels are those of the
// specification; elsewhere they are within its bound. Rules are data, each property-tested from its record.
import { canonicalise } from '../expr/canonicalise.ts';
import type { Author, Node } from '../expr/node.ts';
import { numberAttribute, numbersAttribute, scalarAttribute } from '../ops/attribute-values.ts';
import { CONCAT } from '../ops/movement/indexing.ts';
import { MATMUL } from '../ops/matrices/linalg.ts';
import { PERMUTE, SLICE } from '../ops/movement/movement.ts';
import { ADD, DIVIDE, MULTIPLY, NEGATIVE } from '../ops/named.ts';
import { isFloat } from '../tensor/dtype.ts';

/** A product told otherwise. */
export interface ToldProduct<N extends Node> {
  /** The same elements, of the products that may be kept. */
  readonly plan: N;
  readonly parts: readonly N[];
}

/** A product in terms of products that may be kept. */
interface PartRule {
  readonly formula: string;
  /**
   * `exact`: the bits of the whole, in every dtype. `bounded`: those of integers; floats are within the bound of the
   * product in class tolerance, and are not told so in class exact.
   */
  readonly contract: 'exact' | 'bounded';
  /** Whether each part is a sum over some of the terms, so that any of them may come again with others. */
  readonly isSum?: true;
  /** Whether parts that are not finite say nothing of the whole. */
  readonly isOfFinite?: true;
  /** Undefined for another pattern. */
  apply<N extends Node>(product: N, author: Author<N>): ToldProduct<N> | undefined;
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

function ofJoined<N extends Node>(product: N, side: Side, author: Author<N>): ToldProduct<N> | undefined {
  const joined = product.operands[side] as N | undefined;
  if (!isPlain(product) || joined?.row !== CONCAT) return undefined;
  const axis = outerAxis(product, side);
  if (axis === -1 || numberAttribute(joined.attributes.values, 'axis') !== axis) return undefined;
  const parts = joined.operands.map((part) => withOperand(product, side, part as N, author));
  return { plan: canonicalise(CONCAT, parts, { axis: productAxis(product, side) }, author), parts };
}

/**
 * A product of a join with itself, turned: blocks below the diagonal are those above it, turned, since a·b = b·a and
 * sums run in one order.
 */
function ofGram<N extends Node>(product: N, author: Author<N>): ToldProduct<N> | undefined {
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
  return { plan: canonicalise(CONCAT, rows, { axis: 0 }, author), parts: rows };
}

function ofSliced<N extends Node>(product: N, side: Side, author: Author<N>): ToldProduct<N> | undefined {
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
  return { plan: canonicalise(SLICE, [whole], attributes, author), parts: [whole] };
}

/** The transpose of a product: a·b = b·a, and every sum runs along K in one order. */
function ofTransposed<N extends Node>(product: N, author: Author<N>): ToldProduct<N> | undefined {
  const [a, b] = product.operands as readonly N[];
  if (!isPlain(product) || product.type.shape.length !== 2 || a === b) return undefined;
  const { values } = product.attributes;
  if (a!.type.shape.length !== 2 || b!.type.shape.length !== 2) return undefined;
  const flipped = { ...values, transposeA: values['transposeB'] !== true, transposeB: values['transposeA'] !== true };
  const part = canonicalise(MATMUL, [b!, a!], flipped, author);
  return { plan: canonicalise(PERMUTE, [part], { axes: [1, 0] }, author), parts: [part] };
}

/** Larger factors, or smaller ones, would make much of what was rounded to a subnormal number, or to none. */
const MOST_SCALE = 2 ** 20;

/** A multiple of an operand is one of the product. */
function ofScaled<N extends Node>(product: N, side: Side, author: Author<N>): ToldProduct<N> | undefined {
  const scaled = product.operands[side] as N | undefined;
  if (!isPlain(product) || scaled === undefined) return undefined;
  const { row, type } = scaled;
  if (row !== NEGATIVE && row !== MULTIPLY && (row !== DIVIDE || !isFloat(type.dtype))) return undefined;
  const [x, by] = scaled.operands as readonly N[];
  // A factor may stand on either side.
  const [inner, factor] = row === MULTIPLY && x!.isLiteral ? [by!, x] : [x!, by];
  if (inner.type !== type || factor?.isLiteral === false || (factor ?? inner).type.dtype !== type.dtype)
    return undefined;
  const size = factor === undefined ? 1 : Math.abs(Number(scalarAttribute(factor.attributes.values, 'value')));
  if (size < 1 / MOST_SCALE || size > MOST_SCALE) return undefined;
  const part = withOperand(product, side, inner, author);
  return { plan: canonicalise(row, factor === undefined ? [part] : [part, factor], undefined, author), parts: [part] };
}

/** Blocks of K: operands that are joined in the same places, of which the products are summed. */
function ofBlocks<N extends Node>(product: N, author: Author<N>): ToldProduct<N> | undefined {
  const [a, b] = product.operands as readonly N[];
  if (!isPlain(product) || a!.row !== CONCAT || b!.row !== CONCAT || a!.operands.length !== b!.operands.length)
    return undefined;
  const { values } = product.attributes;
  const inner = [innerAxis(a!, values['transposeA'] !== true), innerAxis(b!, values['transposeB'] === true)];
  if ([a!, b!].some((joined, side) => numberAttribute(joined.attributes.values, 'axis') !== inner[side]))
    return undefined;
  const lengths = [a!, b!].map(({ operands }, side) => operands.map(({ type }) => type.shape[inner[side]!]).join());
  if (lengths[0] !== lengths[1]) return undefined;
  const parts = a!.operands.map((block, i) => canonicalise(MATMUL, [block as N, b!.operands[i] as N], values, author));
  const plan = parts.reduce((sum, part) => canonicalise(ADD, [sum, part], undefined, author));
  return { plan, parts };
}

/** The axis of an operand that is summed over: of a vector its only one. */
const innerAxis = ({ type: { shape } }: Node, isLast: boolean): number => (shape.length > 1 && isLast ? 1 : 0);

/** All rules, in the order in which they are tried. */
export const PART_RULES: readonly PartRule[] = [
  {
    contract: 'exact',
    formula: 'concat(x, y; columns)ᵀ · itself → blocks of xᵀ · x, xᵀ · y, its turn and yᵀ · y',
    apply: ofGram,
  },
  {
    contract: 'exact',
    formula: 'concat(x, y; rows) · w → concat(x · w, y · w; rows)',
    apply: (product, author) => ofJoined(product, 0, author),
  },
  {
    contract: 'exact',
    formula: 'x · concat(v, w; columns) → concat(x · v, x · w; columns)',
    apply: (product, author) => ofJoined(product, 1, author),
  },
  {
    contract: 'exact',
    formula: 'x[rows] · w → (x · w)[rows]',
    apply: (product, author) => ofSliced(product, 0, author),
  },
  {
    contract: 'exact',
    formula: 'x · w[columns] → (x · w)[columns]',
    apply: (product, author) => ofSliced(product, 1, author),
  },
  { contract: 'exact', formula: 'x · w → (wᵀ · xᵀ)ᵀ', apply: ofTransposed },
  {
    contract: 'bounded',
    isOfFinite: true,
    formula: '(c · x) · w → c · (x · w)',
    apply: (product, author) => ofScaled(product, 0, author),
  },
  {
    contract: 'bounded',
    isOfFinite: true,
    formula: 'x · (c · w) → c · (x · w)',
    apply: (product, author) => ofScaled(product, 1, author),
  },
  {
    contract: 'bounded',
    isSum: true,
    formula: 'concat(x, y; k) · concat(v, w; k) → x · v + y · w',
    apply: ofBlocks,
  },
];

/** Whether a rule gives the bits of the whole for a product. */
export const isExactFor = ({ contract }: PartRule, { type }: Node): boolean =>
  contract === 'exact' || !isFloat(type.dtype);

/** Whether a call may be told by parts. */
export const mayHaveParts = ({ row }: Node): boolean => row === MATMUL;
