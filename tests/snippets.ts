// The TypeScript of a Markdown page as a program: its blocks in order, and what its console.log lines promise to print.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { programsOf, runInTurn } from './run/program.ts';

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

/** Runs the programs of pages in one process, each in a folder of its own. */
export function runPages(programs: readonly PageProgram[]): readonly Told[] {
  const folder = mkdtempSync(join(tmpdir(), 'sheet-page-'));
  try {
    const places = programs.map(({ path }, i) => ({ path, folder: join(folder, String(i)) }));
    const outputs = runInTurn(places, [], { NO_COLOR: '1' });
    return programs.map(({ code }, i) => ({
      promises: [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]!.trim()),
      output: outputs[i]!,
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
