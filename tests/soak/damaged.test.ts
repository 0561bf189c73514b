// Every byte of files in every way that a byte is damaged, of a program with reductions, attributes and roots of
// several sizes; in less time, bytes all over the files.
import { describe, expect, it } from 'vitest';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { damagesOf, faultsOfTrace } from '../trace/damage.ts';
import { traceFiles } from '../trace/damaged-programs.ts';
import { layers } from '../trace/programs.ts';
import { untilShareEnds } from './time.ts';

/**
 * Passes that take every byte together: each goes through the whole file. No divisor with the masks' and insertions'
 * turn, so that one pass has them all.
 */
const PASSES = 97;

describe('the files of a trace', () => {
  it('are never read as another trace, whatever byte is flipped, cut off or put in', async () => {
    const isOver = untilShareEnds();
    const digest = await openNodeDigest();
    const files = await traceFiles((sheet) => layers(sheet));
    for (let start = 0; start < PASSES && !isOver(); start++) {
      for (const { form, bytes, original, beside } of files) {
        const { faults, refused } = await faultsOfTrace(
          damagesOf(bytes, { stride: PASSES, start }),
          original,
          digest,
          beside,
        );
        expect([form, start, faults]).toEqual([form, start, []]);
        expect(refused).toBeGreaterThan(Math.floor(bytes.length / PASSES));
        if (isOver()) break;
      }
    }
  });
});
