// NumPy's streams of random numbers against what NumPy drew (scripts/make-numpy-random-answers.py): the same bits.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SheetError } from '../../src/index.ts';
import type { IntegerDType } from '../../src/numpy/random/bounded.ts';
import { Generator } from '../../src/numpy/random/generator.ts';
import { Mt19937 } from '../../src/numpy/random/mt19937.ts';
import { mt19937, pcg64 } from '../../src/numpy/random/streams.ts';

type Stored = readonly (string | number)[] | { readonly first: readonly (string | number)[]; readonly sha256: string };
type Method = (...args: readonly unknown[]) => ArrayLike<number | bigint> & ArrayBufferView;

interface Stream {
  readonly seed: string | readonly string[];
  readonly calls: readonly (readonly [method: string, args: readonly unknown[], values: Stored])[];
}

const ANSWERS = JSON.parse(readFileSync(new URL('random-answers.json', import.meta.url), 'utf8')) as Readonly<
  Record<'pcg64' | 'mt19937' | 'sequenced', readonly Stream[]>
>;
const START = { pcg64, mt19937, sequenced: (seed: bigint | bigint[]) => new Generator(Mt19937.sequenced(seed)) };

/** Draws that take logarithms: the C library's, of which one in a thousand is not the nearest number. */
const ROUNDED: ReadonlySet<string> = new Set(['randn', 'normal', 'exponential', 'standardExponential']);

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Arguments with integers as they were stored, as texts; parameters of distributions are asked for, draw by draw. */
const read = (name: string, args: readonly unknown[]): unknown[] =>
  args.map((arg, i) =>
    name === 'distributed' && i === 2 ? () => arg : typeof arg === 'string' && /^-?\d+$/.test(arg) ? BigInt(arg) : arg,
  );

function expectStored(name: string, got: ArrayLike<number | bigint> & ArrayBufferView, stored: Stored): void {
  const values = Array.from(got, (value) => (typeof value === 'bigint' ? value : Number(value)));
  const wanted = 'first' in stored ? stored.first : stored;
  values.length = wanted.length;
  wanted.forEach((value, i) => {
    const near = typeof value === 'number' && ROUNDED.has(name) ? Math.abs(value) * 2 ** -51 : 0;
    if (near > 0) expect(Math.abs((values[i] as number) - (value as number)), name).toBeLessThanOrEqual(near);
    else expect(String(values[i]), `${name} [${i}]`).toBe(String(value));
  });
  if ('sha256' in stored) expect(createHash('sha256').update(bytesOf(got)).digest('hex'), name).toBe(stored.sha256);
  else expect(got.length, name).toBe(stored.length);
}

describe.each(['pcg64', 'mt19937', 'sequenced'] as const)('the stream %s', (kind) => {
  it.each(ANSWERS[kind])('of seed $seed gives what NumPy draws, call after call', ({ seed, calls }) => {
    const start = START[kind] as (seed: bigint | bigint[]) => object;
    const stream = start(Array.isArray(seed) ? seed.map(BigInt) : BigInt(seed as string));
    for (const [name, args, stored] of calls) {
      const method = (stream as Readonly<Record<string, Method>>)[name]!;
      expectStored(name, method.apply(stream, read(name, args)), stored);
    }
  });
});

it('an array is shuffled in place as the permutation of its places', () => {
  const letters = 'abcdefghij'.split('');
  pcg64(5).shuffle(letters);
  expect(letters.join('')).toBe(Array.from(pcg64(5).permutation(10), (i) => 'abcdefghij'[Number(i)]).join(''));
});

it('what cannot be drawn is refused with its values', () => {
  const refused = (draw: () => unknown, message: string): void => {
    expect(draw).toThrow(SheetError);
    expect(draw).toThrow(message);
  };
  refused(() => pcg64(-1), 'seed: -1 is no seed; give integers from 0 up.');
  refused(() => mt19937(2 ** 32), 'seed: 4294967296 has more than 32 bits');
  refused(() => pcg64(0).integers(3, 3, 1, 'int64'), 'integers: there are none of int64 from 3 to 2');
  refused(() => mt19937(0).randint(0, 300, 1, 'uint8' satisfies IntegerDType), 'give bounds within 0 to 255');
  refused(() => pcg64(0).choice(3, 4, { replace: false }), 'there are 3 elements, not 4 different ones');
  refused(() => pcg64(0).choice(2, 1, { p: [0.5, 0.4] }), 'p sums to 0.9');
  refused(() => pcg64(0).choice(2, 1, { p: [1] }), 'p has 1 probabilities for 2 elements');
  refused(() => pcg64(0).choice(3, 2, { p: [1, 0, 0], replace: false }), 'p allows 1 different elements, not 2');
});
