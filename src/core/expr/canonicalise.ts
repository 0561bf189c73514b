// The first verb: a call becomes a node. Operands are promoted and checked, attributes settled, rules applied.
import { scalarAttribute } from '../ops/attribute-values.ts';
import { CAST } from '../ops/movement/indexing.ts';
import { FULL } from '../ops/movement/creation.ts';
import type { OpRow } from '../ops/define.ts';
import { checkKinds, promotedDTypes, readAttributes, takes, wrongCount } from '../ops/infer.ts';
import { type DType, DTYPES, isCoded, isFloat, nearestElement, type Precision } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/shape.ts';
import { checkHoldable, type TensorType, tensorType } from '../tensor/type.ts';
import { type Attributes, internAttributes, NO_ATTRIBUTES } from './attributes.ts';
import type { Author, Node } from './node.ts';
import { castValue, commonDType, type Literal, readLiteral, type WeakCall } from './literals.ts';
import { restatedAttributes } from './restated.ts';
import { rewrite, stabilise } from './rewriting.ts';

/** An operand as it is given: a node of the author's layer, or a plain number. */
export type Argument<N extends Node = Node> = N | Literal;

/** The canonical node of a call, or a typed error that names what is wrong. */
export function canonicalise<N extends Node>(
  row: OpRow,
  args: readonly Argument<N>[],
  asked: Readonly<Record<string, unknown>> | undefined,
  author: Author<N>,
): N {
  const given = author.precision === undefined ? asked : inPrecision(row, author.precision, asked);
  const node = repeated(row, args, given, author) ?? settled(row, args, given, author);
  const canonical = author.asWritten === true ? node : rewrite(node, author);
  return stabilise(canonical, author, derive);
}

function settled<N extends Node>(
  row: OpRow,
  args: readonly Argument<N>[],
  given: Readonly<Record<string, unknown>> | undefined,
  author: Author<N>,
): N {
  const operands = settleOperands(row, args, author);
  const types = operands.map((operand) => operand.type);
  const attributes = settleAttributes(row, types, given);
  const type = inferType(row, types, attributes);
  if (row.widens && types.some(({ dtype }) => isCoded(dtype)))
    return castTo(decoded(row, operands, given, author), type.dtype, author);
  const node = author.make(row, attributes, type, operands);
  if (operands.every((operand, i) => operand === args[i]))
    rememberPlain(row, types, { given, attributes, type, flops: node.flops });
  return node;
}

/**
 * The call on what operands are computed in: what it gives is rounded once, so that a codec is how elements are stored
 * and never how they are computed.
 */
function decoded<N extends Node>(
  row: OpRow,
  operands: readonly N[],
  given: Readonly<Record<string, unknown>> | undefined,
  author: Author<N>,
): N {
  const coded = operands.find(({ type }) => isCoded(type.dtype))!;
  const { factors, name } = DTYPES[coded.type.dtype];
  // Factors of a dtype that products may be rounded to lose nothing by it.
  const precision = factors === undefined ? undefined : (name as Precision);
  const numbers = operands.map((operand) => castTo(operand, DTYPES[operand.type.dtype].compute, author));
  return canonicalise(row, numbers, precision === undefined ? given : inPrecision(row, precision, given), author);
}

/** The attributes of a call, with a precision where its row has that and they do not say it. */
const inPrecision = (
  row: OpRow,
  precision: Precision,
  given: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined =>
  Object.hasOwn(row.attributes, 'precision') ? { precision, ...given } : given;

/**
 * What a call without casts or literals came to, by the types of its operands and its attributes: all of it follows
 * from them.
 */
interface PlainCall {
  readonly given: Readonly<Record<string, unknown>> | undefined;
  readonly attributes: Attributes;
  readonly type: TensorType;
  readonly flops: number;
}

/** The newest calls of a row on operands of the same types, told apart by their attributes. */
const plainCalls = new Map<number, Map<number, PlainCall[]>>();
const REMEMBERED_CALLS = 4;

function rememberPlain(row: OpRow, types: readonly TensorType[], call: PlainCall): void {
  const key = row.variadic || !isPlain(call.given) ? -1 : typesKey(types, NO_ATTRIBUTES);
  if (key < 0) return;
  let byTypes = plainCalls.get(row.number);
  if (byTypes === undefined || byTypes.size >= REMEMBERED_LIMIT) plainCalls.set(row.number, (byTypes = new Map()));
  const calls = byTypes.get(key) ?? [];
  byTypes.set(key, [{ ...call, given: call.given && { ...call.given } }, ...calls.slice(0, REMEMBERED_CALLS - 1)]);
}

/** Whether attributes as they were given are numbers, texts and the like, which the caller cannot change later. */
const isPlain = (given: PlainCall['given']): boolean =>
  given === undefined ||
  Object.values(given).every((value) => typeof value !== 'object' && typeof value !== 'function');

/** The node of a call like one that was settled before, without going through its checks again. */
function repeated<N extends Node>(
  row: OpRow,
  args: readonly Argument<N>[],
  given: PlainCall['given'],
  author: Author<N>,
): N | undefined {
  if (args.length > 2 || args.length !== row.operands.length || row.variadic) return undefined;
  const [a, b] = args;
  if (typeof a !== 'object' || (args.length === 2 && typeof b !== 'object')) return undefined;
  const key = pairKey(a.type.id, (b as N | undefined)?.type.id ?? 0);
  const calls = key < 0 ? undefined : plainCalls.get(row.number)?.get(key);
  if (calls === undefined) return undefined;
  for (const call of calls) {
    if (!isGivenAlike(call.given, given)) continue;
    return author.make(row, call.attributes, call.type, args as N[]).costsLike(call.flops);
  }
  return undefined;
}

/** The same names in the same order with the same values; -0 and 0 differ. */
function isGivenAlike(known: PlainCall['given'], given: PlainCall['given']): boolean {
  if (known === undefined || given === undefined) return known === given;
  const names = Object.keys(given);
  const knownNames = Object.keys(known);
  if (names.length !== knownNames.length) return false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (name !== knownNames[i] || !Object.is(known[name], given[name])) return false;
  }
  return true;
}

/** A node of a row the caller knows to be well formed, as laws and compensation plans make them. */
export function derive<N extends Node>(
  row: OpRow,
  operands: readonly N[],
  given: Readonly<Record<string, unknown>> | undefined,
  author: Author<N>,
): N {
  const types = operands.map((operand) => operand.type);
  const attributes = settleAttributes(row, types, given);
  return author.make(row, attributes, inferType(row, types, attributes), operands);
}

/**
 * A node whose attributes are canonical already, as a trace holds them: all is checked as in a call, nothing is
 * promoted or rewritten again.
 */
export function restate<N extends Node>(
  row: OpRow,
  operands: readonly N[],
  values: Attributes['values'],
  author: Author<N>,
): N {
  if (!takes(row, operands.length)) throw wrongCount(row, operands.length);
  const types = operands.map((operand) => operand.type);
  checkKinds(row, types);
  const attributes = internAttributes(restatedAttributes(row, types, values));
  const type = inferType(row, types, attributes);
  // A trace does not tell a plain number of a call from a scalar that was asked for; laws take both for the first.
  return author.make(row, attributes, type, operands, row === FULL && type.shape.length === 0);
}

function settleOperands<N extends Node>(row: OpRow, args: readonly Argument<N>[], author: Author<N>): readonly N[] {
  if (!takes(row, args.length)) throw wrongCount(row, args.length);
  const operands = args.every(isCall) ? args : withConstants(row, args, author);
  checkKinds(
    row,
    operands.map((operand) => operand.type),
  );
  const isAsGiven = row.promotion === 'none' && !operands.some(({ type }) => isCoded(type.dtype));
  if (isAsGiven) return operands;
  const dtypes = promotedDTypes(
    row,
    operands.map((operand) => operand.type.dtype),
  );
  return operands.map((operand, i) =>
    operand.type.dtype === dtypes[i] ? operand : castTo(operand, dtypes[i]!, author),
  );
}

const isCall = <N extends Node>(arg: Argument<N>): arg is N => typeof arg === 'object';

/** The operands, with a constant for every literal. */
function withConstants<N extends Node>(row: OpRow, args: readonly Argument<N>[], author: Author<N>): readonly N[] {
  const beside = commonDType(
    args.filter(isCall).map((arg) => arg.type.dtype),
    row.name,
  );
  const call: WeakCall = { row, beside, literals: args.map((arg) => (isCall(arg) ? undefined : arg)) };
  return args.map((arg, i) => {
    if (isCall(arg)) return arg;
    const { dtype, value } = readLiteral(call, i);
    return constant(dtype, value, author);
  });
}

// Constants of an author by dtype and value, so that a loop over `x.add(1)` makes one node for its 1.
const constants = new WeakMap<object, Map<DType, Map<number | bigint, Node>>>();

/** The scalar node of a literal. */
function constant<N extends Node>(dtype: DType, value: number | bigint, author: Author<N>): N {
  const kept = isCoded(dtype) && isFloat(dtype) ? nearestElement(dtype, Number(value)) : value;
  // A map takes −0 for 0.
  if (Object.is(kept, -0)) return makeConstant(dtype, kept, author);
  let byDType = constants.get(author);
  if (byDType === undefined) constants.set(author, (byDType = new Map()));
  let byValue = byDType.get(dtype);
  if (byValue === undefined || byValue.size >= REMEMBERED_LIMIT) byDType.set(dtype, (byValue = new Map()));
  let known = byValue.get(kept);
  if (known === undefined) byValue.set(kept, (known = makeConstant(dtype, kept, author)));
  return known as N;
}

function makeConstant<N extends Node>(dtype: DType, value: number | bigint, author: Author<N>): N {
  return author.make(FULL, internAttributes({ shape: [], value, dtype }), tensorType(dtype, []), [], true);
}

function castTo<N extends Node>(operand: N, dtype: DType, author: Author<N>): N {
  if (operand.type.dtype === dtype) return operand;
  const folded =
    operand.row === FULL && operand.type.shape.length === 0
      ? castValue(scalarAttribute(operand.attributes.values, 'value'), operand.type.dtype, dtype)
      : undefined;
  return folded === undefined ? derive(CAST, [operand], { dtype }, author) : constant(dtype, folded, author);
}

function settleAttributes(
  row: OpRow,
  types: readonly TensorType[],
  given: Readonly<Record<string, unknown>> | undefined,
): Attributes {
  if (given === undefined && row.settle === undefined && Object.keys(row.attributes).length === 0) return NO_ATTRIBUTES;
  const read = readAttributes(row, given ?? {});
  return internAttributes(row.settle?.(types, read) ?? read);
}

function inferType(row: OpRow, types: readonly TensorType[], attributes: Attributes): TensorType {
  const known = recall(row, types, attributes);
  if (known !== undefined) return known;
  const { dtype, shape } = row.infer(types, attributes.values);
  checkShape(shape, row.name);
  const type = tensorType(dtype, shape);
  checkHoldable(type, row.name);
  remember(row, types, attributes, type);
  return type;
}

// Inference is a pure function of row, attributes and operand types, all of which are interned: remembered by number.
const remembered = new Map<number, Map<number, TensorType>>();
const REMEMBERED_LIMIT = 4096;

/** One number for up to two types and the attributes, or −1 where they do not fit in one. */
function typesKey(types: readonly TensorType[], attributes: Attributes): number {
  const pair = types.length > 2 || attributes.id >= 2 ** 20 ? -1 : pairKey(types[0]?.id ?? 0, types[1]?.id ?? 0);
  return pair < 0 ? -1 : attributes.id * 2 ** 32 + pair;
}

const pairKey = (a: number, b: number): number => (a >= 2 ** 16 || b >= 2 ** 16 ? -1 : a * 2 ** 16 + b);

function recall(row: OpRow, types: readonly TensorType[], attributes: Attributes): TensorType | undefined {
  return remembered.get(row.number)?.get(typesKey(types, attributes));
}

function remember(row: OpRow, types: readonly TensorType[], attributes: Attributes, type: TensorType): void {
  const key = typesKey(types, attributes);
  if (key < 0) return;
  let byTypes = remembered.get(row.number);
  if (byTypes === undefined || byTypes.size >= REMEMBERED_LIMIT) remembered.set(row.number, (byTypes = new Map()));
  byTypes.set(key, type);
}
