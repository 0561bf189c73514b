// The TypeScript of a Markdown page as a program: its blocks in order, and what its console.log lines promise to print.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const root = new URL('..', import.meta.url).pathname;

/** What a page's program promised (`// → text` after a console.log), and what it printed. */
export interface Told {
  readonly promises: readonly string[];
  readonly output: string;
}

/** Runs all `ts` blocks of a page, one after the other, as one program in a folder of its own. */
export function runPage(page: string): Told {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1]!);
  const folder = mkdtempSync(join(tmpdir(), 'sheet-page-'));
  const code = blocks
    .join('\n')
    .replaceAll(/from 'onnxruntime-node'/g, `from '${join(root, 'node_modules/onnxruntime-node/dist/index.js')}'`);
  try {
    writeFileSync(join(folder, 'page.mts'), code);
    const output = execFileSync(
      process.execPath,
      [join(root, 'node_modules/tsx/dist/cli.mjs'), '--tsconfig', join(root, 'tsconfig.json'), 'page.mts'],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    );
    return { promises: [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]!.trim()), output };
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
