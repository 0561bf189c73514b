// The core in a browser: bundled without Node, run in headless Chromium on loopback pages of several kinds, with the
// bits Node gives.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { loadTrace, replayTrace, SymbolicSheet } from '../../src/index.ts';
import type { Found, Paced } from './browser-page.ts';
import { type Bundle, bundle, call, launch, serve, type Site, type SiteOptions, visit } from './browser-site.ts';
import { longWork, type Outcome, program } from './program.ts';

/** A name of this machine that no browser takes for a secure one. */
const INSECURE = 'insecure.test';
const KERNELS = /^(src\/core\/device\/(wasm|js|webgpu\/|tensorflow\/)|src\/host\/gpu-adapter|kernels\/(wasm|wgsl)\/)/;
/** A few frames: a turn, a piece of work that began within it, and what else the browser does. */
const LONGEST_GAP_MS = 60;
const NOT_ISOLATED =
  'SIMD kernels, 1 thread: the page is not cross-origin isolated; for more, serve it with the headers ' +
  'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';

let inNode: Promise<string[]> | undefined;

/** Content ids of the long work in Node, computed once. */
function idsOfLongWork(): Promise<string[]> {
  inNode ??= (async () => {
    const sheet = await SymbolicSheet.open({ class: 'exact', devices: ['wasm', 'js'] });
    const ids: string[] = [];
    for (const result of longWork(sheet).results) ids.push(await result.fingerprint());
    await sheet.close();
    return ids;
  })();
  return inNode;
}

describe('the browser bundle', () => {
  let bundled: Bundle;
  let browser: Browser | string;
  const sites: Site[] = [];

  beforeAll(async () => {
    [bundled, browser] = await Promise.all([
      bundle('tests/package/browser-page.ts'),
      launch([`--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`]),
    ]);
  }, 120_000);

  afterAll(async () => {
    if (typeof browser !== 'string') await browser.close();
    await Promise.all(sites.map((site) => site.close()));
  });

  /** A page served in its own way; the test is skipped where Chromium does not start. */
  async function visited(
    context: TestContext,
    options: SiteOptions,
    others: Parameters<typeof visit>[2] = {},
  ): Promise<Page> {
    if (typeof browser === 'string') return context.skip(browser);
    const site = await serve(bundled, options);
    sites.push(site);
    return visit(browser, site, others);
  }

  const sourcesOf = (files: Iterable<string>): string[] =>
    [...files].flatMap((file) => bundled.sources.get(file) ?? []);
  const reportOf = ({ reports }: Found, name: string) => reports.find((report) => report.name === name);

  it('imports nothing of Node', () => {
    expect(
      [...bundled.files].filter(([, text]) => /(from|import|require\()\s*"node:/.test(text)).map(([name]) => name),
    ).toEqual([]);
  });

  it('keeps devices, and what only an open sheet needs, out of what is loaded at once', () => {
    const [atOnce, all] = [sourcesOf(bundled.atOnce), sourcesOf(bundled.files.keys())];
    for (const file of [
      'src/core/device/wasm/device.ts',
      'src/core/device/webgpu/device.ts',
      'src/core/device/tensorflow/open.ts',
      'src/core/engine/engine.ts',
    ])
      expect(all).toContain(file);
    expect(atOnce.filter((file) => KERNELS.test(file) || file === 'src/core/engine/engine.ts')).toEqual([]);
  });

  it.for([
    ['shares memory between threads', true],
    ['does not', false],
  ] as const)(
    'gives the bits of Node on WASM where a page %s, and computes nothing twice',
    async ([_page, isolated], context) => {
      const page = await visited(context, { isolated });
      const [inBrowser, inNode] = [await call<[], Outcome>(page, 'outcome'), await program(SymbolicSheet)];
      expect(inBrowser.ids).toEqual(inNode.ids);
      expect(inBrowser.devices).toEqual(['js', 'wasm']);
      expect(inBrowser.again).toBe(0);
      expect((await call<[], Found>(page, 'open')).sharesMemory).toBe(isolated);
    },
  );

  it('offers its trace as a file, that Node replays to the same bits', async (context) => {
    const page = await visited(context, {});
    const { text, refusal } = await call<[], { text: string; refusal: string }>(page, 'traced');
    expect(await replayTrace(await loadTrace(new TextEncoder().encode(text)))).toMatchObject({ compared: 1, equal: 1 });
    expect(refusal).toMatch(/browser has no files; take sheet\.trace\.bytes\(\)/);
  });

  // Where the machine is busy with other things a timer waits for them: the least of some tries counts.
  it.for([
    ['shares memory between threads, on several', { isolated: true }, 2, 'SIMD kernels, 2 threads'],
    ['shares memory between threads, on one', { isolated: true }, 1, 'SIMD kernels, 1 thread: as asked for'],
    ['does not share memory, on one', { isolated: false }, 3, NOT_ISOLATED],
  ] as const)(
    'computes what takes long without stopping a page that %s, with the bits of Node',
    async ([_page, options, threads, detail], context) => {
      const page = await visited(context, options);
      const gapsMs = [Infinity, Infinity, Infinity];
      for (let tries = 0; tries < 8 && Math.max(...gapsMs) > LONGEST_GAP_MS; tries++) {
        const paced = await call<[number], Paced>(page, 'pace', threads);
        paced.gapsMs.forEach((gap, i) => {
          gapsMs[i] = Math.min(gap, gapsMs[i]!);
        });
        expect(paced).toMatchObject({ ids: await idsOfLongWork(), detail });
        expect(paced.jobsOfWorkers > 0).toBe(detail === 'SIMD kernels, 2 threads');
      }
      expect(Math.max(...gapsMs)).toBeLessThanOrEqual(LONGEST_GAP_MS);
    },
  );

  it(
    'uses a thread for each core where a page may start workers, and says why it has one where a content security ' +
      'policy forbids them',
    async (context) => {
      const policy = (sources: string): SiteOptions => ({
        headers: { 'content-security-policy': `script-src 'self' 'wasm-unsafe-eval'${sources}` },
      });
      const allowed = await visited(context, policy('; worker-src blob:'));
      const cores = await allowed.evaluate(() => navigator.hardwareConcurrency);
      expect(reportOf(await call<[], Found>(allowed, 'open'), 'wasm')?.detail).toBe(
        cores === 1 ? 'SIMD kernels, 1 thread: there is one core' : `SIMD kernels, ${cores} threads`,
      );
      const paced = await call<[number], Paced>(await visited(context, policy('')), 'pace', 3);
      expect(paced).toMatchObject({ ids: await idsOfLongWork(), jobsOfWorkers: 0 });
      expect(paced.detail).toBe(
        'SIMD kernels, 1 thread: workers are refused here; for more, add "worker-src blob:" to the content ' +
          'security policy of the page',
      );
    },
  );

  it('says what a GPU would need where none answers, and loads no code for one', async (context) => {
    const requested: string[] = [];
    const found = await call<[], Found>(await visited(context, {}, { requested }), 'open');
    expect(reportOf(found, 'webgpu')).toEqual({
      name: 'webgpu',
      found: false,
      detail: 'no GPU answered; allow hardware acceleration in the browser',
    });
    expect(found.sum).toBe(6.5);
    const sources = sourcesOf(requested);
    expect(sources).toContain('src/core/device/wasm/device.ts');
    expect(sources.filter((file) => /webgpu|wgsl|tensorflow\//.test(file))).toEqual([]);
  });

  it('says that WebGPU needs a secure page on one that is not', async (context) => {
    const found = await call<[], Found>(await visited(context, { isolated: false }, { host: INSECURE }), 'open');
    expect(reportOf(found, 'webgpu')?.detail).toBe(
      'this browser has no WebGPU here; use a recent one, on a secure page (https or localhost)',
    );
    expect([found.sum, found.sharesMemory]).toEqual([6.5, false]);
  });

  it('computes in JavaScript where WebAssembly has no SIMD', async (context) => {
    const page = await visited(context, {});
    const found = await call<[], Found>(page, 'openWithoutSimd');
    expect(found.reports.filter((report) => report.found).map(({ name }) => name)).toEqual(['js']);
    expect(reportOf(found, 'wasm')?.detail).toBe(
      'WebAssembly has no SIMD here; use a recent browser; js gives the same results, slower',
    );
    expect(found.sum).toBe(6.5);
    expect(reportOf(await call<[], Found>(page, 'open'), 'wasm')?.found).toBe(true);
  });

  it(
    'opens under a content security policy that allows WebAssembly, and computes in JavaScript under one that does ' +
      'not, saying what to allow',
    async (context) => {
      const policy = (sources: string): SiteOptions => ({
        headers: { 'content-security-policy': `script-src ${sources}` },
      });
      expect((await call<[], Found>(await visited(context, policy("'self' 'wasm-unsafe-eval'")), 'open')).sum).toBe(
        6.5,
      );
      const refused = await visited(context, policy("'self'"));
      const found = await call<[], Found>(refused, 'open');
      expect(found.sum).toBe(6.5);
      expect(found.reports.filter((report) => report.found).map(({ name }) => name)).toEqual(['js']);
      expect(reportOf(found, 'wasm')?.detail).toMatch(
        new RegExp(
          /^compiling WebAssembly is refused \(CompileError: .*\); allow 'wasm-unsafe-eval' for /.source +
            /scripts in the content security policy of the page; js gives the same results, slower$/.source,
        ),
      );
      expect((await call<[], Outcome>(refused, 'outcome')).ids).toEqual((await program(SymbolicSheet)).ids);
    },
  );
});
