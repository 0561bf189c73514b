// Calls of functions of NumPy: arguments are bound, operands cast, and the op or the function is called.
import { AttributeError } from '../kit.ts';
import { type DType, Tensor } from '../surface.ts';
import { arrayOf } from './arrays.ts';
import { type Context, Arguments, isPlain, type Row, type RowOptions } from './context.ts';
import { isIntegral, type NumberOrTensor, operandType, type CastRule } from './promotion.ts';
import { bind, type Parameter, type ParsedSignature } from './signature.ts';

type Bound = Readonly<Record<string, unknown>>;

/** Calls a function of NumPy by its row. */
export function callRow(np: Context, row: Row, signature: ParsedSignature, args: readonly unknown[]): unknown {
  const bound = bind(signature, args);
  const [, does, rule = 'as-is'] = row;
  if (typeof does === 'function') return does(np, new Arguments(np, signature.name, bound));
  return callOp(np, does, rule, row[3] ?? {}, signature, bound);
}

function callOp(
  np: Context,
  op: string,
  rule: CastRule,
  { rename = {}, bools, results = {} }: RowOptions,
  signature: ParsedSignature,
  bound: Bound,
): unknown {
  const given = signature.parameters.filter(({ name }) => bound[name] !== undefined && bound[name] !== null);
  const operands = operandsOf(np, rule, signature, given, bound);
  const attributes: Record<string, unknown> = {};
  for (const { name, kind } of given) {
    if (kind === 'array' || kind === 'arrays' || kind === 'dtype') continue;
    attributes[rename[name] ?? name] = kind === 'shape' ? shapeOf(bound[name]) : bound[name];
  }
  const isBool = bools !== undefined && operands.every((each) => each instanceof Tensor && each.dtype === 'bool');
  const result = np.op(isBool ? bools : op, ...operands, attributes);
  return answered(result, rule.endsWith('indices'), results);
}

/** The operands of the op: cast to what the rule says, or to the dtype that was asked for. */
function operandsOf(
  np: Context,
  rule: CastRule,
  { name: owner }: ParsedSignature,
  given: readonly Parameter[],
  bound: Bound,
): readonly unknown[] {
  const lists = given.filter(({ kind }) => kind === 'arrays');
  const asked = bound['dtype'] as DType | undefined;
  if (lists.length > 0) {
    const list = bound[lists[0]!.name];
    const parts = (Array.isArray(list) ? list : [list]).map((each) => arrayOf(np.sheet, each));
    const dtype = asked ?? operandType('common', parts);
    return [parts.map((part) => castTo(part, dtype))];
  }
  const operands = given
    .filter(({ kind }) => kind === 'array')
    .map(({ name }) => operandOf(np, rule, name, bound[name]));
  const masks = given.filter(({ kind }) => kind === 'array').map(({ name }) => MASKS.has(name));
  const promoted = operands.filter((_, i) => !masks[i]);
  const dtype = rule === 'truth' ? 'bool' : (asked ?? operandType(rule, promoted));
  checkInexact(owner, rule, dtype);
  // A number beside no tensor has no dtype to take.
  const isBare = promoted.every(isPlain);
  return operands.map((operand, i) => {
    if (masks[i] === true || rule === 'truth') return arrayOf(np.sheet, truthOfPlain(operand), 'bool');
    return isPlain(operand) && isBare ? arrayOf(np.sheet, operand, dtype) : castTo(operand, dtype);
  });
}

/** A plain number is true but for 0. */
const truthOfPlain = (operand: NumberOrTensor): NumberOrTensor => (isPlain(operand) ? Boolean(operand) : operand);

/** Operands that choose, and are no part of the dtype of the result. */
const MASKS = new Set(['condition']);
/** Operands that are places: numbers in lists are integers there. */
const PLACES = new Set(['indices']);

function operandOf(np: Context, rule: CastRule, name: string, value: unknown): NumberOrTensor {
  if (value instanceof Tensor) return value;
  if (isPlain(value) && rule !== 'as-is' && rule !== 'indices' && !PLACES.has(name)) return value;
  const isInteger = PLACES.has(name) || rule === 'integers';
  const array = arrayOf(np.sheet, value);
  return isInteger && array.dtype === 'float64' && !ArrayBuffer.isView(value) ? array.astype('int64') : array;
}

const castTo = (operand: NumberOrTensor, dtype: DType | undefined): NumberOrTensor =>
  operand instanceof Tensor && dtype !== undefined && operand.dtype !== dtype ? operand.astype(dtype) : operand;

/** Integers asked of a function of floats would be what nobody means. */
function checkInexact(owner: string, rule: CastRule, dtype: DType | undefined): void {
  if (dtype !== undefined && (rule === 'float' || rule === 'float64') && isIntegral(dtype))
    throw new AttributeError(`np.${owner}: dtype ${dtype} cannot hold its results; give a floating one.`, { dtype });
}

/** Shapes may be one number. */
export const shapeOf = (value: unknown): readonly number[] =>
  Array.isArray(value) ? value.map(Number) : [Number(value)];

/** What an op gave, as NumPy gives it: indices are int64, several results can be taken apart as a list. */
function answered(result: unknown, isIndex: boolean, names: Readonly<Record<string, string>>): unknown {
  if (result instanceof Promise) return result.then((settled) => answered(settled, isIndex, names));
  if (result instanceof Tensor) return isIndex && result.dtype === 'int32' ? result.astype('int64') : result;
  if (Array.isArray(result)) return result.map((each) => answered(each, isIndex, names));
  const parts = Object.entries(result as Readonly<Record<string, Tensor>>).map(([name, part]): [string, unknown] => [
    names[name] ?? name,
    answered(part, PLACES_OF_RESULTS.has(name), names),
  ]);
  return several(Object.fromEntries(parts));
}

/** Results that are indices and counts, by the names they have. */
const PLACES_OF_RESULTS = new Set(['indices', 'inverse', 'counts', 'rank']);

/** Results by name, which can be taken apart as a list too. */
export function several<R extends object>(results: R): R & Iterable<unknown> {
  return Object.defineProperty(results, Symbol.iterator, {
    value: () => Object.values(results)[Symbol.iterator](),
  }) as R & Iterable<unknown>;
}
