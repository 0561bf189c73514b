// WebGPU in a browser: sheets and kernels in headless Chromium, on its software adapter, compared with JavaScript and
// with Node.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import type { DeviceReport } from '../../src/core/device/device.ts';
import { type DType, DTYPES } from '../../src/core/tensor/dtype.ts';
import { extent } from '../run/extent.ts';
import { bundle, call, launch, serve, type Site, visit, WEBGPU } from '../package/browser-site.ts';
import { inPage } from './browser-bundle.ts';
import { EXACT_CASES } from './browser-cases.ts';
import type { Compared, Identified, lose, readbacks } from './browser-page.ts';
import type { TestOutcome } from './browser-vitest.ts';

/**
 * Without it kernels with workgroup memory compile ten times slower on the software adapter; they write it before they
 * read it.
 */
const QUICK = '--enable-dawn-features=disable_workgroup_init';
/** As browsers are that have no immediates yet: parameters go into uniforms. */
const NO_IMMEDIATES = '--disable-dawn-features=allow_unsafe_apis';

/** Browsers by their switches: suites with the same ones share a browser. */
const browsers = new Map<string, Promise<Browser | string>>();
afterAll(async () => {
  for (const opened of browsers.values()) {
    const browser = await opened;
    if (typeof browser !== 'string') await browser.close();
  }
});

function browserWith(switches: readonly string[]): Promise<Browser | string> {
  const key = switches.join(' ');
  const opened = browsers.get(key) ?? launch([...WEBGPU, ...switches]);
  browsers.set(key, opened);
  return opened;
}

/** Opens a page for the tests of a suite; they are skipped where Chromium does not start. */
function inChromium(entry: string, switches: readonly string[]): (context: TestContext) => Page {
  let browser: Browser | string;
  let site: Site;
  let page: Page;
  beforeAll(async () => {
    browser = await browserWith(switches);
    if (typeof browser === 'string') return;
    site = await serve(await bundle(entry, [inPage]));
    page = await visit(browser, site);
  }, 60_000);
  afterAll(async () => {
    if (typeof browser === 'string') return;
    await page.close();
    await site.close();
  });
  return (context) => (typeof browser === 'string' ? context.skip(browser) : page);
}

const wrong = (compared: readonly Compared[]): Compared[] =>
  compared.filter(({ error, bound, devices }) => !(error <= bound) || devices.join() !== 'webgpu');

describe('a sheet in a browser with WebGPU', () => {
  const open = inChromium('tests/gpu/browser-page.ts', [QUICK]);

  it('finds the adapter, says that it is software, and does not use it unasked', async (context) => {
    const page = open(context);
    const { reports } = await call<[], { reports: readonly DeviceReport[] }>(page, 'devices');
    expect(reports.filter(({ found }) => found).map(({ name }) => name)).toEqual(['js', 'wasm', 'webgpu']);
    expect(reports.find(({ name }) => name === 'webgpu')?.detail).toBe(
      'google swiftshader (software: used only where it is asked for by name)',
    );
    expect(await call<[], string[]>(page, 'unasked')).not.toContain('webgpu');
  });

  it('computes layers, reductions, integers, masks and movement within the bounds of their rows', async (context) => {
    const compared = await call<[], Compared[]>(open(context), 'compare');
    expect(compared.length).toBeGreaterThanOrEqual(30);
    expect(wrong(compared)).toEqual([]);
    expect(compared.filter(({ bound }) => bound === 0).length).toBeGreaterThan(10);
  });

  it('gives the content ids of Node', async (context) => {
    const identified = await call<[], Identified[]>(open(context), 'identify');
    const sheet = await SymbolicSheet.open({ devices: ['js'] });
    for (const { name, id, shape, dtype, elements } of identified)
      expect(id, name).toBe(
        await sheet
          .tensor(new DTYPES[dtype as DType].array(elements as never), shape, { dtype: dtype as DType })
          .fingerprint(),
      );
    const exact = Object.values(EXACT_CASES).flatMap((make) => make(sheet));
    expect(identified.slice(-exact.length).map(({ id }) => id)).toEqual(
      await Promise.all(exact.map((tensor) => tensor.fingerprint())),
    );
    await sheet.close();
  });

  it('leaves results on the device until they are read, and reads them once', async (context) => {
    const { sizeBytes, read } = await call<[], Awaited<ReturnType<typeof readbacks>>>(open(context), 'readbacks');
    const [computing, reading, again] = read as [number, number, number];
    expect(computing).toBeLessThan(sizeBytes / 64);
    expect(reading).toBeGreaterThanOrEqual(sizeBytes);
    expect(reading).toBeLessThan(2 * sizeBytes);
    expect(again).toBe(0);
  });

  it('computes again what was on a device that was destroyed, and goes on with another', async (context) => {
    const { errors, after, warnings } = await call<[], Awaited<ReturnType<typeof lose>>>(open(context), 'lose');
    expect(Math.max(...errors)).toBeLessThan(1e-5);
    expect(after).toEqual(['webgpu']);
    expect(warnings.filter((line) => line.includes('the device was lost')).length).toBe(2);
  });
});

describe('a browser without immediates', () => {
  const open = inChromium('tests/gpu/browser-page.ts', [QUICK, NO_IMMEDIATES]);

  it('passes parameters in uniforms, with the same results', async (context) => {
    const page = open(context);
    expect((await call<[], { maxImmediateSize: number }>(page, 'devices')).maxImmediateSize).toBe(0);
    expect(wrong(await call<[], Compared[]>(page, 'compare'))).toEqual([]);
  });
});

describe('the tests of kernels hold in a browser', () => {
  const open = inChromium('tests/gpu/browser-kernels.ts', [QUICK]);

  /**
   * Files with the tests that are run, and how many there are at least. Of the rows a fifth, every kind of kernel among
   * them: each compiles its own.
   */
  const FILES: readonly (readonly [file: string, pattern: string, least: number])[] = [
    [
      'ops',
      extent('^(the WebGPU device ([mt]\\w+|softmax) has|a row says)', '^(the WebGPU device \\w+ has|a row says)'),
      16,
    ],
    ['rows', '', 8],
    ['scan', '', 9],
    ['gather', '', 30],
    ['random', '', 10],
    ['map', '^(operands (of other|may be|that are NaN)|functions|casts)', 12],
    ['reduce', '^(float32 (sum|logsumexp|argmax):|integers int8|a prologue)', 6],
    ['contract', 'gaps|carries NaN', 2],
  ];

  it.for(FILES)('those of %s', async ([file, pattern, least], context) => {
    const outcomes = await call<[string, string], TestOutcome[]>(open(context), 'runTests', file, pattern);
    expect(outcomes.filter(({ errors }) => errors.length > 0)).toEqual([]);
    expect(outcomes.filter(({ ran }) => ran).length).toBeGreaterThanOrEqual(least);
  });
});
