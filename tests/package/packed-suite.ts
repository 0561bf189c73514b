// What a suite of packed programs needs: the package, packed once, a browser or why there is none, and the key that
// Node gives.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { launch } from './browser-site.ts';
import { IMPORTED } from './bundlers.ts';
import { pack, type Packed, place, shell } from './packed.ts';

/** Filled before the first test of the suite. */
export interface PackedSuite {
  packed: Packed;
  browser: Browser | string;
  expected: string;
}

/** Packs the package before a suite, and clears up after it. */
export function packedSuite(): PackedSuite {
  const suite = {} as PackedSuite;
  beforeAll(async () => {
    suite.packed = pack();
    suite.browser = await launch();
    suite.expected = shell('node app.mjs', place(suite.packed, 'expected', IMPORTED)).trim();
    expect(suite.expected).toMatch(/^sheet [0-9a-f]{64}$/);
  }, 300_000);
  afterAll(async () => {
    if (typeof suite.browser !== 'string') await suite.browser.close();
    suite.packed.remove();
  }, 300_000);
  return suite;
}
