// Where values are: chains stay on the GPU, its memory stays within its budget, ids are made where the bytes are.
import { afterEach, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import type { Block, Value } from '../../src/core/tensor/block.ts';
import { openWatched, type WatchedSheet } from './watched-gpu.ts';
import { partsOf } from '../parts.ts';
import { extent } from '../run/extent.ts';

const SIDE = 16;
const noise = (count: number, seed = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed) / 2);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

let opened: WatchedSheet | undefined;
afterEach(() => opened?.sheet.close());
const open = async (...options: Parameters<typeof openWatched>): Promise<WatchedSheet> =>
  (opened = await openWatched(...options));

/** The largest readback: what is read beside elements are proofs and times, of some hundred bytes. */
const PROOF_BYTES = 1024;
const elementsRead = ({ watch }: WatchedSheet): number => watch.readbacks.filter((size) => size > PROOF_BYTES).length;

async function onJs<R>(run: (sheet: SymbolicSheet) => Promise<R>): Promise<R> {
  await using sheet = await SymbolicSheet.open({ devices: ['js'] });
  return run(sheet);
}

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(got.length).toBe(wanted.length);
  let largest = 1e-30,
    worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i]!));
    worst = Math.max(worst, Math.abs(got[i]! - wanted[i]!));
  }
  expect(worst / largest).toBeLessThan(1e-5);
}

describe('a chain of ops', () => {
  const chain = (sheet: Pick<SymbolicSheet, 'tensor'>): Tensor => {
    const x = sheet.tensor(noise(SIDE * SIDE), [SIDE, SIDE]);
    return x
      .matmul(x)
      .add(1)
      .exp()
      .matmul(x.permuteDims([1, 0]))
      .softmax({ axis: 1 })
      .multiply(x);
  };

  it('is kept in the budget of the GPU, not in that of RAM', async () => {
    const { gpu, sheet } = await open({ budgetBytes: 2 ** 18, gpuBudgetBytes: 2 ** 26 });
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const x = gpu.tensor(noise(2 ** 14));
    const scales = Array.from({ length: 32 }, (_, i) => i + 1);
    for (const scale of scales) await gpu.compute(gpu.multiply(x, scale));
    expect(sheet.stats()).toMatchObject({ evictions: 0, deviceBytes: 32 * 2 ** 16 });
    const { hits } = sheet.stats().counters;
    for (const scale of scales) await gpu.compute(gpu.multiply(x, scale));
    expect(sheet.stats().counters.hits - hits).toBe(32);
    expect(await sheet.report()).toMatch(/ · RAM \S+ MB · GPU 2\S* MB$/);
    for (const scale of scales) await gpu.multiply(x, scale).data();
    const { deviceBytes, sizeBytes } = sheet.stats();
    expect([deviceBytes, sizeBytes <= 2 ** 18]).toEqual([0, true]);
  });

  it('reads nothing back until its elements are asked for, and then once', async () => {
    const watched = await open();
    const result = chain(watched.gpu);
    await watched.gpu.compute(result);
    expect(elementsRead(watched)).toBe(0);
    const data = (await result.data()) as Float32Array;
    expect(elementsRead(watched)).toBe(1);
    expect(await result.data()).toEqual(data);
    expect(elementsRead(watched)).toBe(1);
    expectClose(data, await onJs(async (sheet) => (await chain(sheet).data()) as Float32Array));
  });

  it('of small tensors becomes one kernel when it comes again, with the same values', async () => {
    const { gpu, sheet } = await open();
    const calls: number[] = [];
    const results: Float32Array[] = [];
    for (const seed of [1, 2, 3]) {
      const before = sheet.stats().counters.kernelCalls;
      results.push((await gpu.tensor(noise(64, seed)).multiply(2).add(0.5).exp().tanh().data()) as Float32Array);
      calls.push(sheet.stats().counters.kernelCalls - before);
    }
    expect(calls).toEqual([4, 1, 1]);
    for (const [i, seed] of [1, 2, 3].entries())
      expectClose(
        results[i]!,
        noise(64, seed).map((x) => Math.tanh(Math.exp(2 * x + 0.5))),
      );
  });

  it('fused into few kernels has the same values', async () => {
    const watched = await open();
    Object.assign(partsOf(watched.sheet), { fusedElements: 1 });
    const { kernelCalls } = watched.sheet.stats().counters;
    const both = (sheet: Pick<SymbolicSheet, 'tensor'>): Tensor[] => {
      const [x, row, column] = [
        sheet.tensor(noise(SIDE * SIDE), [SIDE, SIDE]),
        sheet.tensor(noise(SIDE, 3), [SIDE]),
        sheet.tensor(noise(SIDE, 4), [SIDE, 1]),
      ];
      return [
        x.matmul(x).add(row).multiply(column).tanh(),
        x.subtract(row).multiply(x).sum({ axis: 1 }),
        x.matmul(row).add(row).exp(),
        x
          .reshape([2, 8, SIDE])
          .matmul(x)
          .multiply(sheet.tensor(noise(2, 5), [2, 1, 1]))
          .add(1),
        x.multiply(2).add(column).exp().max(),
      ];
    };
    const fused = both(watched.gpu);
    const data = await Promise.all(fused.map((tensor) => tensor.data()));
    expect(fused.map((tensor) => tensor.explain().toString()).join('\n')).not.toContain('not on webgpu');
    expect(watched.sheet.stats().counters.kernelCalls - kernelCalls).toBeLessThan(12);
    const wanted = await onJs((sheet) => Promise.all(both(sheet).map((tensor) => tensor.data())));
    data.forEach((got, i) => expectClose(got as Float32Array, wanted[i] as Float32Array));
  });

  it('that is computed again makes no bind groups again', async () => {
    const { gpu, watch } = await open({ cache: 'off' });
    const x = gpu.tensor(noise(SIDE * SIDE), [SIDE, SIDE]);
    const links = async (): Promise<number> => {
      const before = watch.groups;
      const y = x.matmul(x).matmul(x).matmul(x);
      await gpu.compute(y);
      y.dispose();
      await turn();
      return watch.groups - before;
    };
    expect(await links()).toBeGreaterThan(0);
    for (let i = 0; i < 3; i++) await links();
    expect(await links()).toBe(0);
  });

  it('goes to the CPU and back where the GPU has no kernel', async () => {
    const { gpu, sheet } = await open();
    const mixed = (view: Pick<SymbolicSheet, 'tensor'>): Tensor => {
      const x = view.tensor(noise(SIDE * SIDE), [SIDE, SIDE]);
      const spd = x.matmul(x, { transposeB: true }).add(
        view.tensor(
          Float32Array.from({ length: SIDE * SIDE }, (_, i) => (i % (SIDE + 1) === 0 ? SIDE : 0)),
          [SIDE, SIDE],
        ),
      );
      return spd.cholesky().matmul(x).astype('float64').sum({ axis: 0 }).astype('float32').add(x);
    };
    const result = mixed(gpu);
    expectClose(
      (await result.data()) as Float32Array,
      await onJs(async (js) => (await mixed(js).data()) as Float32Array),
    );
    expect(sheet.stats().counters.failures).toBe(0);
  });

  it('is found where it was kept, on the device', async () => {
    const watched = await open();
    const x = watched.gpu.tensor(noise(SIDE * SIDE), [SIDE, SIDE]);
    await watched.gpu.compute(x.matmul(x));
    const before = watched.sheet.stats().counters.kernelCalls;
    const again = x.matmul(x);
    await watched.gpu.compute(again);
    expect([watched.sheet.stats().counters.kernelCalls, again.source, elementsRead(watched)]).toEqual([
      before,
      'ram',
      0,
    ]);
    await x.matmul(x).add(1).data();
    expect([watched.sheet.stats().counters.kernelCalls, elementsRead(watched)]).toEqual([before + 1, 1]);
  });

  it('that was computed is found without a wait for what else the GPU does', async () => {
    const { gpu, watch } = await open();
    const x = gpu.tensor(noise(SIDE * SIDE), [SIDE, SIDE]);
    await gpu.compute(x.matmul(x));
    const large = gpu.tensor(noise(256 * 256), [256, 256]);
    let [asked, arrived] = [0, 0];
    watch.onWait = (what) =>
      void (what.startsWith('before reading') ? asked++ : what.startsWith('after reading') ? arrived++ : 0);
    const other = gpu.compute(large.matmul(large).matmul(large));
    for (let i = 0; i < 1000 && asked === 0; i++) await Promise.resolve();
    await gpu.compute(x.matmul(x));
    expect([asked, arrived]).toEqual([1, 0]);
    await other;
    expect(arrived).toBe(1);
  });

  it('of an eager sheet, or under laws and digests that look at elements, has the same values', async () => {
    const wanted = await onJs(async (sheet) => (await chain(sheet).data()) as Float32Array);
    for (const options of [
      { eager: true },
      { policy: { finite: 'deny' as const } },
      { trace: { digests: 'full' as const } },
    ]) {
      const { gpu, sheet } = await open(options);
      expectClose((await chain(gpu).data()) as Float32Array, wanted);
      if (options.trace !== undefined)
        expect(sheet.trace.annotations().filter((note) => 'digest' in note || 'bytes' in note).length).toBeGreaterThan(
          0,
        );
      await sheet.close();
    }
    const { gpu } = await open({ policy: { finite: 'deny' } });
    await expect(gpu.divide(noise(SIDE), 0).data()).rejects.toMatchObject({ code: 'POLICY' });
  });

  it('without end holds no past, computes nothing twice and stays on the device', async () => {
    const { gpu, sheet } = await open();
    Object.assign(partsOf(sheet), { fusedElements: Infinity });
    let x: Tensor = gpu.tensor(new Float32Array(8));
    const LENGTH = 4096 + 600;
    for (let i = 0; i < LENGTH; i++) {
      x = x.add(1);
      if (i % 8 === 0) await gpu.compute(x);
    }
    expect([...((await x.data()) as Float32Array)]).toEqual(Array.from({ length: 8 }, () => LENGTH));
    expect(sheet.stats().counters.kernelCalls).toBe(LENGTH);
    expect(x.call.depth).toBeLessThan(1000);
  });

  it('can be read after its handle was made, and after an abort of somebody else who waited', async () => {
    const { gpu, sheet } = await open();
    const controller = new AbortController();
    const x = gpu.tensor(noise(SIDE * SIDE), [SIDE, SIDE]);
    const waiting = sheet.with({ device: 'webgpu', signal: controller.signal }).matmul(x, x).data();
    const other = x.matmul(x).data();
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    expectClose(
      (await other) as Float32Array,
      await onJs(async (js) => {
        const y = js.tensor(noise(SIDE * SIDE), [SIDE, SIDE]);
        return (await y.matmul(y).data()) as Float32Array;
      }),
    );
  });

  it('is not waited for by somebody whose signal has fired, and what arrives later is let go', async () => {
    const { sheet, gpu: calm, watch } = await open({ cache: 'off' });
    const x = calm.tensor(noise(SIDE * SIDE), [SIDE, SIDE]);
    const calmly = x.exp();
    await calm.compute(calmly);
    calmly.dispose();
    sheet.forget();
    const withOperand = watch.bytes;
    for (const wait of ['data', 'compute', 'fingerprint'] as const) {
      const controller = new AbortController();
      const gpu = sheet.with({ device: 'webgpu', signal: controller.signal });
      const product = gpu.matmul(x, x);
      const events: string[] = [];
      watch.onWait = (what) => {
        if (what.startsWith('before reading')) controller.abort();
        if (what.startsWith('after reading')) events.push('read');
      };
      const waiting = (wait === 'compute' ? gpu.compute(product) : product[wait]()).catch(
        (error: { code: string }) => void events.push(error.code),
      );
      await waiting;
      await expect.poll(() => events.slice(0, 2), { message: wait }).toEqual(['ABORTED', 'read']);
      await turn();
      product.dispose();
    }
    sheet.forget();
    expect(watch.bytes).toBe(withOperand);
  });
});

describe('the memory of a GPU', () => {
  const COUNT = 2048; // 8 KiB a tensor

  it(
    'stays within its budget over hundreds of results, many times what fits; those that had to leave are right in ' +
      'RAM',
    async () => {
      const budget = 1 << 19;
      const { gpu, sheet, device, watch } = await open({ gpuBudgetBytes: budget });
      const x = gpu.tensor(noise(COUNT));
      const held: Tensor[] = [];
      for (let i = 0; i < extent(300, 600); i++) {
        const y = x.multiply(i);
        if (i % 10 === 0) held.push(y);
        await gpu.compute(y);
        expect(watch.bytes).toBeLessThanOrEqual(budget + (1 << 17)); // parameters and proofs beside it
      }
      expect(device.memory.gpu.demotions).toBeGreaterThan(100);
      const elements = noise(COUNT);
      for (const [k, y] of held.entries())
        if (k % 20 === 0)
          expect([...((await y.data()) as Float32Array)]).toEqual(Array.from(elements, (v) => Math.fround(v * k * 10)));
      expect(watch.warnings).toEqual([]);
      expect(sheet.stats().counters.failures).toBe(0);
    },
  );

  it('stays within its budget inside one demand, whatever that keeps', async () => {
    const budget = 1 << 18;
    const { gpu, sheet, device, watch } = await open({ gpuBudgetBytes: budget });
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    let x: Tensor = gpu.tensor(noise(COUNT));
    const parts: Tensor[] = [];
    for (let i = 0; i < 300; i++) parts.push((x = x.add(1)));
    const sum = sheet
      .with({ device: 'webgpu' })
      .execute(
        'stack',
        parts.filter((_, i) => i % 20 === 0),
      )
      .sum({ axis: 1 });
    const [last, sums] = await Promise.all([x.data(), sum.data()]);
    expect(watch.mostBytes).toBeLessThanOrEqual(budget + (1 << 17));
    expect(device.memory.gpu.demotions).toBeGreaterThan(50);
    expect((last as Float32Array)[0]).toBeCloseTo(noise(COUNT)[0]! + 300, 2);
    expect(Math.abs((sums as Float32Array)[0]! / COUNT - 1)).toBeLessThan(0.01);
  });

  it('gives up what is in RAM as well first, and then what is worth least', async () => {
    const { gpu } = await open({ gpuBudgetBytes: 8 * 4 * COUNT, cache: 'off' });
    const worths = [0.5, 0.2, 0.7, 0.1, 0.4, 0.6];
    const blockOf = (tensor: Tensor): Block => (tensor.call.value as Value).block;
    const worth = async (tensor: Tensor, score: number): Promise<Tensor> => {
      await gpu.compute(tensor);
      blockOf(tensor).worth = score;
      return tensor;
    };
    const held: Tensor[] = [];
    for (const [i, score] of worths.entries()) held.push(await worth(gpu.full([COUNT], i), score));
    await held[2]!.data();
    const left: number[] = [];
    const later: Tensor[] = [];
    for (let i = 0; left.length < worths.length; i++) {
      later.push(await worth(gpu.full([COUNT], 100 + i), 1));
      held.forEach((tensor, k) => {
        if (blockOf(tensor).residence === undefined && !left.includes(k)) left.push(k);
      });
    }
    expect(left).toEqual([2, 3, 1, 4, 0, 5]);
    for (const [k, tensor] of held.entries()) expect((await tensor.data())[COUNT - 1]).toBe(k);
  });

  it('has room for digests too, or they are made in RAM', async () => {
    const { gpu, sheet, watch } = await open({ gpuBudgetBytes: 4 * 4 * COUNT, cache: 'off' }, { digests: 'device' });
    const held: Tensor[] = [];
    const empty = watch.bytes;
    for (let i = 0; i < 4; i++) {
      held.push(gpu.full([COUNT], i));
      await gpu.compute(held[i]!);
    }
    for (const [i, tensor] of held.entries())
      expect(await tensor.fingerprint()).toBe(await sheet.full([COUNT], i).fingerprint());
    expect(watch.mostBytes - empty).toBeLessThanOrEqual(4 * 4 * COUNT);
  });

  it('holds a tensor as large as its buffers and bindings may be', async () => {
    // A class of buffers is larger than that, and so is a readback with its proof.
    const count = 1_249_996;
    const { gpu, watch } = await open(
      {},
      {},
      { maxBufferSize: 4 * count + 16, maxStorageBufferBindingSize: 4 * count },
    );
    const x = gpu.tensor(noise(count));
    const y = x.multiply(2);
    await gpu.compute(y);
    const data = (await y.data()) as Float32Array;
    expect(watch.readbacks.length).toBeGreaterThan(1);
    const wanted = noise(count);
    expect(data.findIndex((value, i) => value !== Math.fround(wanted[i]! * 2))).toBe(-1);
    expect([watch.warnings, y.explain().toString().includes('not on webgpu')]).toEqual([[], false]);
  });

  it('is not asked for what it can never hold', async () => {
    const { gpu } = await open({ gpuBudgetBytes: 1 << 14 });
    const sum = gpu.tensor(noise(COUNT)).add(gpu.tensor(noise(COUNT, 2)));
    await sum.data();
    expect(sum.explain().toString()).toMatch(
      new RegExp(
        /not on webgpu: its buffers do not fit: 24576 bytes \(each a size class; 0 are scratch\) are /.source +
          /more than the budget of 16384; open\(\{ gpuBudgetBytes \}\) with more/.source,
      ),
    );
  });

  it('is free again when everything was forgotten and disposed of, and when the sheet is closed', async () => {
    const { gpu, sheet, device, watch } = await open();
    const empty = watch.bytes;
    const handles: Tensor[] = [];
    const x = gpu.tensor(noise(COUNT));
    for (let i = 0; i < 50; i++) handles.push(x.multiply(i));
    await gpu.compute(...handles);
    expect(watch.bytes).toBeGreaterThan(empty + 40 * 8192);
    for (const handle of [...handles, x]) handle.dispose();
    sheet.forget();
    await turn();
    // What is left is the copy of the operand, which goes when its array is collected.
    expect(watch.bytes).toBeLessThanOrEqual(empty + 2 * 8192);
    expect(device.memory.gpu.budgetBytes).toBe(2 ** 30);
    let gone = false;
    void watch.devices[0]?.lost.then(() => (gone = true));
    await sheet.close();
    await turn();
    expect(gone).toBe(true);
  });
});

describe('content ids of values on a GPU', () => {
  it('are those of the CPU, without reading elements, for every dtype and for views', async () => {
    const watched = await open({}, { digests: 'device' });
    const { gpu, sheet } = watched;
    for (const dtype of ['float32', 'int32', 'uint8', 'bool'] as const) {
      const x = gpu.tensor(noise(3000).map((v) => v * 50)).astype(dtype);
      for (const y of [x, x.reshape([3, 1000]), x.reshape([3000, 1])]) {
        watched.watch.readbacks.length = 0;
        const id = await y.fingerprint();
        expect(elementsRead(watched)).toBe(0);
        const array = await y.data();
        expect(await sheet.tensor(array, y.shape, { dtype }).fingerprint(), `${dtype} [${y.shape.join()}]`).toBe(id);
      }
    }
  });

  it('are made in RAM on software adapters, and where it was measured to be quicker', async () => {
    for (const digests of [undefined, 'quicker'] as const) {
      const watched = await open({}, digests === undefined ? {} : { digests });
      const x = watched.gpu.tensor(noise(2 ** 18)).add(1);
      await watched.gpu.compute(x);
      watched.watch.readbacks.length = 0;
      await x.fingerprint();
      // Software computes a digest slower than it copies.
      expect(elementsRead(watched)).toBe(1);
      await watched.sheet.close();
    }
  });

  it('are of the bits that every later read gives, also where an exact view saw them first', async () => {
    const { sheet, gpu } = await open({}, { digests: 'device' });
    for (const [seed, see] of (['exact', 'fingerprint', 'gpuBuffer'] as const).entries()) {
      const x = gpu.tensor(noise(4096, seed).map((v) => v * 18));
      const seen = await gpu.exp(x).multiply(gpu.sin(x));
      await gpu.compute(seen);
      const before = see === 'exact' ? undefined : await seen[see]();
      const exact = sheet.with({ class: 'exact' }).multiply(seen, 1);
      const id = await seen.fingerprint();
      if (see === 'fingerprint') expect(before).toBe(id);
      const elements = await seen.data();
      expect(await sheet.tensor(elements).fingerprint(), see).toBe(id);
      expect(await exact.data()).toEqual(elements);
      expect(await sheet.with({ class: 'exact' }).multiply(seen, 1).data()).toEqual(elements);
    }
  });
});
