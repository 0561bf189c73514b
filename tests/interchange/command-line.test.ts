// The command line on bundles and files of others: as a person would type it, in another folder than the program's.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, helpOf, OPTIONS, ALL_COMMANDS } from '../../src/cli/commands.ts';
import { reuseIn } from '../../src/cli/reuse.ts';
import { diskStore, encodeNpy, loadTrace, SymbolicSheet } from '../../src/index.ts';
import { encodeSafetensors } from '../../src/interchange.ts';
import { createKey } from '../../src/tiers.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { printable } from '../../src/cli/printable.ts';
import { programOf } from '../run/program.ts';
import { layers, withSheet } from '../trace/programs.ts';

const MAIN = await programOf('src/cli/main.ts');
const GOLDEN = join(import.meta.dirname, '../golden');
const folder = mkdtempSync(join(tmpdir(), 'bundle-cli-'));
const elsewhere = mkdtempSync(join(tmpdir(), 'bundle-elsewhere-'));
afterAll(() => [folder, elsewhere].forEach((each) => rmSync(each, { recursive: true, force: true })));
const file = (name: string): string => join(folder, name);
const [ci, other] = [createKey('ci-1'), createKey('dev-1')];

beforeAll(async () => {
  await withSheet({ class: 'exact' }, async (sheet) => {
    await layers(sheet);
    await sheet.trace.save(file('run.sqs.json'));
  });
  writeFileSync(file('ci.secret'), `${ci.secret}\n`);
  writeFileSync(file('keys.txt'), `# who may sign\n${other.public}\n${ci.public}\n`);
  cpSync(join(GOLDEN, 'safetensors/shapes.safetensors'), file('model.safetensors'));
});

interface Told {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As its own process prints it, without starting one. */
async function run(cwd: string, ...args: string[]): Promise<Told> {
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const { text, record, exitCode } = await runCommandLine(args);
    const isError = exitCode === 2 && record === undefined;
    const printed = `${printable(text)}\n`;
    return { status: exitCode, stdout: isError ? '' : printed, stderr: isError ? printed : '' };
  } finally {
    process.chdir(before);
  }
}

function spawned(cwd: string, ...args: string[]): Told {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('symbolic-sheet pack, verify, replay and unpack', () => {
  it('move a program to another folder as one file', { timeout: 240_000 }, async () => {
    const packed = spawned(folder, 'pack', 'run.sqs.json', '--key', 'ci.secret', '--json');
    expect(packed).toMatchObject({ status: 0, stderr: '' });
    const { path, root, tensors } = JSON.parse(packed.stdout) as { path: string; root: string; tensors: unknown[] };
    expect([path, tensors.length]).toEqual(['run.sqb', 3]);
    cpSync(file('run.sqb'), join(elsewhere, 'run.sqb'));
    cpSync(file('keys.txt'), join(elsewhere, 'keys.txt'));

    const verified = spawned(elsewhere, 'verify', 'run.sqb', '--trust', 'keys.txt');
    expect(verified).toMatchObject({ status: 0, stderr: '' });
    expect(verified.stdout).toMatch(new RegExp(`^run.sqb: whole, root ${root}\nsigned by ci-1, a key you trust\n`));
    expect((await run(elsewhere, 'verify', 'run.sqb')).stdout).toMatch(
      /signed by ci-1, which was not checked: --trust says/,
    );
    const replayed = spawned(elsewhere, 'replay', 'run.sqb', '--device', 'js');
    expect(replayed.stdout).toMatch(/replayed 18 events, chain ✓ · 5 digests compared: 5 equal/);
    expect(replayed.status).toBe(0);

    const unpacked = await run(elsewhere, 'unpack', 'run.sqb', '--out', 'there');
    expect(unpacked).toMatchObject({ status: 0, stderr: '' });
    const made = readdirSync(join(elsewhere, 'there')).sort();
    expect(made.filter((name) => /^[0-9a-f]{64}\.npy$/.test(name))).toHaveLength(3);
    expect((await run(elsewhere, 'replay', 'there/run.sqs.json', '--device', 'js')).status).toBe(0);
    const again = await run(elsewhere, 'unpack', 'run.sqb', '--out', 'there');
    expect(again.stderr).toMatch(/UnavailableError: .*cannot be written \(EEXIST.*--force to replace/);
    expect(again.status).toBe(2);
    expect((await run(elsewhere, 'pack', 'there/run.sqs.json', '--out', 'again.sqb')).status).toBe(0);
    expect(JSON.parse((await run(elsewhere, 'verify', 'again.sqb', '--json')).stdout)).toMatchObject({
      verified: true,
      root,
    });
  });

  it(
    'refuse what is damaged or not signed as asked, with a typed error and exit code 1',
    { timeout: 240_000 },
    async () => {
      expect((await run(folder, 'pack', 'run.sqs.json', '--out', 'unsigned.sqb')).status).toBe(0);
      const bytes = readFileSync(file('unsigned.sqb'));
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(file('damaged.sqb'), bytes);
      expect(await run(folder, 'verify', 'damaged.sqb')).toMatchObject({
        status: 1,
        stdout: expect.stringMatching(/^FormatError: .*does not have the content its name says/),
      });
      const unsigned = await run(folder, 'verify', 'unsigned.sqb', '--trust', ci.public, '--json');
      expect(unsigned.status).toBe(1);
      expect(JSON.parse(unsigned.stdout)).toMatchObject({
        verified: false,
        error: { code: 'FORMAT', reason: 'unsigned' },
      });
      expect(await run(folder, 'replay', 'unsigned.sqb', '--trust', ci.public)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^FormatError: This bundle is not taken: nobody signed it/),
      });
      expect(await run(folder, 'verify', 'none.sqb')).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^UnavailableError: none.sqb cannot be read \(ENOENT/),
      });
      expect((await run(folder, 'pack', 'run.sqs.json', '--key', ci.secret)).stderr).toMatch(
        /--key takes the id of a key/,
      );
      expect((await run(folder, 'pack', 'run.sqs.json', '--key', 'no-7')).stderr).toMatch(/There is no key "no-7"/);
      const list = { format: 'symbolic-sheet-trust 1', keys: [{ key: ci.public, scopes: ['ci'] }] };
      writeFileSync(file('symbolic-sheet.trust.json'), JSON.stringify(list));
      writeFileSync(file('package.json'), '{}');
      await run(folder, 'pack', 'run.sqs.json', '--out', 'signed.sqb', '--key', 'ci.secret');
      for (const trust of ['project', 'symbolic-sheet.trust.json'])
        expect((await run(folder, 'verify', 'signed.sqb', '--trust', trust)).stdout).toMatch(
          /signed by ci-1, a key you/,
        );
      expect((await run(folder, 'replay', 'run.sqs.json', '--trust', ci.public)).stderr).toMatch(
        /is no bundle: only bundles/,
      );
    },
  );

  it('leave out what is asked, and say what cannot be replayed', { timeout: 240_000 }, async () => {
    const packed = await run(folder, 'pack', 'run.sqs.json', '--out', 'redacted.sqb', '--redact', 'roots,notes');
    expect(packed.stdout).toMatch(/\n0 roots, 0 B\nredacted root #\d+: float32 \[6×8\] [0-9a-f]{64}\n/);
    expect(await run(folder, 'verify', 'redacted.sqb')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/\d+ calls cannot be replayed without what is missing\n$/),
    });
    expect(await run(folder, 'replay', 'redacted.sqb')).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/missing root #\d+/),
    });
    expect((await run(folder, 'pack', 'run.sqs.json', '--out', 'x.sqb', '--redact', '999')).stderr).toMatch(
      /999 is no root/,
    );
  });
});

describe('symbolic-sheet inspect', () => {
  it('lists shapes, dtypes and digests of files of every kind', { timeout: 240_000 }, async () => {
    writeFileSync(file('a.npy'), encodeNpy({ dtype: 'float32', shape: [2, 1], array: Float32Array.of(1, 2) }));
    const npy = JSON.parse((await run(folder, 'inspect', 'a.npy', '--json')).stdout) as {
      tensors: { contentId: string }[];
    };
    await using sheet = await SymbolicSheet.open({ devices: ['js'] });
    const id = await sheet.tensor(Float32Array.of(1, 2), [2, 1]).fingerprint();
    expect(npy).toMatchObject({
      kind: 'npy',
      tensors: [{ dtype: 'float32', shape: [2, 1], sizeBytes: 8, contentId: id }],
    });
    const model = await run(folder, 'inspect', 'model.safetensors');
    expect(model.stdout).toMatch(/^model.safetensors: safetensors, 5 tensors\n {2}format: np\n/);
    expect(model.stdout).toMatch(/ {2}deep +int8 \[1×2×1×3×1\] +6 B +[0-9a-f]{64}\n/);
    expect((await run(folder, 'inspect', 'run.sqs.json')).stdout).toMatch(
      /: trace, 3 tensors\n {2}18 calls, \d+ annotations/,
    );
    expect((await run(folder, 'inspect', join(GOLDEN, 'bundle/run.sqb'))).stdout).toMatch(
      /: bundle, 2 tensors\n[^]*root 1fde9ee1/,
    );
    const complex = await run(folder, 'inspect', join(GOLDEN, 'safetensors/complex.safetensors'));
    expect(complex.stdout).toMatch(/a +C64 \[2\] +16 B\n/);
  });

  it('shows what a name says, and never has a terminal obey it', async () => {
    const tensors = { '\u001B[2Jx\n\u202E': { dtype: 'int8', shape: [1], array: Int8Array.of(1) } } as const;
    writeFileSync(file('evil.safetensors'), encodeSafetensors({ tensors, metadata: { '\u009B': '\r\u001B]0;x' } }));
    for (const args of [
      ['inspect', 'evil.safetensors'],
      ['inspect', 'evil.safetensors', '--json'],
    ]) {
      const { stdout } = await run(folder, ...args);
      // oxlint-disable-next-line no-control-regex -- they are what is looked for
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
      expect(stdout).toMatch(/u001b\[2Jx/i);
    }
  });

  it('says what a file is not, and looks into the store by key', { timeout: 240_000 }, async () => {
    writeFileSync(file('text.txt'), 'nothing of ours');
    expect(await run(folder, 'inspect', 'text.txt')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^FormatError: text.txt is no bundle, trace, .npy or .safetensors file/),
    });
    const store = file('kept');
    const key = 'ab'.repeat(32);
    expect((await run(folder, 'inspect', key, '--store', store)).stderr).toMatch(/has no result of abab/);
    await using sheet = await SymbolicSheet.open({ devices: ['js'] });
    const digest = await sheet.tensor(Float32Array.of(1, 2), [2, 1]).fingerprint();
    const disk = await diskStore(store);
    const elements = new Uint8Array(Float32Array.of(1, 2).buffer);
    const costs = { pathNs: 5e6, ownNs: 4e6 };
    const stored = { key, dtype: 'float32', shape: [2, 1], digest, elements, facts: 0, costs, producer: 'js' };
    disk.put(key, stored, { costNs: 5e6, score: 1 });
    await disk.close();
    const told = (await run(folder, 'inspect', key, '--store', store)).stdout;
    expect(told).toMatch(
      /: store entry, 1 tensor\n {2}computed on js in 4.00 ms\n {2}result {2}float32 \[2×1\] {2}8 B/,
    );
    expect(told).toContain(digest);
  });
});

describe('symbolic-sheet report', () => {
  it('says what was reused, what that saved, and what computed calls differ in', { timeout: 240_000 }, async () => {
    const trace = await withSheet({ class: 'exact', device: 'js' }, async (sheet) => {
      const x = sheet.randomNormal([160, 160], { seed: 1 });
      for (const seed of [2, 3, 2, 3]) await x.matmul(sheet.randomNormal([160, 160], { seed })).data();
      await sheet.trace.save(file('reuse.sqs.json'));
      return loadTrace(file('reuse.sqs.json'));
    });
    const reuse = reuseIn(trace);
    // The second time products and operands are found.
    expect([reuse.reused, reuse.fromBefore]).toEqual([4, 0]);
    expect(reuse.savedNs).toBeGreaterThan(0);
    const computed = trace.annotations.filter((a) => a.kind === 'answer' && /computed|bypass/.test(a.decision)).length;
    expect(reuse.computed).toBe(computed);
    expect(reuse.misses).toContainEqual({ op: 'matmul', differs: 'operand 1, another result', count: 1, of: 2 });
    expect(reuse.repeated).toBe(0);
    const told = await run(folder, 'report', 'reuse.sqs.json');
    expect(told.stdout).toMatch(/differ in operand 1, another result/);
    expect(JSON.parse((await run(folder, 'report', 'reuse.sqs.json', '--json')).stdout)).toEqual(
      JSON.parse(JSON.stringify(reuse)),
    );
  });
});

describe('a trace without a cache', () => {
  it('says what one would have saved, and every part in which calls differ', async () => {
    const trace = await withSheet({ class: 'exact', device: 'js', cache: 'off' }, async (sheet) => {
      const x = sheet.randomNormal([90, 90], { seed: 1 });
      for (const transposeB of [false, true, false, true, true]) await x.matmul(x, { transposeB }).data();
      await sheet.sum(x.astype('float64'), { axis: 0 }).data();
      await sheet.sum(x, { axis: 1 }).data();
      await sheet.trace.save(file('dry.sqs.json'));
      return loadTrace(file('dry.sqs.json'));
    });
    const reuse = reuseIn(trace);
    expect(reuse.repeated).toBeGreaterThanOrEqual(3);
    expect(reuse.repeatedNs).toBeGreaterThan(0);
    expect(reuse.repeatedNs).toBeLessThan(reuse.computedNs);
    const differing = reuse.misses.map(({ op, differs }) => `${op}: ${differs}`);
    expect(differing).toContain('matmul: attributes transposeB');
    expect(differing).toContain('sum: operand 0, float32[90,90] and attributes axis');
    expect((await run(folder, 'report', 'dry.sqs.json')).stdout).toMatch(
      /of the computed calls were repeats: keeping everything would have saved about [\d.]+ \S+, \d+ % of what/,
    );
  });
});

describe('symbolic-sheet bench', () => {
  it('compares its results before it prints a time', { timeout: 240_000 }, async () => {
    const told = spawned(folder, 'bench', '--quick', '--json');
    expect(told).toMatchObject({ status: 0, stderr: '' });
    const { equal, rounds, bestNs } = JSON.parse(told.stdout) as {
      equal: boolean;
      rounds: Readonly<Record<string, number>>[];
      bestNs: Readonly<Record<string, number>>;
    };
    expect([equal, rounds.length]).toEqual([true, 3]);
    for (const [name, ns] of Object.entries(bestNs)) expect(ns).toBe(Math.min(...rounds.map((round) => round[name]!)));
  });
});

describe('help', () => {
  it.each(Object.keys(COMMANDS))('of %s has its options, exit codes and examples', (name) => {
    const text = helpOf(name);
    for (const option of COMMANDS[name]!.options) expect(text).toContain(`--${option}`);
    expect(text).toMatch(/Exit codes:\n {2}0 {2}\S.*\n {2}1 {2}\S.*\n {2}2 {2}\S/);
    expect(text).toMatch(/Examples:\n {2}npx symbolic-sheet \S/);
    expect(ALL_COMMANDS).toContain(`symbolic-sheet ${name}`);
  });

  it('is printed for one command or for all, without colours where it is piped', async () => {
    for (const args of [
      ['pack', '--help'],
      ['help', 'pack'],
    ])
      expect(await run(folder, ...args)).toEqual({ status: 0, stdout: `${helpOf('pack')}\n`, stderr: '' });
    expect(spawned(folder, '--help')).toEqual({ status: 0, stdout: `${ALL_COMMANDS}\n`, stderr: '' });
    expect((await run(folder, 'where', '--redact', 'roots')).stderr).toMatch(/^where: it has no option --redact\.\n/);
    expect(Object.keys(OPTIONS)).toContain('json');
    expect(JSON.parse((await run(folder, 'replay', 'none.sqs.json', '--json')).stderr)).toMatchObject({
      error: { name: 'UnavailableError', code: 'UNAVAILABLE' },
    });
  });
});
