// The core in a browser: bundled without Node, run in headless Chromium on a loopback page, with the bits Node gives.
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import chromium from '@sparticuz/chromium';
import { build } from 'esbuild';
import { type Browser, chromium as launcher } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { type Outcome, program } from './program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function bundle(): Promise<Map<string, string>> {
  const built = await build({
    stdin: { contents: `import { SymbolicSheet } from './src/browser.ts';\nimport { program } from './tests/package/program.ts';\nglobalThis.outcome = program(SymbolicSheet);`, resolveDir: ROOT, sourcefile: 'page.js' },
    bundle: true, splitting: true, minify: true, platform: 'browser', format: 'esm', outdir: '/out', entryNames: 'page', write: false, logLevel: 'error',
  });
  return new Map(built.outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf('/')), text]));
}

function serve(files: ReadonlyMap<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
    const file = files.get(request.url ?? '');
    if (file !== undefined) response.writeHead(200, { ...headers, 'content-type': 'text/javascript' }).end(file);
    else response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end('<!doctype html><script type="module" src="/page.js"></script>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

describe('the browser bundle', () => {
  let files: Map<string, string>;
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    files = await bundle();
    server = await serve(files);
    browser = await launcher.launch({ executablePath: await chromium.executablePath(), args: [...chromium.args, '--no-sandbox'], headless: true });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('imports nothing of Node', () => {
    expect([...files].filter(([, text]) => /(from|import|require\()\s*"node:/.test(text)).map(([name]) => name)).toEqual([]);
  });

  it('gives the bits of Node, on WASM, and computes nothing twice', async () => {
    const page = await browser.newPage();
    const address = server.address();
    await page.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
    const inBrowser = await page.evaluate(() => (globalThis as unknown as { outcome: Promise<unknown> }).outcome) as Outcome;
    const inNode = await program(SymbolicSheet);
    expect(inBrowser.ids).toEqual(inNode.ids);
    expect(inBrowser.devices).toEqual(['js', 'wasm']);
    expect(inBrowser.again).toBe(0);
  });
});
