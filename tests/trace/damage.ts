// What happens to files: bytes flipped, cut off and put in. And what a reader may make of it.
import { isDeepStrictEqual } from 'node:util';
import { SheetError } from '../../src/core/errors.ts';
import type { Files } from '../../src/core/env.ts';
import type { Digest } from '../../src/core/fingerprint/digest.ts';
import { loadTraceFile } from '../../src/core/trace/load.ts';
import type { Trace } from '../../src/core/trace/trace.ts';

export interface Damaged {
  readonly how: string;
  /** Where it begins. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** How many of all damages: by default all. A stride has no divisor with 4 and 6, or some are never taken. */
export interface Sampling {
  readonly stride?: number;
  /** The first byte that is taken. */
  readonly start?: number;
  readonly masks?: number;
  readonly inserts?: number;
}

const MASKS = [0x01, 0x20, 0x80, 0xff] as const;
const INSERTED = [0x00, 0x20, 0x30, 0x22, 0x5d, 0xff] as const;

/**
 * Of every `stride` bytes one, from `start` on: flipped by `masks` masks, cut off with all that follows, and with
 * `inserts` bytes put before it.
 */
export function* damagesOf(
  bytes: Uint8Array,
  { stride = 1, start = 0, masks = 4, inserts = 6 }: Sampling = {},
): Generator<Damaged> {
  for (let at = start; at < bytes.length; at += stride) {
    for (let i = 0; i < masks; i++) {
      const mask = MASKS[(at + i) % MASKS.length] as number;
      const flipped = bytes.slice();
      flipped[at] = bytes[at]! ^ mask;
      yield { how: `byte ${at} flipped by ${mask}`, at, bytes: flipped };
    }
    yield { how: `cut to ${at} bytes`, at, bytes: bytes.slice(0, at) };
    for (let i = 0; i < inserts; i++) {
      const byte = INSERTED[(at + i) % INSERTED.length] as number;
      yield {
        how: `${byte} put in at ${at}`,
        at,
        bytes: Uint8Array.of(...bytes.subarray(0, at), byte, ...bytes.subarray(at)),
      };
    }
  }
}

/**
 * What is wrong with an error of a reader; nothing where it is typed and, being one of the format, says the reason by
 * its code.
 */
export function faultOfError(error: unknown): string | undefined {
  if (!(error instanceof SheetError)) return `raw ${String(error)}`;
  return error.code === 'FORMAT' && typeof error.details['code'] !== 'string'
    ? `no details.code: ${error.message}`
    : undefined;
}

const isPrefix = (part: readonly unknown[], whole: readonly unknown[]): boolean =>
  isDeepStrictEqual(part, whole.slice(0, part.length));

/** What a damaged trace that was read differs in from the original without saying so. */
function faultOfTrace(read: Trace, original: Trace): string | undefined {
  if (read.damage === undefined) return isDeepStrictEqual(read, original) ? undefined : 'silently differs';
  if (read.damage.code === '' || read.damage.message === '') return 'damage that says nothing';
  if (!isPrefix(read.events, original.events)) return 'events that are no prefix';
  if (!isPrefix(read.annotations, original.annotations)) return 'annotations that are no prefix';
  return read.roots.every(
    (root) => root.bytes === undefined || original.roots.some((sound) => isDeepStrictEqual(root, sound)),
  )
    ? undefined
    : 'a root of other content';
}

/**
 * Loads every damaged form of a trace's file, strictly and for its prefix; gives the faults found, and how many loads
 * were refused.
 */
export async function faultsOfTrace(
  damages: Iterable<Damaged>,
  original: Trace,
  digest: Digest,
  beside: Files['read'],
): Promise<{ readonly faults: readonly string[]; readonly refused: number }> {
  const faults: string[] = [];
  let refused = 0;
  for (const { how, bytes } of damages) {
    const files = {
      read: (path: string) => (path === 'run' ? Promise.resolve(bytes) : beside(path)),
      write: () => Promise.reject(new Error('a reader writes nothing')),
    } as unknown as Files;
    for (const damaged of ['refuse', 'prefix'] as const) {
      try {
        const fault = faultOfTrace(await loadTraceFile('run', { digest, files }, { damaged }), original);
        if (fault !== undefined) faults.push(`${how} (${damaged}): ${fault}`);
      } catch (error) {
        refused++;
        const fault = faultOfError(error);
        if (fault !== undefined) faults.push(`${how} (${damaged}): ${fault}`);
      }
    }
  }
  return { faults, refused };
}
