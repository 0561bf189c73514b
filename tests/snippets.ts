// The TypeScript of a Markdown page as a program: its blocks in order, and what its console.log lines promise to print.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { programsOf } from './run/program.ts';

const root = new URL('..', import.meta.url).pathname;

/** What a page's program promised (`// → text` after a console.log), and what it printed. */
export interface Told {
  readonly promises: readonly string[];
  readonly output: string;
}

/** A page's `ts` blocks, one after the other, as one program. */
interface PageProgram {
  readonly code: string;
  readonly path: string;
}

/** The programs of pages, each to be run by Node. */
export async function programsOfPages(pages: readonly string[]): Promise<ReadonlyMap<string, PageProgram>> {
  const folder = mkdtempSync(join(tmpdir(), 'sheet-pages-'));
  try {
    const codes = pages.map((page) =>
      [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1]!).join('\n'),
    );
    const entries = pages.map((page) => join(folder, `${basename(page, '.md')}.mts`));
    entries.forEach((entry, i) => writeFileSync(entry, codes[i]!));
    const paths = await programsOf(entries);
    return new Map(pages.map((page, i) => [page, { code: codes[i]!, path: paths[i]! }]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ends the output of each page. */
const END = '\u2403 page';
/** Runs programs one after the other, each in a folder of its own below the one it is started in. */
const ONE_AFTER_THE_OTHER = `
import { mkdirSync } from 'node:fs';
const root = process.cwd();
for (const [i, path] of process.argv.slice(1).entries()) {
  mkdirSync(root + '/' + i);
  process.chdir(root + '/' + i);
  await import(path).catch((error) => {
    console.error(path, error);
    process.exitCode = 1;
  });
  console.log(${JSON.stringify(END)});
}`;

/** Runs the programs of pages in one process, where most of the time of each goes into starting. */
export function runPages(programs: readonly PageProgram[]): readonly Told[] {
  const folder = mkdtempSync(join(tmpdir(), 'sheet-page-'));
  try {
    const run = ['--input-type=module', '--eval', ONE_AFTER_THE_OTHER, '--', ...programs.map(({ path }) => path)];
    const outputs = execFileSync(process.execPath, run, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    }).split(`${END}\n`);
    return programs.map(({ code }, i) => ({
      promises: [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]!.trim()),
      output: outputs[i] ?? '',
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The promises that were not kept, in the order in which they were made; `…` stands for anything. */
export function broken({ promises, output }: Told): string[] {
  let at = 0;
  return promises.filter((promise) => {
    const found = output.indexOf(promise, at);
    if (found === -1) return true;
    at = found + promise.length;
    return false;
  });
}
