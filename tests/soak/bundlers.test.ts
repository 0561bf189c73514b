// The packed package with bundlers, test runners and hosts that are installed for it from the registry, old versions
// beside new: each gives the key that Node gives.
import { describe, expect, it } from 'vitest';
import { SLOW } from '../package/bundlers.ts';
import { outcomeOf } from '../package/outcome.ts';
import { packedSuite } from '../package/packed-suite.ts';
import { install } from '../package/packed.ts';
import { untilShareEnds } from './time.ts';

describe('the packed package, built and run with', () => {
  const suite = packedSuite();
  const isOver = untilShareEnds();
  it.for(SLOW)('$name, gives the key of Node', async (row, context) => {
    const { packed, browser, expected } = suite;
    if (isOver()) return context.skip('the minutes that were given are over');
    if (typeof row.run !== 'string' && typeof browser === 'string') return context.skip(browser);
    const installed = install(packed, row.files, row.packages ?? []);
    if ('refusal' in installed) return context.skip(installed.refusal);
    expect(await outcomeOf(row, installed.home, browser)).toBe(expected);
  });
});
