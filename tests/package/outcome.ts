// Runs a row of the table of bundlers: what its program printed, on Node or in a page of Chromium.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { serve } from './browser-site.ts';
import type { Row } from './bundlers.ts';
import { served, shell } from './packed.ts';

/** The line that a program printed, else all that was said instead of it. */
export async function outcomeOf({ command, run }: Row, home: string, browser: Browser | string): Promise<string> {
  const built = command === undefined ? '' : shell(command, home);
  if (/ended with (null|\d+)$/.test(built)) return built;
  const printed = typeof run === 'string' ? shell(run, home) : await titleOf(join(home, run.page), browser);
  return /^sheet [0-9a-f]{64}$/m.exec(printed)?.[0] ?? `${built}\n${printed}`;
}

/** The title that a page of these files comes to. */
async function titleOf(folder: string, browser: Browser | string): Promise<string> {
  if (typeof browser === 'string') return browser;
  const files = new Map([...served(folder)].map(([path, file]) => [path, readFileSync(file, 'utf8')]));
  files.set('/', files.get('/index.html') ?? '');
  const site = await serve({ files });
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await page.goto(`http://127.0.0.1:${site.port}/`);
    await page.waitForFunction(() => document.title !== 'sheet', undefined, { timeout: 60_000 }).catch(() => undefined);
    return `${await page.title()}${complaints.map((line) => `\n${line}`).join('')}`;
  } finally {
    await page.close();
    await site.close();
  }
}
