// The packed package in programs that are built and run with the bundlers of this repository: each gives the key that Node gives.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch } from './browser-site.ts';
import { IMPORTED, QUICK } from './bundlers.ts';
import { outcomeOf } from './outcome.ts';
import { pack, type Packed, place, shell } from './packed.ts';

const NEIGHBOURS = ['esbuild', 'rolldown', 'vite', 'tsx', '.bin'];

describe('the packed package, built and run with', () => {
  let packed: Packed;
  let browser: Browser | string;
  let expected: string;

  beforeAll(async () => {
    packed = pack();
    browser = await launch();
    expected = shell('node app.mjs', place(packed, 'expected', IMPORTED)).trim();
    expect(expected).toMatch(/^sheet [0-9a-f]{64}$/);
  }, 300_000);

  afterAll(async () => {
    if (typeof browser !== 'string') await browser.close();
    packed.remove();
  }, 60_000);

  it.for(QUICK)('$name, gives the key of Node', async (row, context) => {
    if (typeof row.run !== 'string' && typeof browser === 'string') return context.skip(browser);
    const home = place(packed, row.name.replaceAll(/[^a-z0-9]+/g, '-'), row.files, NEIGHBOURS);
    expect(await outcomeOf(row, home, browser)).toBe(expected);
  });
});
