// What parsers are given that no writer wrote: every byte damaged, and random input of three kinds. Whatever it is,
// they answer with a typed error or with something that is read.
import fc from 'fast-check';
import { expect } from 'vitest';
import { extent } from '../run/extent.ts';
import { damagesOf, faultOfError, type Sampling } from '../trace/damage.ts';

interface Outcomes {
  readonly refused: number;
  readonly read: number;
}

type Read<T> = (bytes: Uint8Array) => T;

/** Reads one input; says whether it was refused. Anything but a typed error with its reason fails the test. */
function isRefused<T>(how: string, bytes: Uint8Array, read: Read<T>, check: (found: T, how: string) => void): boolean {
  let found: T;
  try {
    found = read(bytes);
  } catch (error) {
    // Asserting costs far more than reading.
    const fault = faultOfError(error);
    if (fault !== undefined) expect([how, fault]).toEqual([how, undefined]);
    return true;
  }
  check(found, how);
  return false;
}

/** Every byte of a file flipped by four masks, cut off, and with bytes put before it. */
export function outcomesOf<T>(
  file: Uint8Array,
  read: Read<T>,
  check: (found: T, how: string) => void,
  sampling: Sampling = {},
): Outcomes {
  let [refused, sound] = [0, 0];
  for (const { how, bytes } of damagesOf(file, sampling)) {
    if (isRefused(how, bytes, read, check)) refused++;
    else sound++;
  }
  return { refused, read: sound };
}

/** Inputs of each kind that are tried. */
const RUNS = extent(100, 10_000);

/** Bytes with a few changes: flips, cuts, pieces moved, doubled or put in the place of others. */
const mutated = (file: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const place = fc.nat(file.length);
  const change = fc.record({
    kind: fc.constantFrom('flip', 'cut', 'double', 'move', 'zero', 'insert'),
    at: place,
    to: place,
    length: fc.nat(64),
    bytes: fc.uint8Array({ maxLength: 12 }),
  });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let bytes = Array.from(file);
    for (const { kind, at, to, length, bytes: put } of changes) {
      const piece = bytes.slice(at, at + length);
      if (kind === 'flip') bytes[at % Math.max(1, bytes.length)]! ^= 1 + (length % 255);
      else if (kind === 'cut') bytes = bytes.slice(0, at);
      else if (kind === 'double') bytes.splice(to, 0, ...piece);
      else if (kind === 'move') bytes.splice(to, 0, ...bytes.splice(at, length));
      else if (kind === 'zero') bytes.fill(0, at, at + length);
      else bytes.splice(to, 0, ...put);
    }
    return Uint8Array.from(bytes);
  });
};

/**
 * Random bytes, random files of the grammar and changed sound files, each a sample here and ten thousand in the soak.
 * Answers how many of the whole were read.
 */
export function fuzzed<T>(
  read: Read<T>,
  { grammar, sound }: { readonly grammar: fc.Arbitrary<Uint8Array>; readonly sound: readonly Uint8Array[] },
  check: (found: T, how: string) => void = () => undefined,
): number {
  let count = 0;
  const kinds = {
    raw: fc.uint8Array({ maxLength: 512 }),
    grammar,
    mutated: fc.constantFrom(...sound).chain(mutated),
  };
  for (const [kind, inputs] of Object.entries(kinds)) {
    const property = fc.property(inputs, (bytes) => {
      if (!isRefused(kind, bytes, read, check)) count++;
    });
    fc.assert(property, { seed: 21, numRuns: RUNS });
  }
  return count;
}
