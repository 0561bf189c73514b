// The functions of formulas, one row each. Sums are exactly rounded; functions of numbers are those of the library.
import { ExactSum } from '../../kernels/cells/exact-sum.ts';
import { elementary } from '../kit.ts';
import { cellAlgebra } from '../../kernels/cells/cell-kernel.ts';
import {
  asNumber,
  asTest,
  asText,
  type CellError,
  type AtomValue,
  fault,
  type Fault,
  type Interim,
  isFault,
} from './cell-value.ts';
import type { FormulaNode } from './formula-node.ts';
import type { FunctionRow, Scope } from './scope.ts';

type Operands = readonly FormulaNode[];
const MANY = 255;

/** A function of numbers. */
const ofNumbers = (least: number, most: number, apply: (...x: number[]) => Interim): FunctionRow => ({
  least,
  most,
  run: (operands, scope) => {
    const numbers: number[] = [];
    for (const operand of operands) {
      const value = asNumber(scope.value(operand));
      if (typeof value !== 'number') return value;
      numbers.push(value);
    }
    return apply(...numbers);
  },
});

/** A function of all numbers in its arguments; texts and tests count where they are arguments, not in cells. */
const overNumbers = (apply: (numbers: Gathered) => Interim): FunctionRow => ({
  least: 1,
  most: MANY,
  run: (operands, scope) => {
    const gathered = { sum: new ExactSum(), count: 0 };
    for (const operand of operands) {
      const range = scope.range(operand);
      if (range !== undefined && isFault(range)) return range;
      const value = range === undefined ? asNumber(scope.value(operand)) : range.sumInto(gathered.sum);
      if (typeof value !== 'number') return value;
      gathered.count += range === undefined ? 1 : value;
      if (range === undefined) gathered.sum.add(value);
    }
    return apply(gathered);
  },
});

interface Gathered {
  readonly sum: ExactSum;
  readonly count: number;
}

/** Calls with every value of the arguments; cells that are empty are left out. The first error, unless it is taken. */
function eachValue(
  operands: Operands,
  scope: Scope,
  take: (value: AtomValue, isCell: boolean) => Fault | CellError | undefined,
): Fault | CellError | undefined {
  for (const operand of operands) {
    const range = scope.range(operand);
    if (range === undefined) {
      const value = scope.value(operand);
      const stopped = isFault(value) && !('origin' in value) ? value : take(value as AtomValue, false);
      if (stopped !== undefined) return stopped;
    } else if (isFault(range)) return range;
    else {
      let stopped: Fault | CellError | undefined;
      range.each((value) => (stopped = take(value, true)) === undefined);
      if (stopped !== undefined) return stopped;
    }
  }
  return undefined;
}

/** A fold over the numbers of the arguments, in the order in which they stand. */
const folded = (apply: (total: number, value: number) => number, ofNone = 0): FunctionRow => ({
  least: 1,
  most: MANY,
  run: (operands, scope) => {
    let total: number | undefined;
    const stopped = eachValue(operands, scope, (value, isCell) => {
      if (isCell && typeof value !== 'number') return isFault(value) ? value : undefined;
      const number = asNumber(value);
      if (typeof number !== 'number') return number;
      total = total === undefined ? number : apply(total, number);
      return undefined;
    });
    return stopped ?? total ?? ofNone;
  },
});

const counted = (counts: (value: AtomValue, isCell: boolean) => boolean): FunctionRow => ({
  least: 1,
  most: MANY,
  run: (operands, scope) => {
    let count = 0;
    const stopped = eachValue(operands, scope, (value, isCell) => {
      if (counts(value, isCell)) count++;
      return undefined;
    });
    return stopped ?? count;
  },
});

/** All tests of the arguments together; texts in cells are no tests. */
const tested = (apply: (total: boolean, value: boolean) => boolean): FunctionRow => ({
  least: 1,
  most: MANY,
  run: (operands, scope) => {
    let total: boolean | undefined;
    const stopped = eachValue(operands, scope, (value, isCell) => {
      if (isCell && typeof value === 'string') return undefined;
      const test = asTest(value);
      if (typeof test !== 'boolean') return test;
      total = total === undefined ? test : apply(total, test);
      return undefined;
    });
    return stopped ?? total ?? fault('#VALUE!', 'there is no condition among the arguments');
  },
});

/** A function of one value, which may be an error. */
const ofKind = (test: (value: Interim) => boolean): FunctionRow => ({
  least: 1,
  most: 1,
  run: ([operand], scope) => test(scope.value(operand!)),
});

const ofTexts = (least: number, most: number, apply: (...x: string[]) => Interim): FunctionRow => ({
  least,
  most,
  run: (operands, scope) => {
    const texts: string[] = [];
    for (const operand of operands) {
      const value = asText(scope.value(operand));
      if (typeof value !== 'string') return value;
      texts.push(value);
    }
    return apply(...texts);
  },
});

/** The part of a text that a function of a text and a number takes. */
const partOfText = (take: (text: string, count: number) => string): FunctionRow => ({
  least: 1,
  most: 2,
  run: ([first, second], scope) => {
    const text = asText(scope.value(first!));
    if (typeof text !== 'string') return text;
    const count = second === undefined ? 1 : asNumber(scope.value(second));
    if (typeof count !== 'number') return count;
    return count < 0 ? fault('#VALUE!', `${count} letters are none; give 0 or more`) : take(text, Math.floor(count));
  },
});

const quotient = (a: number, b: number): Interim => (b === 0 ? fault('#DIV/0!', 'the divisor is 0') : a / b);
const named = (name: keyof typeof elementary): FunctionRow =>
  ofNumbers(1, 1, (x) => cellAlgebra.call(elementary[name], x));
const logarithm = (x: number, base: number): Interim =>
  x <= 0 || base <= 0
    ? fault('#NUM!', `the logarithm of ${x} to base ${base}; give numbers above 0`)
    : quotient(cellAlgebra.call(elementary.log, x), cellAlgebra.call(elementary.log, base));

/** A number at a count of decimal places, by the rounding of its whole part. */
const atPlaces = (round: (x: number) => number): FunctionRow =>
  ofNumbers(1, 2, (x, places = 0) => {
    const scale = 10 ** Math.trunc(Math.abs(places));
    const scaled = places < 0 ? x / scale : x * scale;
    if (!Number.isFinite(scaled)) return x;
    const whole = x < 0 ? -round(-scaled) : round(scaled);
    return places < 0 ? whole * scale : whole / scale;
  });

const half = (x: number): number => Math.floor(x) + (x - Math.floor(x) >= 0.5 ? 1 : 0);

const CONDITIONS: Readonly<Record<string, FunctionRow>> = {
  IF: {
    least: 2,
    most: 3,
    run: ([condition, then, otherwise], scope) => {
      const test = asTest(scope.value(condition!));
      if (typeof test !== 'boolean') return test;
      if (test) return scope.value(then!);
      return otherwise === undefined ? false : scope.value(otherwise);
    },
  },
  IFERROR: {
    least: 2,
    most: 2,
    run: ([first, second], scope) => {
      const value = scope.value(first!);
      return isFault(value) ? scope.value(second!) : value;
    },
  },
  IFNA: {
    least: 2,
    most: 2,
    run: ([first, second], scope) => {
      const value = scope.value(first!);
      return isFault(value) && value.code === '#N/A' ? scope.value(second!) : value;
    },
  },
  AND: tested((a, b) => a && b),
  OR: tested((a, b) => a || b),
  XOR: tested((a, b) => a !== b),
  NOT: {
    least: 1,
    most: 1,
    run: ([operand], scope) => {
      const test = asTest(scope.value(operand!));
      return typeof test === 'boolean' ? !test : test;
    },
  },
  TRUE: { least: 0, most: 0, run: () => true },
  FALSE: { least: 0, most: 0, run: () => false },
  NA: { least: 0, most: 0, run: () => fault('#N/A', 'NA() says that the value is not available') },
  ISBLANK: ofKind((value) => value === undefined),
  ISERROR: ofKind(isFault),
  ISLOGICAL: ofKind((value) => typeof value === 'boolean'),
  ISNUMBER: ofKind((value) => typeof value === 'number'),
  ISTEXT: ofKind((value) => typeof value === 'string'),
};

const NUMBERS: Readonly<Record<string, FunctionRow>> = {
  SUM: overNumbers(({ sum }) => sum.value()),
  AVERAGE: overNumbers(({ sum, count }) => quotient(sum.value(), count)),
  COUNT: counted((value, isCell) => typeof value === 'number' || (!isCell && typeof asNumber(value) === 'number')),
  COUNTA: counted(() => true),
  MAX: folded(Math.max),
  MIN: folded(Math.min),
  PRODUCT: folded((a, b) => a * b),
  ABS: ofNumbers(1, 1, Math.abs),
  INT: ofNumbers(1, 1, Math.floor),
  SIGN: ofNumbers(1, 1, (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
  SQRT: ofNumbers(1, 1, Math.sqrt),
  POWER: ofNumbers(2, 2, (x, y) => cellAlgebra.call(elementary.pow, x, y)),
  MOD: ofNumbers(2, 2, (x, y) => (y === 0 ? fault('#DIV/0!', 'the divisor is 0') : cellAlgebra.remainder(x, y))),
  QUOTIENT: ofNumbers(2, 2, (x, y) => (y === 0 ? fault('#DIV/0!', 'the divisor is 0') : Math.trunc(x / y))),
  ROUND: atPlaces(half),
  ROUNDUP: atPlaces(Math.ceil),
  ROUNDDOWN: atPlaces(Math.floor),
  TRUNC: atPlaces(Math.floor),
  EXP: named('exp'),
  LN: ofNumbers(1, 1, (x) => (x > 0 ? cellAlgebra.call(elementary.log, x) : logarithm(x, 2))),
  LOG: ofNumbers(1, 2, (x, base = 10) => (base === 10 && x > 0 ? log10(x) : logarithm(x, base))),
  LOG10: ofNumbers(1, 1, (x) => (x > 0 ? log10(x) : logarithm(x, 10))),
  PI: ofNumbers(0, 0, () => Math.PI),
  SIN: named('sin'),
  COS: named('cos'),
  TAN: named('tan'),
  ASIN: named('asin'),
  ACOS: named('acos'),
  ATAN: named('atan'),
  SINH: named('sinh'),
  COSH: named('cosh'),
  TANH: named('tanh'),
  ATAN2: ofNumbers(2, 2, (x, y) =>
    x === 0 && y === 0 ? fault('#DIV/0!', 'the point 0, 0 has no angle') : cellAlgebra.call(elementary.atan2, y, x),
  ),
};

function log10(x: number): number {
  return cellAlgebra.call(elementary.log10, x);
}

const TEXTS: Readonly<Record<string, FunctionRow>> = {
  CONCATENATE: ofTexts(1, MANY, (...texts) => texts.join('')),
  LEN: ofTexts(1, 1, (text) => text.length),
  UPPER: ofTexts(1, 1, (text) => text.toUpperCase()),
  LOWER: ofTexts(1, 1, (text) => text.toLowerCase()),
  TRIM: ofTexts(1, 1, (text) => text.trim().replaceAll(/ +/g, ' ')),
  EXACT: ofTexts(2, 2, (a, b) => a === b),
  LEFT: partOfText((text, count) => text.slice(0, count)),
  RIGHT: partOfText((text, count) => text.slice(Math.max(0, text.length - count))),
  VALUE: {
    least: 1,
    most: 1,
    run: ([operand], scope) => asNumber(scope.value(operand!)),
  },
};

/** All functions by name. */
export const SHEET_FUNCTIONS: ReadonlyMap<string, FunctionRow> = new Map(
  Object.entries({ ...CONDITIONS, ...NUMBERS, ...TEXTS }),
);
