// Every byte of files in every way that a byte is damaged, of a program with reductions, attributes and roots of several sizes.
import { describe, expect, it } from 'vitest';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { damagesOf, faultsOfTrace } from '../trace/damage.ts';
import { traceFiles } from '../trace/damaged-programs.ts';
import { layers } from '../trace/programs.ts';

describe('the files of a trace', () => {
  it('are never read as another trace, whatever byte is flipped, cut off or put in', async () => {
    const digest = await openNodeDigest();
    for (const { form, bytes, original, beside } of await traceFiles((sheet) => layers(sheet))) {
      const { faults, refused } = await faultsOfTrace(damagesOf(bytes), original, digest, beside);
      expect([form, faults]).toEqual([form, []]);
      expect(refused).toBeGreaterThan(bytes.length);
    }
  });
});
