// A GPU that goes away: at every point where the library waits for it, by refusing or dropping commands, for want of
// memory. Never a wrong result.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import type { Entrance } from '../ops/samples.ts';
import { extent } from '../run/extent.ts';
import { programOf } from '../run/program.ts';
import { noMemory, openWatched, type WatchedSheet } from './watched-gpu.ts';

const SIDE = 8;
const ELEMENTS = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i) / 2);
const CHAIN = 1;

const unhandled: unknown[] = [];
const take = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', take));
afterAll(() => void process.off('unhandledRejection', take));
beforeEach(() => void (unhandled.length = 0));

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Computes, waits, reads, uploads, makes content ids: all elements read, one list. */
async function program(sheet: Entrance & Pick<SymbolicSheet, 'compute'>): Promise<number[]> {
  const read: number[] = [];
  for (let i = 0; i < CHAIN; i++) {
    const x = sheet.tensor(
      ELEMENTS.map((value) => value + i),
      [SIDE, SIDE],
    );
    const product = x.matmul(x);
    await sheet.compute(product);
    const scaled = product.multiply(0.25);
    const [sums, elements] = await Promise.all([scaled.sum({ axis: 0 }).data(), scaled.data()]);
    read.push(...(sums as Float32Array), ...(elements as Float32Array));
    await product.fingerprint();
  }
  return read;
}

let expected: readonly number[];
beforeAll(async () => {
  await using sheet = await SymbolicSheet.open({ devices: ['js'] });
  expected = await program(sheet);
});

function expectRight(read: readonly number[]): void {
  expect(read.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  expect(Math.max(...read.map((x, i) => Math.abs(x - expected[i]!))) / largest).toBeLessThan(1e-5);
}

/** What a loss must come to: right values, one line for people, nothing left over. */
async function expectRecovery({ sheet, gpu, watch, device }: WatchedSheet, losses = 1): Promise<void> {
  expectRight(await program(gpu));
  await turn();
  expect(watch.warnings.length, watch.warnings.join('\n')).toBe(losses);
  expect(watch.warnings[0]).toMatch(
    /^WebGPU: .*It is opened again; until then other devices compute, results are not affected\.$/,
  );
  expect(sheet.stats().counters.failures).toBe(0);
  expect(device.memory.sharing.device, 'it is open again').toBe(watch.devices.at(-1));
  expect(watch.devices.length).toBe(losses + 1);
  await sheet.close();
  await turn();
  expect(unhandled).toEqual([]);
}

describe('a device that is lost', () => {
  it('at whatever point somebody waits for it is opened again, and every result is right', async () => {
    const kinds = new Set<string>();
    const waits: string[] = [];
    const kindOf = (what: string): string => what.replace(/\d+/, 'some');
    let opened = await openWatched({}, { digests: 'device' });
    opened.watch.onWait = (what) => void waits.push(kindOf(what));
    expectRight(await program(opened.gpu));
    opened.watch.onWait = () => {};
    await opened.sheet.close();
    expect(waits.length).toBeGreaterThan(15);
    const isChosen = (kind: string, i: number): boolean =>
      i % 12 === 0 || i === waits.indexOf(kind) || i === waits.lastIndexOf(kind);
    for (const [i, kind] of waits.entries()) {
      if (extent(!isChosen(kind, i), false)) continue;
      opened = await openWatched({}, { digests: 'device' });
      const { watch } = opened;
      let count = 0;
      watch.onWait = (what) => {
        if (++count !== i + 1) return;
        kinds.add(kindOf(what));
        watch.devices[0]!.destroy();
      };
      await expectRecovery(opened);
    }
    expect([...kinds].sort()).toEqual([
      'after compiling',
      'after errors',
      'after reading some bytes',
      'before compiling',
      'before errors',
      'before reading some bytes',
    ]);
  });

  it('between two demands takes nothing along that cannot be computed again', async () => {
    const { sheet, gpu, watch } = await openWatched();
    const x = gpu.tensor(ELEMENTS, [SIDE, SIDE]);
    const product = x.matmul(x);
    const doubled = product.multiply(2);
    await gpu.compute(product, doubled);
    const before = sheet.stats().counters.kernelCalls;
    watch.devices[0]!.destroy();
    await turn();
    const [p, d] = [await product.data(), await doubled.data()];
    expect([...d]).toEqual(Array.from(p as Float32Array, (value) => 2 * value));
    expect(sheet.stats().counters.kernelCalls).toBeGreaterThan(before);
    // On the device that was opened again.
    await turn();
    const again = gpu.add(x, 1);
    await again.data();
    expect(again.explain().toString()).not.toContain('not on webgpu');
    await sheet.close();
  });

  it('again and again is left alone after a few times, with a reason', async () => {
    const { sheet, gpu, watch } = await openWatched({ cache: 'off' });
    const feed = sheet.events();
    for (let i = 0; i < 4; i++) {
      watch.devices.at(-1)!.destroy();
      await turn();
      await turn();
      expectRight(await program(gpu));
    }
    expect(watch.devices.length).toBe(4);
    expect(watch.warnings.at(-1)).toMatch(/It happened too often: from now on other devices compute/);
    expect(sheet.devices().find(({ name }) => name === 'webgpu')?.detail).toContain('not in use');
    expect(() => sheet.gpuDevice()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    await sheet.close();
    const states: string[] = [];
    for await (const event of feed) if (event.kind === 'device') states.push(event.state);
    const round = ['lost', 'opened again'];
    expect(states).toEqual([...round, ...round, ...round, 'given up']);
  });

  it('and cannot be opened again leaves the work to the others', async () => {
    const { sheet, gpu, watch } = await openWatched();
    watch.onReopen = () => {
      throw new TypeError('no GPU answers any more');
    };
    watch.devices[0]!.destroy();
    await turn();
    expectRight(await program(gpu));
    expect(sheet.devices().find(({ name }) => name === 'webgpu')?.detail).toContain('no GPU answers any more');
    await expect(gpu.add(ELEMENTS, 1).gpuBuffer()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /no GPU answers any more\. It does not come back; read elements with data\(\), or open another sheet\.$/,
      ),
    });
    expect(() => sheet.gpuDevice()).toThrow(/It does not come back/);
    await sheet.close();
    expect(unhandled).toEqual([]);
  });

  it('is waited for by whoever asks for a buffer on it', async () => {
    const { sheet, gpu, watch } = await openWatched();
    const sum = gpu.tensor(ELEMENTS).add(1);
    await gpu.compute(sum);
    watch.onReopen = () => turn().then(turn);
    watch.devices[0]!.destroy();
    await turn();
    expect(() => sheet.gpuDevice()).toThrow(
      expect.objectContaining({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(
          /is being opened again after a loss .*gpuBuffer\(\) waits for it: await one, then call this again\.$/,
        ),
      }),
    );
    const buffer = await sum.gpuBuffer();
    expect(sheet.gpuDevice()).toBe(watch.devices[1]);
    expect([...(await gpu.tensor(buffer, [ELEMENTS.length]).data())]).toEqual([...(await sum.data())]);
    await sheet.close();
  });
});

describe('a device that is the only one', () => {
  const alone = (options = {}): Promise<WatchedSheet> => openWatched({ devices: ['webgpu'], ...options });

  it('is waited for when it was lost, by who reads, computes or borrows its buffer, whatever is left', async () => {
    const { sheet, watch } = await alone();
    const x = sheet.tensor(ELEMENTS, [SIDE, SIDE]);
    const wanted = await x.matmul(x).add(1).data();
    for (const wait of ['data', 'fingerprint', 'gpuBuffer', 'compute'] as const) {
      const product = await x.matmul(x);
      const sum = product.add(1);
      await sheet.compute(product, sum);
      watch.devices.at(-1)!.destroy();
      if (watch.devices.length % 2 === 0) await turn();
      await (wait === 'compute' ? sheet.compute(sum) : sum[wait]());
      expect(await sum.data()).toEqual(wanted);
      await sheet.compute(sum, product);
      if (watch.devices.length === 3) break;
    }
    await sheet.close();
  });

  it('and cannot be opened again says so to who waits, as do the reports of devices', async () => {
    const { sheet, watch } = await alone();
    const product = sheet.matmul(sheet.tensor(ELEMENTS, [SIDE, SIDE]), sheet.tensor(ELEMENTS, [SIDE, SIDE]));
    watch.onReopen = () => {
      throw new TypeError('no GPU answers any more');
    };
    watch.devices[0]!.destroy();
    await expect(product.data()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/^matmul: no device .*webgpu: .*no GPU answers any more.*add "js"/),
    });
    expect(sheet.devices().find(({ name }) => name === 'webgpu')).toMatchObject({
      found: false,
      detail: expect.stringContaining('no GPU answers any more'),
    });
    expect(() => sheet.gpuDevice()).toThrow('no GPU answers any more');
    await sheet.close();
  });

  it('says why it does not compute: its shader, its class, that it cannot answer at once', async () => {
    const { sheet, watch } = await alone();
    const device = watch.devices[0]!;
    const create = device.createShaderModule.bind(device);
    device.createShaderModule = (descriptor) => create({ ...descriptor, code: `${descriptor.code}\n oops` });
    const x = sheet.tensor(ELEMENTS, [SIDE, SIDE]);
    const refused = { message: expect.stringContaining('does not compile') };
    await expect(x.exp().data()).rejects.toMatchObject({ code: 'UNAVAILABLE', ...refused, cause: refused });
    await expect(sheet.with({ class: 'exact' }).exp(x).data()).rejects.toMatchObject({
      message: expect.stringContaining('class exact'),
    });
    await sheet.close();
    const eager = await alone({ eager: true });
    expect(() => eager.sheet.exp(eager.sheet.tensor(ELEMENTS))).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE', message: expect.stringContaining('at once') }),
    );
    await eager.sheet.close();
  });

  it('and is closed meanwhile says that to who waits', async () => {
    const { sheet } = await alone();
    const x = sheet.tensor(ELEMENTS, [SIDE, SIDE]);
    const waiting = expect(x.matmul(x).data()).rejects.toMatchObject({ code: 'CLOSED' });
    await sheet.close();
    await waiting;
  });
});

describe('a device that refuses', () => {
  it('a command of anybody on it is not trusted any further', async () => {
    const opened = await openWatched();
    opened.sheet.gpuDevice().createBuffer({ size: 16, usage: 0x3 }); // two usages that exclude each other
    await turn();
    await expectRecovery(opened);
  });

  it.each(extent([1, 2, 6], [1, 2, 3, 4, 5, 6]))('is caught when it drops submission %i without a word', async (at) => {
    const opened = await openWatched({}, { digests: 'device' });
    let count = 0;
    opened.watch.drops = () => ++count === at;
    await expectRecovery(opened);
    expect(opened.watch.warnings[0]).toContain('dropped commands');
  });

  it('for want of memory goes on with half the budget', async () => {
    const opened = await openWatched({ gpuBudgetBytes: 1 << 24 });
    opened.watch.devices[0]?.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: noMemory() }));
    await turn();
    expect(opened.device.memory.gpu.budgetBytes).toBe(1 << 23);
    await expectRecovery(opened);
    expect(opened.watch.warnings[0]).toContain('no memory left');
  });
});

describe('a device with less memory than its budget says', () => {
  const MIB = 2 ** 20;
  /** Tensors of 4 MiB, all held: i at element 3. */
  const many = async ({ gpu }: WatchedSheet, count: number): Promise<Tensor[]> => {
    const held = Array.from({ length: count }, (_, i) => gpu.full([MIB], i));
    for (const tensor of held) await gpu.compute(tensor);
    return held;
  };
  const thirds = (held: readonly Tensor[]): Promise<unknown[]> =>
    Promise.all(held.map(async (tensor) => (await tensor.data())[3]));
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

  it('spills to RAM, holds less from then on, and loses nothing', async () => {
    const opened = await openWatched({ gpuBudgetBytes: 64 * MIB, cache: 'off' });
    const {
      watch,
      sheet,
      device: {
        memory: { gpu },
      },
    } = opened;
    watch.hasMemory = (sizeBytes) => watch.bytes + sizeBytes <= 26 * MIB;
    const held = await many(opened, 20);
    const calls = sheet.stats().counters.kernelCalls;
    expect(await thirds(held)).toEqual(upTo(20));
    expect(sheet.stats().counters.kernelCalls, 'nothing was computed again').toBe(calls);
    expect(gpu.demotions).toBeGreaterThan(10);
    expect(gpu.budgetBytes).toBeLessThan(26 * MIB);
    expect([watch.devices.length, watch.warnings.length]).toEqual([1, 1]);
    expect(watch.warnings[0]).toMatch(
      /^WebGPU: the device had no memory for 4194304 bytes, .* results are not affected\.$/,
    );
    expect(held.at(-1)?.explain().toString()).not.toContain('webgpu refused');
    await sheet.close();
  });

  it('leaves to others what it has no memory for at all, operands from RAM included', async () => {
    const opened = await openWatched({ gpuBudgetBytes: 64 * MIB, cache: 'off' });
    const { watch, sheet, gpu } = opened;
    const small = gpu.full([16], 7);
    await gpu.compute(small);
    watch.hasMemory = (sizeBytes) => sizeBytes < MIB;
    const x = gpu.tensor(new Float32Array(MIB).fill(2));
    const sum = x.add(1);
    expect([await thirds([sum]), await thirds([x.multiply(x)])]).toEqual([[3], [4]]);
    expect(sum.explain().toString()).toMatch(
      /webgpu refused: WebGPU: its buffers do not fit: 8388864 bytes .* the device had no memory for more/,
    );
    await expect(x.gpuBuffer()).rejects.toMatchObject({ code: 'LIMIT' });
    expect([...(await small.add(1).data())]).toEqual(Array.from({ length: 16 }, () => 8));
    expect(watch.devices.length).toBe(1);
    expect(sheet.stats().counters.failures).toBe(0);
    await sheet.close();
    expect(unhandled).toEqual([]);
  });

  it('computes right for many who ask at once', async () => {
    const opened = await openWatched({ gpuBudgetBytes: 64 * MIB, cache: 'off' });
    const { watch, gpu, sheet } = opened;
    watch.hasMemory = (sizeBytes) => watch.bytes + sizeBytes <= 20 * MIB;
    const x = gpu.tensor(new Float32Array(MIB).fill(1));
    expect(await thirds(upTo(12).map((i) => x.multiply(i)))).toEqual(upTo(12));
    expect(watch.devices.length).toBe(1);
    expect(watch.mostBytes).toBeLessThanOrEqual(20 * MIB);
    await sheet.close();
  });

  it('that is lost while it is asked for memory is opened again', async () => {
    const opened = await openWatched({ gpuBudgetBytes: 64 * MIB, cache: 'off' });
    const { watch, sheet } = opened;
    watch.onWait = (what) => {
      if (what === 'before errors') watch.devices[0]!.destroy();
    };
    expect(await thirds(await many(opened, 3))).toEqual(upTo(3));
    await turn();
    expect(watch.devices.length).toBe(2);
    await sheet.close();
    expect(unhandled).toEqual([]);
  });

  it('for a small buffer is not trusted any further', async () => {
    const opened = await openWatched();
    let refused = false;
    opened.watch.hasMemory = () => refused || !(refused = true);
    await expectRecovery(opened);
    expect(opened.watch.warnings[0]).toContain('no memory left');
  });
});

describe('a shader that does not compile', () => {
  const x = (sheet: Entrance, rows = SIDE): Tensor => sheet.tensor(ELEMENTS, [rows, ELEMENTS.length / rows]);
  const lastLine = (tensor: Tensor): string => tensor.explain().toString().split('\n').at(-1)!;
  /** Breaks shaders of a device whose name says so, until what it returns is called. */
  const breakShaders = (device: GPUDevice, broken: (name: string) => boolean): (() => void) => {
    const make = device.createShaderModule.bind(device);
    device.createShaderModule = (descriptor) =>
      make(
        broken(descriptor.label ?? '')
          ? { ...descriptor, code: descriptor.code.replace('fn main(', 'fn main oops(') }
          : descriptor,
      );
    return () => void (device.createShaderModule = make);
  };

  it('is told with the op, the line and the column, and another device computes, now and from then on', async () => {
    const { sheet, gpu, watch } = await openWatched({ cache: 'off' });
    const repair = breakShaders(watch.devices[0]!, () => true);
    const wanted = await sheet.with({ device: 'js' }).matmul(x(sheet), x(sheet)).data();
    const product = x(gpu).matmul(x(gpu));
    expect(await product.data()).toEqual(wanted);
    expect(lastLine(product)).toMatch(
      new RegExp(
        /webgpu refused: matmul: its shader "contract \S+ .*" does not compile on this GPU: line \d+, /.source +
          /column \d+: .* in `fn main\(.*`\. Another device computes it; report this with the adapter's /.source +
          /name\.( \(computing .*\))?$/.source,
      ),
    );
    repair();
    const again = x(gpu).matmul(x(gpu));
    expect(await again.data()).toEqual(wanted);
    expect(lastLine(again)).toMatch(/not on webgpu: its shader "contract/);
    expect(`${lastLine(product)} ${lastLine(again)}`).not.toContain('Error:');
    const exponential = x(gpu).exp();
    await exponential.data();
    expect(lastLine(exponential)).not.toContain('webgpu:');
    expect([watch.warnings, watch.devices.length, sheet.stats().counters.failures]).toEqual([[], 1, 0]);
    await sheet.close();
  });

  it('is missed by nobody who needs another one: other forms of the op go on', async () => {
    const { sheet, gpu, watch } = await openWatched({ cache: 'off' });
    const repair = breakShaders(watch.devices[0]!, () => true);
    for (const tensor of [x(gpu).sum({ axis: 1 }), x(gpu).matmul(x(gpu))]) await tensor.data();
    repair();
    for (const tensor of [
      x(gpu).sum({ axis: 0 }),
      gpu.tensor(ELEMENTS.slice(0, 35), [5, 7]).matmul(gpu.tensor(ELEMENTS.slice(0, 21), [7, 3])),
    ]) {
      await tensor.data();
      expect(lastLine(tensor)).not.toContain('webgpu:');
    }
    await sheet.close();
  });

  it('gives way to another kernel for the same task', async () => {
    const { sheet, gpu, watch } = await openWatched({ cache: 'off' });
    breakShaders(watch.devices[0]!, (name) => name.startsWith('contract direct'));
    const product = x(gpu).matmul(x(gpu));
    const wanted = (await sheet.with({ device: 'js' }).matmul(x(sheet), x(sheet)).data()) as Float32Array;
    ((await product.data()) as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
    expect(lastLine(product)).not.toContain('webgpu:');
    expect(lastLine(product)).not.toContain('refused');
    await sheet.close();
  });

  it('of content ids leaves them to the CPU', async () => {
    const { sheet, gpu, watch } = await openWatched({}, { digests: 'device' });
    const product = x(gpu).matmul(x(gpu));
    await gpu.compute(product);
    breakShaders(watch.devices[0]!, () => true);
    const id = await product.fingerprint();
    expect(await sheet.tensor(await product.data(), [SIDE, SIDE]).fingerprint()).toBe(id);
    await sheet.close();
  });
});

describe('a process', () => {
  it('whose GPU is lost, and which never closes its sheet, ends by itself', async () => {
    const run = promisify(execFile);
    const { stdout, stderr } = await run(process.execPath, [await programOf('tests/gpu/losing-process.ts')], {
      timeout: 60_000,
    });
    expect(stdout.trim()).toBe('4 4 | 4 4');
    expect(stderr).toMatch(/symbolic-sheet: WebGPU: the device was lost/);
  });
});
