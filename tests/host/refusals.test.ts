// Hosts that refuse threads, WebAssembly, shared memory or parts of a platform: the bits of every other host, and a
// line in devices() that says why.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceReport } from '../../src/core/device/device.ts';
import { extent } from '../run/extent.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The permission model has another name since Node 23.5. */
const PERMISSION = Number(process.versions.node.split('.')[0]) >= 24 ? '--permission' : '--experimental-permission';

/** A host, by the flags of its process and what runs in it before the library is loaded. */
interface Refusal {
  readonly host: string;
  readonly flags?: readonly string[];
  readonly before?: string;
  readonly options?: string;
  /** Devices that are still there. */
  readonly found: readonly string[];
  /** What devices() says of wasm. */
  readonly wasm: RegExp;
}

/** What a machine has besides is not the question here. */
const CPU: ReadonlySet<string> = new Set(['js', 'wasm']);

const DELETE_WASM = 'delete globalThis.WebAssembly;';
const REFUSE_COMPILING = `const refuse = () => { throw new WebAssembly.CompileError('refused by the policy'); };
WebAssembly.compile = async () => refuse();
WebAssembly.Module = class { constructor() { refuse(); } };`;
const REFUSE_MEMORY =
  "WebAssembly.Memory = class { constructor() { throw new RangeError('could not allocate memory'); } };";
const REFUSE_WORKERS = `const threads = process.getBuiltinModule('node:worker_threads');
threads.Worker = class { constructor() { throw new Error('no more threads'); } };
process.getBuiltinModule('node:module').syncBuiltinESMExports();`;
const NO_CODERS =
  'delete globalThis.TextEncoder; delete globalThis.TextDecoder; delete globalThis.structuredClone; delete ' +
  'globalThis.MessageChannel;';

const REFUSALS: readonly Refusal[] = [
  {
    host: 'without WebAssembly',
    before: DELETE_WASM,
    found: ['js'],
    wasm: /^there is no WebAssembly here; run node without --jitless.*; js gives the same results/,
  },
  {
    host: 'that runs without a compiler',
    flags: ['--jitless'],
    found: ['js'],
    wasm: /^there is no WebAssembly here; run node without --jitless/,
  },
  {
    host: 'that refuses to compile',
    before: REFUSE_COMPILING,
    found: ['js'],
    wasm: /^compiling WebAssembly is refused \(CompileError: refused by the policy\); /,
  },
  {
    host: 'that has no address space for kernels',
    before: REFUSE_MEMORY,
    found: ['js'],
    wasm: /^WebAssembly refused: RangeError: could not allocate memory; where memory or address space is short/,
  },
  {
    host: 'without WebAssembly, asked for js alone',
    before: DELETE_WASM,
    options: "devices: ['js'], ",
    found: ['js'],
    wasm: /^switched off/,
  },
  {
    host: 'that is asked for js alone and would have WebAssembly',
    options: "devices: ['js'], ",
    found: ['js'],
    wasm: /^switched off/,
  },
  {
    host: 'that gives no permission to start workers',
    flags: [PERMISSION, '--allow-fs-read=*'],
    found: ['js', 'wasm'],
    wasm: /^SIMD kernels, 1 thread: workers need a permission here; for more, run node with --allow-worker$/,
  },
  {
    host: 'that starts no workers',
    before: REFUSE_WORKERS,
    found: ['js', 'wasm'],
    wasm: /^SIMD kernels, 3 threads, of which not all start: Error: no more threads/,
  },
  {
    host: 'without SharedArrayBuffer',
    before: 'delete globalThis.SharedArrayBuffer;',
    found: ['js', 'wasm'],
    wasm: /^SIMD kernels, 1 thread: memory cannot be shared here/,
  },
  { host: 'without coders of text', before: NO_CODERS, found: ['js', 'wasm'], wasm: /^SIMD kernels, 3 threads$/ },
  {
    host: 'that says it is Electron',
    before: "process.versions.electron = '30.0.0'; process.contextIsolated = true;",
    found: ['js', 'wasm'],
    wasm: /^SIMD kernels, 3 threads$/,
  },
  {
    host: 'without a require of its own',
    before: 'process.getBuiltinModule = undefined;',
    found: ['js', 'wasm'],
    wasm: /^SIMD kernels, 3 threads$/,
  },
];

/** Side of a product; without a compiler the longer one takes seconds. */
const SIDE = extent(140, 220);

/** Long enough for threads, with every kind of kernel, and text in an attribute's key. */
const PROGRAM = (entry: string): string => `
import { SymbolicSheet } from ${JSON.stringify(join(ROOT, entry))};
const sheet = await SymbolicSheet.open({ class: 'exact', ...globalThis.opening });
const x = sheet.randomNormal([${SIDE}, ${SIDE}], { seed: 4 });
const y = x.matmul(x, { transposeB: true }).add(sheet.eye(${SIDE}).multiply(60)).tanh().sum({ axis: 0 });
const mean = sheet.memo('größe', (rows) => rows.mean());
const tensors = [y, x.exp().softmax({ axis: 1 }), await mean(x)];
const ids = [];
for (const tensor of tensors) ids.push(await tensor.fingerprint());
console.log(JSON.stringify({ ids, devices: sheet.devices() }));
await sheet.close();
`;

interface Told {
  readonly ids: readonly string[];
  readonly devices: readonly DeviceReport[];
}

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sheet-host-'));
  for (const entry of ['index', 'browser']) {
    await build({
      stdin: { contents: PROGRAM(`src/${entry}.ts`), resolveDir: ROOT, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: join(folder, `${entry}.mjs`),
      logLevel: 'error',
    });
  }
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the program of an entry on a host, whose address space may be limited. */
function run(
  { host, flags = [], before = '', options = 'threads: 3, ' }: Partial<Refusal>,
  entry: 'index' | 'browser' = 'index',
  limitKb?: number,
): Told {
  const file = join(folder, `${entry} ${host ?? 'plain'}.mjs`);
  writeFileSync(file, `globalThis.opening = { ${options} };\n${before}\nawait import('./${entry}.mjs');`);
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `ulimit -v ${limitKb ?? 'unlimited'}; exec "$@"`, 'host', process.execPath, ...flags, file],
    {
      encoding: 'utf8',
      timeout: 100_000,
      cwd: ROOT,
      env: { ...process.env, SYMBOLIC_SHEET_DEVICES: '', NODE_OPTIONS: '' },
    },
  );
  // Node speaks of flags that it finds unusual.
  expect([status, stderr.replace(/^(\(|Warning: disabling flag).*\n?/gm, '')]).toEqual([0, '']);
  return JSON.parse(stdout) as Told;
}

const reportOf = ({ devices }: Told, name: string): DeviceReport | undefined =>
  devices.find((device) => device.name === name);

describe('a host', () => {
  let plain: Told;
  beforeAll(() => {
    plain = run({});
  });

  it.for(REFUSALS)('$host gives the same bits, and says why it has not more', (refusal) => {
    const told = run(refusal);
    expect(told.ids).toEqual(plain.ids);
    expect(told.devices.filter(({ found, name }) => found && CPU.has(name)).map(({ name }) => name)).toEqual(
      refusal.found,
    );
    expect(reportOf(told, 'wasm')?.detail).toMatch(refusal.wasm);
  });

  // Less has no room for the memory of kernels, or for no worker, or for some: V8 ends a process in which a worker
  // finds none.
  it.for(extent([4e6, 12.5e6], [4e6, 7e6, 12e6, 12.5e6, 13e6]))(
    'with an address space of %i kB gives the same bits, and says why it has not more',
    async (limitKb, context) => {
      if (process.platform !== 'linux') return context.skip('only Linux limits the address space');
      const told = run({ host: `limited ${limitKb}`, options: 'threads: 4, ' }, 'index', limitKb);
      expect(told.ids).toEqual(plain.ids);
      expect(reportOf(told, 'wasm')?.detail).toMatch(
        new RegExp(
          [
            /^WebAssembly refused: RangeError: .*where memory or address space is short/,
            /^SIMD kernels, 4 threads$/,
            /^SIMD kernels, 4 threads, of which not all start: .*address space of the process is limited to [\d.]+ GB/,
          ]
            .map(({ source }) => source)
            .join('|'),
        ),
      );
    },
  );

  it.for([
    { host: 'like a page without WebAssembly', before: DELETE_WASM, found: ['js'] },
    { host: 'like a page that refuses to compile', before: REFUSE_COMPILING, found: ['js'] },
    {
      host: 'like a page without a navigator, workers, coders or channels',
      before: `${NO_CODERS} delete globalThis.navigator;`,
      found: ['js', 'wasm'],
    },
  ])('$host gives the bits of Node', ({ host, before, found }) => {
    const told = run({ host, before }, 'browser');
    expect(told.ids).toEqual(plain.ids);
    expect(told.devices.filter((device) => device.found && CPU.has(device.name)).map(({ name }) => name)).toEqual(
      found,
    );
  });
});
