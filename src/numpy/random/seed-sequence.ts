// The words that NumPy's SeedSequence makes of a seed (O'Neill 2015, seed_seq_fe), by which its bit generators start.
import { AttributeError } from '../../core/errors.ts';

/** A non-negative integer, or several. */
export type Seed = number | bigint | readonly (number | bigint)[];

const POOL_WORDS = 4;
const [INIT_A, MULTIPLY_A, INIT_B, MULTIPLY_B] = [0x43b0d7e5, 0x931e8875, 0x8b51f9dd, 0x58f38ded];
const [MIX_LEFT, MIX_RIGHT] = [0xca01f9dd, 0x4973f715];

/** The first `count` words of the sequence of a seed. */
export function seedWords(seed: Seed, count: number): Uint32Array {
  const pool = mixedPool(entropyOf(seed));
  const words = new Uint32Array(count);
  let constant = INIT_B;
  for (let i = 0; i < count; i++) {
    let value = pool[i % POOL_WORDS]! ^ constant;
    constant = Math.imul(constant, MULTIPLY_B);
    value = Math.imul(value, constant);
    words[i] = value ^ (value >>> 16);
  }
  return words;
}

/** The words of a seed, each integer's low word first. */
export function entropyOf(seed: Seed): readonly number[] {
  const integers = Array.isArray(seed) ? (seed as readonly (number | bigint)[]) : [seed as number | bigint];
  return integers.flatMap((integer) => {
    if (typeof integer === 'number' ? !Number.isInteger(integer) || integer < 0 : integer < 0n)
      throw new AttributeError(`seed: ${integer} is no seed; give integers from 0 up.`, { seed: integer });
    const words: number[] = [];
    for (let rest = BigInt(integer); rest > 0n || words.length === 0; rest >>= 32n)
      words.push(Number(BigInt.asUintN(32, rest)));
    return words;
  });
}

function mixedPool(entropy: readonly number[]): readonly number[] {
  let constant = INIT_A;
  const hashed = (word: number): number => {
    let value = word ^ constant;
    constant = Math.imul(constant, MULTIPLY_A);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const pool = Array.from({ length: POOL_WORDS }, (_, i) => hashed(entropy[i] ?? 0));
  const mix = (at: number, word: number): void => {
    const value = Math.imul(MIX_LEFT, pool[at]!) - Math.imul(MIX_RIGHT, word);
    pool[at] = value ^ (value >>> 16);
  };
  for (let from = 0; from < POOL_WORDS; from++)
    for (let to = 0; to < POOL_WORDS; to++) if (from !== to) mix(to, hashed(pool[from]!));
  for (const word of entropy.slice(POOL_WORDS)) for (let to = 0; to < POOL_WORDS; to++) mix(to, hashed(word));
  return pool;
}
