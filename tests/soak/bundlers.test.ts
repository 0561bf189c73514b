// The packed package with bundlers, test runners and hosts that are installed for it from the registry, old versions beside new: each gives the key that Node gives.
import { rmSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch } from '../package/browser-site.ts';
import { IMPORTED, SLOW } from '../package/bundlers.ts';
import { outcomeOf } from '../package/outcome.ts';
import { untilShareEnds } from './time.ts';
import { install, pack, type Packed, place, shell } from '../package/packed.ts';

describe('the packed package, built and run with', () => {
  let packed: Packed;
  let browser: Browser | string;
  let expected: string;

  beforeAll(async () => {
    packed = pack();
    browser = await launch();
    expected = shell('node app.mjs', place(packed, 'expected', IMPORTED)).trim();
  }, 300_000);

  afterAll(async () => {
    if (typeof browser !== 'string') await browser.close();
    packed.remove();
  }, 60_000);

  const isOver = untilShareEnds();
  it.for(SLOW)('$name, gives the key of Node', async (row, context) => {
    if (isOver()) return context.skip('the minutes that were given are over');
    if (typeof row.run !== 'string' && typeof browser === 'string') return context.skip(browser);
    const installed = install(packed, row.name.replaceAll(/[^a-z0-9]+/g, '-'), row.files, row.packages ?? []);
    if ('refusal' in installed) return context.skip(installed.refusal);
    expect(await outcomeOf(row, installed.home, browser)).toBe(expected);
    rmSync(installed.home, { recursive: true });
  });
});
