// The disk store on a real folder: what is put there is found by the next process and by others at once.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../../src/host/node/file-system.ts';
import { storeConformance } from '../../../src/testing/store.ts';
import { DiskStore } from '../../../src/tiers/disk/disk-store.ts';
import { conforms } from '../../device/conforms.ts';
import { countOf, digest, resultOf, WORTH } from './results.ts';

const base = mkdtempSync(join(tmpdir(), 'symbolic-sheet-disk-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const freshFolder = (): string => join(base, String(++folders));
const open = (folder = freshFolder(), capBytes = 1e9): Promise<DiskStore> =>
  DiskStore.open(nodeFileSystem(folder), { digest, capBytes });

describe('a store on a disk', () => {
  let last = '';
  conforms(
    storeConformance(() => open((last = freshFolder())), {
      digest,
      settle: (store) => (store as DiskStore).flush(),
      reopen: () => open(last),
    }),
  );

  it('has what another process has written and not closed', async () => {
    const folder = freshFolder();
    const first = await open(folder);
    const second = await open(folder);
    const results = [resultOf(1), resultOf(2, 3e5), resultOf(3, 5000)];
    for (const result of results) first.put(result.key, result, WORTH);
    await first.flush();
    expect(await countOf(second, results)).toBe(3);
    await first.close();
    await second.close();
  });

  it('keeps what was put last under a key, and finds it by an index as by a scan', async () => {
    const folder = freshFolder();
    const store = await open(folder);
    const results = Array.from({ length: 600 }, (_, i) => resultOf(i, 100 + i));
    for (const result of results) store.put(result.key, result, WORTH);
    await store.close();
    expect(readdirSync(folder)).toContain('index');
    const again = await open(folder);
    expect(await countOf(again, results)).toBe(600);
    expect(again.stats().entries).toBe(600);
    await again.close();
    rmSync(join(folder, 'index'));
    const scanned = await open(folder);
    expect(await countOf(scanned, results)).toBe(600);
    await scanned.close();
  });

  it('says what its folder is to version control, backups and people', async () => {
    const folder = freshFolder();
    await (await open(folder)).close();
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n');
    expect(readFileSync(join(folder, 'CACHEDIR.TAG'), 'utf8')).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55/);
    expect(readFileSync(join(folder, 'format'), 'utf8')).toBe('symbolic-sheet-store 2\n');
  });

  it('refuses a folder of something else, and a store of a newer version, and says what to do', async () => {
    const foreign = freshFolder();
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'thesis.tex'), 'x');
    await expect(open(foreign)).rejects.toThrow(/is no store: it holds thesis\.tex\. Name an empty or a new folder/);
    expect(readdirSync(foreign)).toEqual(['thesis.tex']);
    const newer = freshFolder();
    mkdirSync(newer);
    writeFileSync(join(newer, 'format'), 'symbolic-sheet-store 3\n');
    await expect(open(newer)).rejects.toThrow(/is a store of version 3, and this version .* knows 2\. Update/);
  });

  it('is left alone by files that are not its own', async () => {
    const folder = freshFolder();
    const store = await open(folder);
    store.put(resultOf(1).key, resultOf(1), WORTH);
    await store.close();
    writeFileSync(join(folder, 'segments', 'notes.txt'), 'not a segment');
    writeFileSync(join(folder, 'content', 'x'), 'not a folder');
    const again = await open(folder);
    expect(await countOf(again, [resultOf(1)])).toBe(1);
    await again.gc();
    expect(await countOf(again, [resultOf(1)])).toBe(1);
    await again.close();
  });
});

describe('a program that is run again in a new process', () => {
  const program = join(base, 'program.mts');
  const index = new URL('../../../src/index.ts', import.meta.url).pathname;
  writeFileSync(
    program,
    `import { SymbolicSheet } from ${JSON.stringify(index)};
const [class_, how] = process.argv.slice(2);
const sheet = await SymbolicSheet.open({ class: class_, store: ${JSON.stringify(join(base, 'kept'))} });
const x = sheet.randomNormal([500, 500], { seed: 3 });
const y = sheet.tensor(Float32Array.from({ length: 250000 }, (_, i) => Math.sin(i)), [500, 500]);
const z = x.matmul(y).matmul(x, { transposeB: true }).softmax({ axis: 1 });
console.log(JSON.stringify({ id: await z.fingerprint(), flops: sheet.stats().counters.flops }));
if (how === 'close') await sheet.close();
else if (how === 'exit') process.exit(0);
`,
  );
  const tsx = import.meta.resolve('tsx');
  const run = (...args: string[]): { id: string; flops: number } => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', tsx, program, ...args], { encoding: 'utf8' });
    expect(stdout, stderr).not.toBe('');
    return JSON.parse(stdout);
  };

  it.each(['exact', 'tolerance'])('computes nothing in class %s, and gives the same bits', (numerics) => {
    const first = run(numerics, 'close');
    expect(first.flops).toBeGreaterThan(1e8);
    const second = run(numerics, 'leave');
    expect(second).toEqual({ id: first.id, flops: 0 });
  });
});
