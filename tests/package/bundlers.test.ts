// The packed package in programs that are built and run with the bundlers of this repository: each gives the key that
// Node gives.
import { describe, expect, it } from 'vitest';
import { extent } from '../run/extent.ts';
import { MORE, QUICK, type Row } from './bundlers.ts';
import { outcomeOf } from './outcome.ts';
import { packedSuite } from './packed-suite.ts';
import { place } from './packed.ts';

const NEIGHBOURS = ['esbuild', 'rolldown', 'vite', 'tsx', '.bin'];

describe('the packed package, built and run with', () => {
  const suite = packedSuite();

  it.for(extent<readonly Row[]>(QUICK, [...QUICK, ...MORE]))('$name, gives the key of Node', async (row, context) => {
    const { packed, browser, expected } = suite;
    if (typeof row.run !== 'string' && typeof browser === 'string') return context.skip(browser);
    const home = place(packed, row.name.replaceAll(/[^a-z0-9]+/g, '-'), row.files, NEIGHBOURS);
    expect(await outcomeOf(row, home, browser)).toBe(expected);
  });
});
