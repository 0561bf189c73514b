// float16: every row gives on it what it gives on float32 of the same numbers, rounded once; elements enter and leave
// as bits.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeAll } from '../../kernels/codecs/codec.ts';
import { FLOAT16 } from '../../kernels/codecs/codecs.ts';
import {
  decodeNpy,
  encodeNpy,
  loadTrace,
  replayTrace,
  SheetError,
  SymbolicSheet,
  type Tensor,
} from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { type DType, numbersOf } from '../../src/core/tensor/dtype.ts';
import { drawFrom } from '../../bench/measure/seed.ts';
import { asSingles, type Call, callsOf, describeCall, enter, halved, perform } from './samples.ts';
import { partsOf } from '../parts.ts';
import { extent } from '../run/extent.ts';

const { encode: halfOf, decode: numberOfHalf } = FLOAT16;
const roundToHalf = (x: number): number => numberOfHalf(halfOf(x));
const HALF_NAN = 0x7e00;
const CALLS_PER_ROW = extent(10, 30);

describe('halves', () => {
  it('of all bits come back as they were, NaNs in one form', () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const numbers = numbersOf(all, 'float16');
    const back = new Uint16Array(all.length);
    encodeAll(FLOAT16, numbers as Float32Array, back);
    const wanted = all.map((bits) => ((bits & 0x7fff) > 0x7c00 ? HALF_NAN : bits));
    expect(back).toEqual(wanted);
    expect(all.map((bits) => halfOf(numberOfHalf(bits)))).toEqual(wanted);
  });

  it('are the nearest to numbers between them, ties to even, from both widths', () => {
    const random = drawFrom(16);
    for (let bits = 0; bits < 0x7c00; bits += 1 + Math.floor(random() * 9)) {
      const [low, high] = [numberOfHalf(bits), bits + 1 === 0x7c00 ? 65536 : numberOfHalf(bits + 1)];
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      // The least float64 step off a tie is lost in float32, which would round twice.
      expect([halfOf(middle), halfOf(middle * (1 - 2 ** -53)), halfOf(middle * (1 + 2 ** -52))]).toEqual([
        even,
        bits,
        bits + 1,
      ]);
      const singles = Float32Array.of(middle, middle * (1 - 2 ** -24), middle * (1 + 2 ** -23), -middle);
      const halves = new Uint16Array(4);
      encodeAll(FLOAT16, singles, halves);
      expect([...halves]).toEqual([even, bits, bits + 1, even | 0x8000]);
    }
  });

  it('have zeros of both signs, subnormals and infinities', () => {
    expect([0, -0, 2 ** -24, 2 ** -25, 2 ** -14, 65504, 65519.99, 65520, -1e300, NaN].map(halfOf)).toEqual([
      0,
      0x8000,
      1,
      0,
      0x400,
      0x7bff,
      0x7bff,
      0x7c00,
      0xfc00,
      HALF_NAN,
    ]);
  });
});

describe('float16', () => {
  let sheet: SymbolicSheet;
  let kept: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js', 'wasm'], budgetBytes: 2 ** 26 });
    kept = await SymbolicSheet.open({ class: 'exact', devices: ['js', 'wasm'], budgetBytes: 2 ** 26 });
  });
  afterAll(() => Promise.all([sheet.close(), kept.close()]));

  // The next float is another one in every dtype.
  const rows = [...OPS.values()].filter(
    (row) =>
      row.name !== 'nextafter' &&
      row.operands.some(({ kind }) => kind === 'any' || kind === 'numeric' || kind.startsWith('float')),
  );
  it.each(rows.map((row) => [row.name, row] as const))(
    '%s gives float32 results of the same numbers, rounded once',
    async (_name, row) => {
      let halves = 0;
      // An integer beside a half becomes one first; that is another call.
      const calls = callsOf(sheet, row, 'float32', CALLS_PER_ROW).filter(
        ({ operands }) =>
          row.promotion === 'none' || operands.every(({ dtype }) => dtype.startsWith('float') || dtype === 'bool'),
      );
      for (const single of calls) {
        const call = { ...single, operands: single.operands.map(halved) };
        const widened = { ...call, operands: call.operands.map(asSingles) };
        const [got, wanted] = [
          await outcomeOf(sheet.with({ device: 'js' }), call),
          await outcomeOf(sheet.with({ device: 'js' }), widened),
        ];
        expect(got, describeCall(call)).toEqual(rounded(wanted, got));
        expect(await outcomeOf(sheet.with({ device: 'wasm' }), call), describeCall(call)).toEqual(got);
        expect(await outcomeOf(kept, call), describeCall(call)).toEqual(got);
        if (got.dtype === 'float16') halves++;
      }
      if (row.result === 'same' || row.result === 'promoted') expect(halves).toBeGreaterThan(0);
    },
  );

  it('is the dtype of its own under promotion, and takes plain numbers as halves', async () => {
    const x = sheet.tensor([1, 2, 3], undefined, { dtype: 'float16' });
    const dtypes = [
      x.add(x),
      x.add(0.1),
      x.add(sheet.tensor(Int32Array.of(1, 2, 3))),
      x.add(sheet.tensor(Float32Array.of(1, 2, 3))),
      x.add(sheet.tensor(Float64Array.of(1, 2, 3))),
    ].map(({ dtype }) => dtype);
    expect(dtypes).toEqual(['float16', 'float16', 'float16', 'float32', 'float64']);
    expect(await x.multiply(0.1).toArray()).toEqual(
      [1, 2, 3].map((n) => roundToHalf(Math.fround(n * roundToHalf(0.1)))),
    );
    expect(await x.sum().item()).toBe(6);
    expect(String(x)).toContain('min 1 max 3');
  });

  it('is rounded once from float64, and from every integer', async () => {
    // Half a unit above 1, and the least bit more: by way of float32 it would be a tie.
    const values = Float64Array.of(1 + 2 ** -11 + 2 ** -52, 1 + 2 ** -11, 65519.999999999);
    expect([...(await sheet.tensor(values).astype('float16').data())]).toEqual([0x3c01, 0x3c00, 0x7bff]);
    expect(
      await sheet
        .tensor(BigInt64Array.of(2049n, -5n, 2n ** 62n))
        .astype('float16')
        .toArray(),
    ).toEqual([2048, -5, Infinity]);
    expect(await sheet.tensor([true, false]).astype('float16').toArray()).toEqual([1, 0]);
    expect([...(await sheet.tensor([1.75, -2.5, 0], undefined, { dtype: 'float16' }).astype('int32').data())]).toEqual([
      1, -2, 0,
    ]);
    expect(await sheet.full([2], 0.1, { dtype: 'float16' }).toArray()).toEqual([roundToHalf(0.1), roundToHalf(0.1)]);
    expect(await sheet.eye(2, null, 0, { dtype: 'float16' }).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('enters as bits by name, from onnxruntime, from .npy and as a Float16Array, and leaves as bits', async () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7e00);
    const x = sheet.tensor(bits, [2, 2], { dtype: 'float16' });
    expect([...(await x.data())]).toEqual([...bits]);
    expect(await x.toArray()).toEqual([
      [1, -2],
      [2 ** -24, NaN],
    ]);
    const foreign = await x.as(ort.Tensor);
    expect([foreign.type, foreign.dims]).toEqual(['float16', [2, 2]]);
    expect(sheet.tensor(foreign).dtype).toBe('float16');
    expect([...(await sheet.tensor(new ort.Tensor('float16', bits, [4])).data())]).toEqual([...bits]);
    const file = encodeNpy({ dtype: 'float16', shape: [4], array: bits });
    expect(String.fromCharCode(...file.subarray(10, 40))).toContain("'<f2'");
    expect([...decodeNpy(file).array]).toEqual([...bits]);
    const Float16 = (globalThis as { Float16Array?: new (values: number[]) => ArrayBufferView }).Float16Array;
    if (Float16 !== undefined) expect([...(await sheet.tensor(new Float16([1, -2])).data())]).toEqual([0x3c00, 0xc000]);
    expect(sheet.tensor(bits).dtype).toBe('uint16');
  });

  it('has a content id of its own, and laws on finite values see its numbers', async () => {
    const bits = Uint16Array.of(0x3c00, 0x4000);
    const half = sheet.tensor(bits, [2], { dtype: 'float16' });
    expect(await half.fingerprint()).not.toBe(await half.astype('float32').fingerprint());
    expect(await half.fingerprint()).toBe(await kept.tensor(Float32Array.of(1, 2)).astype('float16').fingerprint());
    const strict = await SymbolicSheet.open({ devices: ['js'], policy: { finite: 'deny' } });
    await expect(strict.tensor([65504], undefined, { dtype: 'float16' }).multiply(2).data()).rejects.toMatchObject({
      code: 'POLICY',
    });
    expect(await strict.tensor([65504], undefined, { dtype: 'float16' }).item()).toBe(65504);
    await strict.close();
  });
});

describe('a product that may be computed from halves', () => {
  const side = 32;
  const factors = (sheet: SymbolicSheet): [Tensor, Tensor] => {
    const random = drawFrom(3);
    const matrix = (): Tensor =>
      sheet.tensor(
        Float32Array.from({ length: side * side }, () => random() - 0.5),
        [side, side],
      );
    return [matrix(), matrix()];
  };

  it('is another result than one in float32, whichever was asked for first, and never found as that', async () => {
    const sheet = await SymbolicSheet.open({ devices: ['js', 'wasm'] });
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const [a, b] = factors(sheet);
    await a.matmul(b, { precision: 'float16' }).data();
    await a.matmul(b).data();
    expect(sheet.stats().counters).toMatchObject({ hits: 0, kernelCalls: 2 });
    await a.matmul(b, { precision: 'float16' }).data();
    await a.matmul(b, { precision: 'float32' }).data();
    await sheet.with({ precision: 'float16' }).matmul(a, b).data();
    await sheet.with({ precision: 'float16' }).matmul(a, b, { precision: 'float32' }).data();
    expect(sheet.stats().counters).toMatchObject({ hits: 4, kernelCalls: 2 });
    expect(String(a.matmul(b, { precision: 'float16' }))).toContain('precision: "float16"');
    await sheet.close();
  });

  it('has the bits of float32 on devices that gain nothing by it, in both classes, and replays', async () => {
    for (const numerics of ['tolerance', 'exact'] as const) {
      const sheet = await SymbolicSheet.open({ devices: ['js', 'wasm'], precision: 'float16', class: numerics });
      const [a, b] = factors(sheet);
      expect(await a.matmul(b).data()).toEqual(await a.matmul(b, { precision: 'float32' }).data());
      const path = join(mkdtempSync(join(tmpdir(), 'half-')), 'trace.sqs.json');
      await sheet.trace.save(path);
      const trace = await loadTrace(path);
      expect(trace.events.flatMap(({ op, attrs }) => (op === 'matmul' ? [attrs['precision']] : []))).toEqual([
        'float16',
        'float32',
      ]);
      const { compared, equal } = await replayTrace(trace, { device: 'js' });
      expect([compared, equal]).toEqual([2, 2]);
      await sheet.close();
    }
  });

  it('is refused by another name', async () => {
    await expect(SymbolicSheet.open({ precision: 'bfloat16' as never })).rejects.toThrow('use one of float32, float16');
    const sheet = await SymbolicSheet.open({ devices: ['js'] });
    const [a, b] = factors(sheet);
    expect(() => a.matmul(b, { precision: 'half' as never })).toThrow(/float32, float16/);
    await sheet.close();
  });
});

interface Outcome {
  readonly dtype: DType | 'error';
  readonly elements: readonly (number | bigint)[] | string;
}

async function outcomeOf(sheet: SymbolicSheet, call: Call): Promise<Outcome> {
  try {
    const tensor: Tensor = perform(sheet, call, enter(sheet, call));
    return { dtype: tensor.dtype, elements: Array.from((await tensor.data()) as Iterable<number | bigint>) };
  } catch (error) {
    if (error instanceof SheetError) return { dtype: 'error', elements: error.code };
    throw error;
  }
}

/** What is wanted where the result is float16. */
function rounded(wanted: Outcome, got: Outcome): Outcome {
  if (got.dtype !== 'float16' || typeof wanted.elements === 'string') return wanted;
  return { dtype: 'float16', elements: Array.from(wanted.elements, (x) => halfOf(Number(x))) };
}
