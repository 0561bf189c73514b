// What a command line asks of a bench, read: numbers where numbers are meant, names among those there are. Errors are
// one line that says what to give.
import type { BenchOptions } from '../report/report.ts';

type Values = BenchOptions['values'];

/** The numbers of `--name 1,2,3`, none below `least`; undefined where it was not given. Throws RangeError. */
export function numbersOf(values: Values, name: string, least = 1): readonly number[] | undefined {
  const text = values[name];
  const numbers = text?.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
  if (numbers?.every((number) => Number.isFinite(number) && number >= least) === false)
    throw new RangeError(
      `--${name} ${text}: give numbers of at least ${least}, such as --${name} ${least},${least + 63}`,
    );
  return numbers;
}

/** The number of `--name 1`, not below `least`. Throws RangeError. */
export function numberOf(values: Values, name: string, least = 1): number | undefined {
  const numbers = numbersOf(values, name, least);
  if (numbers !== undefined && numbers.length > 1) throw new RangeError(`--${name} ${values[name]}: give one number`);
  return numbers?.[0];
}

/** The words of `--name one,other`, all of them among `known`. Throws RangeError. */
export function wordsOf<T extends string>(values: Values, name: string, known: readonly T[]): readonly T[] | undefined {
  const words = values[name]?.split(',') as T[] | undefined;
  const unknown = words?.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new RangeError(`--${name} ${unknown}: give one or some of ${known.join(', ')}`);
  return words;
}
