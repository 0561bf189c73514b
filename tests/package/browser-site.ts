// A page on the loopback interface: modules bundled without Node, served by a server of its own, opened in headless
// Chromium.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import chromium from '@sparticuz/chromium';
import { build, type Metafile, type Plugin } from 'esbuild';
import { type Browser, chromium as launcher, type Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '../..');
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const HTML = '<!doctype html><title>sheet</title><script src="/load.js"></script>';
/** A file, so that a content security policy may forbid scripts in the page. */
const LOAD = 'globalThis.page = import("/page.js");';

/** Switches of Chromium that give a page WebGPU on a software adapter; without them it has none here. */
export const WEBGPU: readonly string[] = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** A module and what it imports, as a page loads them. */
export interface Bundle {
  /** Texts by the paths they are served at; `/page.js` is the module. */
  readonly files: ReadonlyMap<string, string>;
  /** Sources by the path they are in, relative to the repository. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  /** What is loaded with the module, before anything is imported on demand. */
  readonly atOnce: ReadonlySet<string>;
}

/** Bundles a module of the repository; what it imports on demand becomes files of its own. */
export async function bundle(entry: string, plugins: readonly Plugin[] = []): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: { page: join(ROOT, entry) },
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    outdir: '/',
    write: false,
    metafile: true,
    absWorkingDir: ROOT,
    plugins: [...plugins],
    logLevel: 'error',
    alias: { 'symbolic-sheet': join(ROOT, 'src/browser.ts') },
  });
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [served(path), output]));
  const sources = new Map([...outputs].map(([path, { inputs }]) => [path, Object.keys(inputs)]));
  return { files: new Map(outputFiles.map(({ path, text }) => [path, text])), sources, atOnce: staticFiles(outputs) };
}

/** esbuild names outputs relative to the working directory. */
const served = (path: string): string => `/${relative('/', join(ROOT, path))}`;

function staticFiles(outputs: ReadonlyMap<string, Metafile['outputs'][string]>): Set<string> {
  const found = new Set(['/page.js']);
  for (const file of found)
    for (const { path, kind } of outputs.get(file)?.imports ?? [])
      if (kind === 'import-statement') found.add(served(path));
  return found;
}

/** Headers of a page that may share memory between threads, and others beside. */
export interface SiteOptions {
  readonly isolated?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A served bundle. */
export interface Site {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves a bundle on a free port of 127.0.0.1. */
export async function serve(
  { files }: Pick<Bundle, 'files'>,
  { isolated = true, headers = {} }: SiteOptions = {},
): Promise<Site> {
  const common = { ...(isolated && ISOLATED), ...headers };
  const answer = ({ url = '' }: IncomingMessage, response: ServerResponse): void => {
    const text = url === '/load.js' ? LOAD : files.get(url);
    response
      .writeHead(200, {
        ...common,
        'content-type': /\.[cm]?js$/.test(url) && text !== undefined ? 'text/javascript' : 'text/html',
      })
      .end(text ?? HTML);
  };
  const server = await new Promise<Server>((resolve) => {
    const listening = createServer(answer).listen(0, '127.0.0.1', () => resolve(listening));
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/**
 * Starts Chromium with these switches and no others, so that its features are those of an ordinary one; else says why
 * it does not start here.
 */
export async function launch(switches: readonly string[] = []): Promise<Browser | string> {
  let refusal = '';
  for (let tries = 0; tries < 30; tries++) {
    try {
      return await launcher.launch({
        executablePath: await chromium.executablePath(),
        args: ['--no-sandbox', ...switches],
        headless: true,
      });
    } catch (error) {
      refusal = `Chromium does not start: ${String(error)}`;
    }
    // Another process is unpacking the binary at this moment.
    if (!refusal.includes('ETXTBSY')) return refusal;
    await setTimeout(1000);
  }
  return refusal;
}

/** A page of a site, its module loading; `requested` gathers the paths it asks for. */
export async function visit(
  browser: Browser,
  { port }: Site,
  { host = '127.0.0.1', requested = [] }: { readonly host?: string; readonly requested?: string[] } = {},
): Promise<Page> {
  const page = await browser.newPage();
  page.on('request', (request) => requested.push(new URL(request.url()).pathname));
  await page.goto(`http://${host}:${port}/`);
  return page;
}

/** Calls an export of the page's module. Arguments and result are copied between the processes. */
export function call<A extends readonly unknown[], R>(page: Page, name: string, ...args: A): Promise<R> {
  return page.evaluate(
    async ([wanted, given]) => {
      const module = await (
        globalThis as unknown as { page: Promise<Record<string, (...args: readonly unknown[]) => unknown>> }
      ).page;
      return module[wanted]?.(...given);
    },
    [name, args] as const,
  ) as Promise<R>;
}
