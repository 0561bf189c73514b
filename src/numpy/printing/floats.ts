// Floats as NumPy prints them in an array: all in one notation, with their points below each other.
import { type Decimal, positional, roundedAt, roundingOf, shortest } from './digits.ts';

/** How numbers are printed; NumPy's names for it. */
export interface FloatOptions {
  readonly precision: number;
  readonly suppress: boolean;
  readonly floatmode: 'fixed' | 'unique' | 'maxprec' | 'maxprec_equal';
  readonly sign: '-' | '+' | ' ';
}

type Text = (value: number) => string;

/** Digits from which numbers of a dtype are written with an exponent. */
const CUTOFF: Readonly<Record<number, number>> = { 64: 1e8, 32: 1e6, 16: 1e3 };

/** The text of each of an array's floats, as wide as all of them need. */
export function floatFormat(values: readonly number[], bits: number, options: FloatOptions): Text {
  const finite = values.filter(Number.isFinite);
  const sizes = finite.filter((value) => value !== 0).map(Math.abs);
  const [largest, least] = sizes.reduce(
    ([most, few], size) => [Math.max(most, size), Math.min(few, size)],
    [0, Infinity],
  );
  const isScientific =
    sizes.length > 0 && (largest >= CUTOFF[bits]! || (!options.suppress && (least < 0.0001 || largest / least > 1000)));
  const format = isScientific ? scientific(finite, bits, options) : fixed(finite, bits, options);
  return withSpecials(values, finite, format, options);
}

/** A format, and how many characters its numbers have before the point and after it. */
interface Format {
  readonly text: Text;
  readonly before: number;
  readonly after: number;
}

/** NaN and infinities take the width of the numbers, which may grow by theirs. */
function withSpecials(
  values: readonly number[],
  finite: readonly number[],
  format: Format,
  { sign }: FloatOptions,
): Text {
  let { before } = format;
  if (sign === ' ' && finite.every((value) => !isNegative(value))) before++;
  if (finite.length < values.length) {
    const isSigned = sign !== '-' || values.includes(-Infinity);
    before = Math.max(before, 3 - format.after - 1, 3 + Number(isSigned) - format.after - 1);
  }
  const width = before + format.after + 1;
  return (value) => {
    if (Number.isFinite(value)) return padPoint(format.text(value), before);
    const plus = sign === '+' ? '+' : '';
    return (Number.isNaN(value) ? `${plus}nan` : value < 0 ? '-inf' : `${plus}inf`).padStart(width);
  };
}

/** So many characters before the point. */
const padPoint = (text: string, before: number): string => ' '.repeat(Math.max(0, before - text.indexOf('.'))) + text;

const isNegative = (value: number): boolean => value < 0 || Object.is(value, -0);

const signOf = (value: number, { sign }: FloatOptions): string => (isNegative(value) ? '-' : sign === '+' ? '+' : '');

const longest = (texts: readonly string[]): number => texts.reduce((most, { length }) => Math.max(most, length), 0);

/** With so many digits after the point as the longest has. */
function fixed(finite: readonly number[], bits: number, options: FloatOptions): Format {
  const { precision, floatmode } = options;
  const parts = (value: number): readonly [string, string] => {
    const [whole, fraction] = positional(digitsAfter(Math.abs(value), bits, options));
    return [signOf(value, options) + whole, floatmode === 'fixed' ? fraction.padEnd(precision, '0') : fraction];
  };
  const all = finite.map(parts);
  const after = longest(all.map(([, fraction]) => fraction));
  const fill = floatmode === 'fixed' || floatmode === 'maxprec_equal' ? '0' : ' ';
  return {
    before: longest(all.map(([whole]) => whole)),
    after,
    text: (value) => {
      const [whole, fraction] = parts(value);
      const isShort = floatmode === 'maxprec_equal' && fraction.length < after;
      const exact = isShort ? positional(roundedAt(Math.abs(value), after))[1] : fraction;
      return `${whole}.${exact.padEnd(after, fill)}`;
    },
  };
}

/** The digits of a number: as many as tell it from others, unless that is more than there shall be after the point. */
function digitsAfter(size: number, bits: number, { precision, floatmode }: FloatOptions): Decimal {
  if (floatmode === 'fixed') return roundedAt(size, precision);
  const unique = shortest(size, roundingOf(bits));
  return floatmode === 'unique' || unique.digits.length - unique.point <= precision
    ? unique
    : roundedAt(size, precision);
}

function scientific(finite: readonly number[], bits: number, options: FloatOptions): Format {
  const decimals = finite.map((value) => significant(Math.abs(value), bits, options));
  const fixedDigits = options.floatmode === 'fixed' ? options.precision : 0;
  const after = Math.max(fixedDigits, ...decimals.map(({ digits }) => Math.max(0, digits.length - 1)));
  const exponents = decimals.map(({ point }) => String(Math.abs(point - 1)));
  const exponentDigits = Math.max(2, longest(exponents));
  return {
    before: finite.some((value) => signOf(value, options) !== '') ? 2 : 1,
    after: after + exponentDigits + 2,
    text: (value) => {
      const { digits, point } = atLeast(Math.abs(value), significant(Math.abs(value), bits, options), after);
      const exponent = String(Math.abs(point - 1)).padStart(exponentDigits, '0');
      const fraction = digits.slice(1).padEnd(after, '0');
      return `${signOf(value, options)}${digits[0] ?? '0'}.${fraction}e${point < 1 ? '-' : '+'}${exponent}`;
    },
  };
}

/** The exact digits of a number where the fewest are fewer than so many after the first. */
function atLeast(size: number, fewest: Decimal, after: number): Decimal {
  return size === 0 || fewest.digits.length > after ? fewest : roundedAt(size, after + 1 - fewest.point);
}

/** As `digitsAfter`, after the first digit. */
function significant(size: number, bits: number, { precision, floatmode }: FloatOptions): Decimal {
  const unique = shortest(size, roundingOf(bits));
  if (size !== 0 && floatmode === 'fixed') return roundedAt(size, precision + 1 - unique.point);
  if (size === 0 || floatmode === 'unique' || unique.digits.length - 1 <= precision) return unique;
  const point = Math.floor(Math.log10(size)) + 1;
  // A logarithm may be off by one beside a power of ten.
  const exact = Number(`1e${unique.point}`) <= size ? unique.point + 1 : unique.point;
  return roundedAt(size, precision + 1 - (Number.isFinite(exact) ? exact : point));
}

/** One float by itself, as Python prints it: the fewest digits, with an exponent where it is very large or small. */
export function scalarText(value: number, bits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  const size = Math.abs(value);
  const decimal = shortest(size, roundingOf(bits));
  const sign = isNegative(value) ? '-' : '';
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const exponent = String(Math.abs(decimal.point - 1)).padStart(2, '0');
    const fraction = decimal.digits.length > 1 ? `.${decimal.digits.slice(1)}` : '';
    return `${sign}${decimal.digits[0]!}${fraction}e${decimal.point < 1 ? '-' : '+'}${exponent}`;
  }
  const [whole, fraction] = positional(decimal);
  return `${sign}${whole}.${fraction || '0'}`;
}
