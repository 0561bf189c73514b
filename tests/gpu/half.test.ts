// float16 on a GPU: the bits of the CPU for conversions and for elements that are only moved, within a unit for what is
// computed.
import { leftToCpu, uncovered } from './coverage.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FLOAT16 } from '../../kernels/codecs/codecs.ts';
import type { FloatLayout } from '../../kernels/codecs/codec.ts';
import { smallFloat } from '../../kernels/codecs/small-float.ts';
import { defineDType } from '../../src/core/tensor/define-dtype.ts';
import { type DType, DTYPES } from '../../src/core/tensor/dtype.ts';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { drawFrom } from '../../bench/measure/seed.ts';
import { type Call, callsOf, describeCall, enter, type Entrance, halved, perform } from '../ops/samples.ts';
import { openGpuAndJs } from './gpu-and-js.ts';
import { partsOf } from '../parts.ts';

const LAYOUTS: Readonly<Record<string, FloatLayout>> = {
  bfloat16: { exponentBits: 8, fractionBits: 7, infinities: true },
  float8_e5m2: { exponentBits: 5, fractionBits: 2, infinities: true },
  float8_e4m3: { exponentBits: 4, fractionBits: 3, infinities: false },
};

function define(name: string): DType {
  const codec = smallFloat(LAYOUTS[name]!);
  return name === 'bfloat16'
    ? defineDType({ name, kind: 'float', bits: 16, storage: Uint16Array, ...codec })
    : defineDType({ name, kind: 'float', bits: 8, storage: Uint8Array, ...codec });
}

const ALL_HALVES = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
/** Rows whose elements are moved or made, but for those that a GPU leaves to the CPU. */
const ON_CPU = leftToCpu(uncovered(OPS.values()));
const MOVING = [...OPS.values()].filter(
  (row) => !row.widens && row.kernel.skeleton !== 'alias' && row.operands[0]?.kind === 'any' && !ON_CPU.has(row.name),
);

describe('float16 on a GPU', () => {
  let sheet: SymbolicSheet;
  let gpu: Entrance;
  let js: Entrance;
  beforeAll(async () => {
    ({ sheet, gpu, js } = await openGpuAndJs());
  });
  afterAll(() => sheet.close());

  const elementsOf = async (
    view: Entrance,
    call: Call,
  ): Promise<{ elements: (number | bigint)[]; dtype: string; reason: string }> => {
    const result = perform(view, call, enter(view, call));
    return {
      elements: Array.from((await result.data()) as Iterable<number | bigint>),
      dtype: result.dtype,
      reason: result.explain().ops.at(-1)?.reason ?? '',
    };
  };

  it('of every bit pattern is widened as on the CPU', async () => {
    const halves = sheet.tensor(ALL_HALVES, [0x10000], { dtype: 'float16' });
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      const [got, wanted] = [
        sheet.with({ device: 'webgpu' }).astype(halves, dtype),
        sheet.with({ device: 'js' }).astype(halves, dtype),
      ];
      expect(Buffer.from((await got.data()).buffer).equals(Buffer.from((await wanted.data()).buffer)), dtype).toBe(
        true,
      );
      expect(got.explain().ops.at(-1)?.reason).not.toContain('not on webgpu');
    }
  });

  it.each(['bfloat16', 'float8_e5m2', 'float8_e4m3'])(
    "and of %s, a dtype of a program's own, and numbers become the nearest of it",
    async (name) => {
      const dtype = define(name);
      const { bits, array } = DTYPES[dtype];
      const stored = sheet.tensor(
        (new array(2 ** bits) as Uint16Array).map((_, i) => i),
        [2 ** bits],
        { dtype },
      );
      const on = (device: string): ReturnType<SymbolicSheet['with']> => sheet.with({ device });
      const wide = await on('js').astype(stored, 'float32').data();
      // Subnormal numbers may be zeros on a GPU.
      const plain = (x: number): number => (Math.abs(x) < 2 ** -125 ? 0 : x);
      const got = on('webgpu').astype(stored, 'float32');
      expect((await got.data()).map(plain)).toEqual(wide.map(plain));
      expect(got.explain().ops.at(-1)?.reason).not.toContain('not on webgpu');
      const numbers = sheet.tensor(Float32Array.from(wide, (x, i) => plain(x) * (1 + ((i % 7) - 3) * 2 ** -9)));
      expect(await on('webgpu').astype(numbers, dtype).data()).toEqual(await on('js').astype(numbers, dtype).data());
      const doubled = on('webgpu').add(stored, stored);
      expect(((await doubled.toArray()) as number[]).map(plain)).toEqual(
        ((await on('js').add(stored, stored).toArray()) as number[]).map(plain),
      );
      expect(await on('webgpu').flip(stored).data()).toEqual(await on('js').flip(stored).data());
      expect(await on('webgpu').full([5], 0.3, { dtype }).data()).toEqual(
        await on('js').full([5], 0.3, { dtype }).data(),
      );
      const integers = sheet.tensor(Int32Array.of(0, 1, -1, 2 ** 30 + 2 ** 22 + 1));
      expect(await on('webgpu').astype(integers, dtype).data()).toEqual(await on('js').astype(integers, dtype).data());
    },
  );

  it('and of a codec without a layout is left to the CPU, which says so', async () => {
    const dtype = defineDType({
      name: 'int4',
      kind: 'int',
      bits: 4,
      storage: Uint8Array,
      compute: 'int32',
      decode: (bits) => (bits << 28) >> 28,
      encode: (x) => x & 15,
    });
    const x = sheet.with({ device: 'webgpu' }).tensor([1, -8, 7], [3], { dtype });
    const sum = sheet.with({ device: 'webgpu' }).add(x, x);
    expect(await sum.toArray()).toEqual([2, 0, -2]);
    expect(sum.explain().ops.at(-1)?.reason).toContain('not on webgpu');
  });

  it('is the nearest to numbers of every size, ties to even', async () => {
    const random = drawFrom(5);
    // Around every power of two that matters, on ties and beside them.
    const words = Uint32Array.from({ length: 1 << 16 }, (_, i) => {
      const word =
        ((0x66 + (i % 46)) << 23) |
        (Math.floor(random() * 2 ** 23) & ~(i % 3 === 0 ? 0xfff : 0)) |
        (i % 2 === 0 ? 0 : 0x80000000);
      return (i % 5 === 0 ? word + [-1, 0, 1][i % 3]! : word) >>> 0;
    });
    const numbers = sheet.tensor(new Float32Array(words.buffer));
    for (const x of [
      numbers,
      sheet.tensor(Float32Array.of(0, -0, NaN, Infinity, -Infinity, 65519.996, 65520, 2 ** -25, 2 ** -24, 1e-45)),
    ]) {
      expect(await sheet.with({ device: 'webgpu' }).astype(x, 'float16').data()).toEqual(
        await sheet.with({ device: 'js' }).astype(x, 'float16').data(),
      );
    }
    const integers = sheet.tensor(Int32Array.of(0, 1, -1, 2049, 65519, 65520, 2 ** 31 - 1, -(2 ** 31)));
    expect(await sheet.with({ device: 'webgpu' }).astype(integers, 'float16').data()).toEqual(
      await sheet.with({ device: 'js' }).astype(integers, 'float16').data(),
    );
  });

  it.each(MOVING.map((row) => [row.name, row] as const))('%s moves halves there, bit for bit', async (_name, row) => {
    let onGpu = 0;
    for (const single of callsOf(sheet, row, 'float32', 12)) {
      const call = {
        ...single,
        operands: single.operands.map((operand, i) => (i === 0 || row.variadic ? halved(operand) : operand)),
      };
      const wanted = await elementsOf(js, call).catch((error: unknown) => error);
      // Indices outside the axis.
      if (wanted instanceof Error) continue;
      const got = await elementsOf(gpu, call);
      expect({ ...got, reason: '' }, describeCall(call)).toEqual({ ...(wanted as typeof got), reason: '' });
      if (!got.reason.includes('not on webgpu')) onGpu++;
    }
    expect(onGpu).toBeGreaterThan(0);
  });

  it.each(['add', 'multiply', 'exp', 'sum', 'matmul', 'softmax', 'where', 'maximum'])(
    '%s is computed there in float32 and rounded once',
    async (name) => {
      const row = OPS.get(name)!;
      for (const single of callsOf(sheet, row, 'float32', 8)) {
        if (single.operands.some(({ dtype }) => !dtype.startsWith('float') && dtype !== 'bool')) continue;
        const call = { ...single, operands: single.operands.map(halved) };
        const [got, wanted] = [await elementsOf(gpu, call), await elementsOf(js, call)];
        expect(got.dtype).toBe(wanted.dtype);
        if (got.dtype !== 'float16') continue;
        got.elements.forEach((bits, i) => {
          const [x, y] = [FLOAT16.decode(Number(bits)), FLOAT16.decode(Number(wanted.elements[i]))];
          if (!Object.is(x, y) && !(Math.abs(x - y) <= Math.max(2 ** -10 * Math.abs(y), 2 ** -23)))
            expect.fail(`${describeCall(call)}: element ${i} is ${x}, not ${y}`);
        });
      }
    },
  );

  it('is read and written by the kernels that compute on it, with the bits of separate casts', async () => {
    const open = () => SymbolicSheet.open({ devices: ['webgpu', 'js'], device: 'webgpu', budgetBytes: 1 << 26 });
    const [fused, apart] = [await open(), await open()];
    Object.assign(partsOf(fused), { fusedElements: 1 });
    Object.assign(partsOf(apart), { fusedElements: Infinity });
    const random = drawFrom(8);
    const bits = Uint16Array.from({ length: 96 }, () => Math.floor(random() * 0x10000));
    const others = Uint16Array.from({ length: 96 }, () => Math.floor(random() * 0x7c00));
    const results = [fused, apart].map(async (each) => {
      const [x, y] = [bits, others].map((array) => each.tensor(array, [8, 12], { dtype: 'float16' })) as [
        Tensor,
        Tensor,
      ];
      const z = x.add(y).multiply(y).maximum(x);
      return [
        await z.data(),
        await z.astype('float32').exp().data(),
        await z.sum({ axis: 1 }).data(),
        await z.matmul(y, { transposeB: true }).add(x.sum()).data(),
      ];
    });
    const [one, other] = await Promise.all(results);
    expect(one).toEqual(other);
    expect(fused.stats().counters.kernelCalls).toBeLessThan(0.7 * apart.stats().counters.kernelCalls);
    const chain = fused.tensor(bits, [96], { dtype: 'float16' }).multiply(3).add(1);
    const before = fused.stats().counters.kernelCalls;
    await fused.compute(chain);
    expect(fused.stats().counters.kernelCalls - before).toBe(2);
    await Promise.all([fused.close(), apart.close()]);
  });

  it('goes on, on the CPU, where the device is lost under a kernel that reads it', async () => {
    const lost = await SymbolicSheet.open({ devices: ['webgpu', 'js'], device: 'webgpu' });
    Object.assign(partsOf(lost), { fusedElements: 1 });
    const x = lost.tensor(Uint16Array.of(0x3c00, 0x4000), [2], { dtype: 'float16' });
    const pending = x.multiply(3).add(1);
    lost.gpuDevice().destroy();
    expect(await pending.toArray()).toEqual([4, 7]);
    await lost.close();
  });
});
