// Makers of elementwise rows: one body each, from which every device takes its kernel.
import { predicate, scalar, type Body, type PredicateBody, type Scalar } from '../../../../kernels/scalar/algebra.ts';
import { makeRow, type LawName, type LiteralPlace, type OpRow } from '../define.ts';
import type { OperandKind } from '../kinds.ts';
import { broadcastShapes, first } from '../infer.ts';

interface Options {
  readonly laws?: readonly LawName[];
  /** Floating-point operations per element; 1 for arithmetic, about 20 for exp and its kin. */
  readonly flops?: number;
  /** Relative error bound in units of epsilon, where devices may differ. */
  readonly bound?: number;
  readonly kind?: OperandKind;
  readonly promotion?: OpRow['promotion'];
  readonly deviation?: string;
  /** What the operands are called, where it is not x and y. */
  readonly names?: readonly string[];
  /** What plain numbers in the place of the operands are there for (define.ts). */
  readonly literals?: readonly (LiteralPlace | undefined)[];
}

/** What operands are called that have no name of their own. */
const NAMES = ['x', 'y'] as const;

const operandsOf = (arity: number, kind: OperandKind, { names = NAMES, literals }: Options): OpRow['operands'] =>
  names
    .slice(0, arity)
    .map((name, i) => ({ name, kind, ...(literals?.[i] !== undefined && { literal: literals[i] }) }));

/** An op whose result has the operands' (common) dtype. */
export function elementwise(
  name: string,
  doc: string,
  arity: number,
  body: Body | Scalar,
  options: Options = {},
): OpRow {
  const element = typeof body === 'function' ? scalar(name, arity, body) : body;
  const { flops = 1, kind = 'numeric', promotion = 'common', names, literals, ...rest } = options;
  const row: OpRow = makeRow({
    name,
    doc,
    promotion: arity === 1 && promotion === 'common' ? 'none' : promotion,
    operands: operandsOf(arity, kind, { ...(names && { names }), ...(literals && { literals }) }),
    result: arity === 1 ? 'same' : 'promoted',
    infer: (operands) => ({ dtype: first(operands).dtype, shape: broadcastShapes(row, operands) }),
    kernel: { skeleton: 'map', element },
    flops: (_operands, out) => out.size * flops,
    separable: 'elements',
    ...rest,
  });
  return row;
}

/** An op whose result is bool. */
export function elementTest(
  name: string,
  doc: string,
  arity: number,
  body: PredicateBody,
  options: Options = {},
): OpRow {
  const element = predicate(name, arity, body);
  const { kind = 'any', flops = 1, promotion = 'common', names, literals, ...rest } = options;
  const row: OpRow = makeRow({
    name,
    doc,
    promotion,
    operands: operandsOf(arity, kind, { ...(names && { names }), ...(literals && { literals }) }),
    result: 'bool',
    infer: (operands) => ({ dtype: 'bool', shape: broadcastShapes(row, operands) }),
    kernel: { skeleton: 'map', element },
    flops: (_operands, out) => out.size * flops,
    separable: 'elements',
    ...rest,
  });
  return row;
}

/**
 * What is left to devices with functions of their own, as GPUs and other libraries: good ones are within this many
 * epsilon. JavaScript and WebAssembly compute what the specification fixes, within the bounds of its table
 * (docs/format/numerics-elementwise.md).
 */
const FUNCTION_BOUND = 8;

/** A function of one floating operand; about 20 flops an element. */
export const fn = (name: string, doc: string, body: Scalar, laws: readonly LawName[] = []): OpRow =>
  elementwise(name, doc, 1, body, { kind: 'float', flops: 20, laws, bound: FUNCTION_BOUND });

/** As `fn`, of two operands. */
export const fn2 = (
  name: string,
  doc: string,
  body: Scalar,
  { laws = [], names = ['x', 'y'] }: { laws?: readonly LawName[]; names?: readonly string[] } = {},
): OpRow => elementwise(name, doc, 2, body, { kind: 'float', flops: 40, laws, names, bound: FUNCTION_BOUND });
