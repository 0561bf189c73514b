// The files of a small program in every form that a trace has, for those who damage them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { loadTrace, type SymbolicSheet } from '../../src/index.ts';
import type { Trace } from '../../src/core/trace/trace.ts';
import { ramp, withSheet } from './programs.ts';

export interface TraceFiles {
  readonly form: string;
  readonly bytes: Uint8Array;
  readonly original: Trace;
  /** Reads what lies beside it. */
  readonly beside: (path: string) => Promise<Uint8Array>;
}

async function few(sheet: SymbolicSheet): Promise<void> {
  const a = sheet.tensor(ramp(6), [2, 3]);
  await a.add(0.5).sum({ axis: 0 }).data();
}

/**
 * Live and closed, and exported with its roots inside, beside and nowhere. Not the same bytes every time, for times are
 * in them.
 */
export async function traceFiles(
  program: (sheet: SymbolicSheet) => Promise<void> = few,
): Promise<readonly TraceFiles[]> {
  const folder = mkdtempSync(join(tmpdir(), 'damaged-'));
  try {
    const live = join(folder, 'live.sqs');
    const exported = (['embedded', 'beside', 'none'] as const).map((roots) => ({
      roots,
      path: join(folder, `${roots}.sqs.json`),
    }));
    await withSheet({ devices: ['js'], trace: { file: live } }, async (sheet) => {
      await program(sheet);
      for (const { roots, path } of exported) await sheet.trace.save(path, { roots });
    });
    const contents = new Map(
      (await loadTrace(exported[1]?.path as string)).roots.map(({ contentId }) => {
        const name = `${Buffer.from(contentId).toString('hex')}.npy`;
        return [name, new Uint8Array(readFileSync(join(folder, name)))] as const;
      }),
    );
    const beside = (path: string): Promise<Uint8Array> => {
      const bytes = contents.get(basename(path));
      return bytes === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(bytes);
    };
    return await Promise.all(
      [live, ...exported.map(({ path }) => path)].map(async (path): Promise<TraceFiles> => ({
        form: basename(path),
        bytes: new Uint8Array(readFileSync(path)),
        original: await loadTrace(path),
        beside,
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
