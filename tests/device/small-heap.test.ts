// A kernels' memory that is far too small: nothing fails, and every bit is that of a memory with room (which
// tests/oracle and tests/ops hold against plain JavaScript).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { WasmDevice } from '../../src/core/device/wasm/device.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { nodeThreads } from '../../src/host/node/threads.ts';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { openSheet } from '../../src/core/sheet/open.ts';

const MIB = 2 ** 20;

/** A sheet whose kernels' memory cannot grow beyond 6 MiB. */
async function openSmall(threads: number, budgetBytes = 2 ** 30): Promise<SymbolicSheet> {
  return openSheet(SymbolicSheet as never, await nodeHost(), { budgetBytes, class: 'exact' }, async () => {
    const js = new JsDevice();
    const wasm = new WasmDevice(js, { threads, host: nodeThreads(), roomBytes: budgetBytes, maximumBytes: 6 * MIB });
    return { devices: [js, wasm], memory: wasm.linearMemory };
  });
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
const isSame = (a: ArrayBufferView, b: ArrayBufferView): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

/** Programs whose operands, results and working copies are more than 6 MiB together. */
const PROGRAMS: Readonly<Record<string, (sheet: SymbolicSheet) => Tensor>> = {
  'a product of large factors': (s) =>
    s.randomNormal([300, 2500], { seed: 1 }).matmul(s.randomNormal([2500, 40], { seed: 2 })),
  'a product of a transposed factor': (s) =>
    s.randomNormal([16_000, 67], { seed: 1 }).matmul(s.randomNormal([16_000, 3], { seed: 2 }), { transposeA: true }),
  'a product with a transposed second factor': (s) =>
    s.randomNormal([90, 2500], { seed: 1 }).matmul(s.randomNormal([500, 2500], { seed: 2 }), { transposeB: true }),
  'a gram matrix': (s) => {
    const x = s.randomNormal([16_000, 64], { seed: 3 });
    return x.matmul(x, { transposeA: true });
  },
  'products in batches': (s) =>
    s.randomNormal([3, 300, 400], { seed: 4 }).matmul(s.randomNormal([400, 500], { seed: 5 })),
  'products of float64': (s) =>
    s
      .randomNormal([500, 700], { seed: 6, dtype: 'float64' })
      .matmul(s.randomNormal([700, 300], { seed: 7, dtype: 'float64' })),
  'maps of more elements than there is room': (s) => s.randomNormal([900_000], { seed: 8 }).multiply(3).tanh().add(1),
  'reductions along every axis': (s) => {
    const x = s.randomNormal([900, 1000], { seed: 9 });
    return s.concat([x.sum({ axis: 0 }), x.max({ axis: 1 }), x.std({ axis: 0 }), x.mean({ axis: 1 })]);
  },
  'linear systems': (s) => {
    const x = s.randomNormal([500, 400], { seed: 10, dtype: 'float64' });
    return x
      .matmul(x, { transposeA: true })
      .add(s.eye(400, { dtype: 'float64' } as never))
      .solve(s.randomNormal([400, 500], { seed: 11, dtype: 'float64' }));
  },
  'gathered rows': (s) => s.randomNormal([20_000, 50], { seed: 12 }).take(s.randomPermutation(20_000, { seed: 13 })),
};

describe("a kernels' memory of 6 MiB", () => {
  let roomy: SymbolicSheet;

  beforeAll(async () => {
    roomy = await SymbolicSheet.open({ devices: ['wasm', 'js'], class: 'exact', threads: 1, cache: 'off' });
  });
  afterAll(() => roomy.close());

  it.each(Object.entries(PROGRAMS))('%s: is right to the last bit, on one thread and on two', async (_, program) => {
    const expected = await program(roomy).data();
    for (const threads of [1, 2]) {
      await using sheet = await openSmall(threads);
      expect(isSame(await program(sheet).data(), expected), `${threads} threads`).toBe(true);
    }
  });

  it('runs a loop whose kept results are many times that, and still reads what handles held before it', async () => {
    await using sheet = await openSmall(1);
    const x = sheet.randomNormal([100_000], { seed: 1 });
    await sheet.compute(x);
    const before = await x.data();
    const held: Tensor[] = [];
    for (let i = 0; i < 30; i++) {
      const y = x.multiply(i + 2).cos();
      held.push(y.add(1));
      await sheet.compute(held.at(-1)!);
      await y
        .reshape([1000, 100])
        .matmul(sheet.randomNormal([100, 600], { seed: 2 }))
        .sum()
        .item();
    }
    expect(isSame(await x.data(), before)).toBe(true);
    expect(
      isSame(await held[7]!.data(), await roomy.randomNormal([100_000], { seed: 1 }).multiply(9).cos().add(1).data()),
    ).toBe(true);
  });

  it('lets kept results go and moves what handles hold, when kernels need room', async () => {
    await using sheet = await openSmall(1);
    const handles = Array.from({ length: 11 }, (_, i) => sheet.randomNormal([100_000], { seed: i }));
    await sheet.compute(...handles);
    const homes = () => handles.filter(({ call: expression }) => expression.value?.block.address !== 0).length;
    const before = homes();
    const values = await Promise.all(handles.map((handle) => handle.data()));
    // Operands of 1.6 MB each, which kernels read where they have copied them to.
    const a = sheet.randomNormal([400_000], { seed: 90 }).reshape([500, 800]);
    const b = sheet.randomNormal([400_000], { seed: 91 }).reshape([800, 500]);
    await a.matmul(b).data();
    expect(before).toBeGreaterThan(8);
    expect(homes()).toBeLessThan(before);
    for (const [i, handle] of handles.entries())
      expect(isSame(await handle.data(), values[i] as ArrayBufferView)).toBe(true);
  });
});

describe('kernels that count to a thousand', () => {
  it('leave what has more elements to plain JavaScript, with the same bits', async () => {
    const js = new JsDevice();
    const wasm = new WasmDevice(js, { threads: 1, host: nodeThreads(), roomBytes: MIB, maximumElements: 1000 });
    await using sheet = await openSheet(SymbolicSheet as never, await nodeHost(), { cache: 'off' }, async () => ({
      devices: [js, wasm],
      memory: wasm.linearMemory,
    }));
    await using roomy = await SymbolicSheet.open({ devices: ['js'] });
    const programs: readonly ((s: SymbolicSheet, size: number) => Tensor)[] = [
      (s, size) => s.randomNormal([size], { seed: 1 }),
      (s, size) => s.arange(size).multiply(3).cos(),
      (s, size) => s.arange(size).sum(),
      (s, size) => s.arange(size).argmax(),
      (s, size) => s.arange(size).take(s.arange(size, { dtype: 'int32' })),
      (s, size) => s.arange(size).softmax(),
    ];
    for (const program of programs)
      for (const size of [999, 1000, 1001, 4096]) {
        const result = program(sheet.with({ device: 'wasm' }) as never, size);
        expect(isSame(await result.data(), await program(roomy, size).data()), `${size} elements`).toBe(true);
        expect(JSON.stringify(result.explain()).includes('count no more than'), `${size} elements`).toBe(size >= 1000);
      }
  });
});
