// Floats and integers of few bits: every code and tie against stored answers of ml_dtypes, casts, promotion and keys.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/interchange.ts';
import { encodeNpy, SymbolicSheet } from '../../src/index.ts';
import { type DType, DTYPES, numbersOf, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { promote } from '../../src/core/tensor/promotion.ts';

interface Answer {
  readonly decoded?: string;
  readonly inputs: string;
  readonly encoded: string;
}
const { answers } = JSON.parse(readFileSync(new URL('../golden/small-dtypes.json', import.meta.url), 'utf8')) as {
  answers: Readonly<Record<string, Answer>>;
};
const bytes = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text, 'base64')).buffer;
const NAMES = Object.keys(answers) as DType[];
const FLOATS = NAMES.filter((dtype) => DTYPES[dtype].kind === 'float');

const stored = (dtype: DType, text: string): TypedArray => new DTYPES[dtype].array(bytes(text));
const numbers = (array: TypedArray, dtype: DType): number[] =>
  Array.from(numbersOf(array, dtype) as Iterable<number | bigint>, Number);

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js', 'wasm'], budgetBytes: 2 ** 26 });
});
afterAll(() => sheet.close());

describe.each(NAMES)('%s', (dtype) => {
  const { inputs, encoded, decoded } = answers[dtype]!;
  const [given, wanted] = [new Float32Array(bytes(inputs)), stored(dtype, encoded)];
  const { codec, bits, kind } = DTYPES[dtype];

  it('is cast from float32 and float64 as ml_dtypes casts it, ties and what is too large included', async () => {
    for (const device of ['js', 'wasm'] as const) {
      const on = sheet.with({ device });
      expect(await on.astype(sheet.tensor(given), dtype).data()).toEqual(wanted);
      expect(await on.astype(sheet.tensor(Float64Array.from(given)), dtype).data()).toEqual(wanted);
    }
  });

  it('has the numbers of ml_dtypes for every code, and every number comes back as its code', () => {
    const step = bits > 8 ? 257 : 1;
    const every = Array.from({ length: Math.ceil(2 ** bits / step) }, (_, i) => codec!.decode(i * step));
    if (decoded !== undefined) expect(every).toEqual([...new Float32Array(bytes(decoded))]);
    for (let code = 0; code < 2 ** bits; code++) {
      const number = codec!.decode(code);
      if (!Number.isNaN(number)) expect(codec!.encode(number)).toBe(code);
    }
  });

  it('is rounded once from float64, where float32 between would make a tie', async () => {
    if (kind !== 'float') return;
    const finite = [...new Set(given)].filter((x) => Number.isFinite(x) && x > 0).map((x) => x * (1 + 2 ** -40));
    const near = await sheet.tensor(Float64Array.from(finite)).astype(dtype).data();
    expect([...(near as Uint8Array)]).toEqual(finite.map((x) => codec!.encode(x)));
  });

  it('is cast to every dtype as its numbers are', async () => {
    const codes = new DTYPES[dtype].array(Math.min(256, 2 ** bits)) as Uint8Array;
    codes.forEach((_, i) => (codes[i] = i));
    const x = sheet.tensor(codes, [codes.length], { dtype });
    const own = sheet.tensor(Float64Array.from(numbers(codes, dtype)));
    for (const other of [
      'float64',
      'float32',
      'float16',
      'int64',
      'uint64',
      'int16',
      'uint8',
      'bool',
      ...NAMES,
    ] as const)
      if (other !== dtype) expect(await x.astype(other).data(), other).toEqual(await own.astype(other).data());
  });

  it('is computed in float32 or int32 and rounded once, and printed as numbers', async () => {
    const a = sheet.full([3], 1, { dtype });
    const sum = a.add(a).add(a);
    expect(sum.dtype).toBe(dtype);
    const rounded = (x: number): number => codec!.decode(codec!.encode(x));
    expect(await sum.toArray()).toEqual([1, 1, 1].map((x) => rounded(rounded(x + x) + x)));
    expect(String(a)).toContain(dtype);
  });
});

describe('dtypes of few bits', () => {
  it('say the largest of their numbers and the distance from 1 to the next', () => {
    for (const name of NAMES) {
      const { kind, bits, codec, largest, epsilon } = DTYPES[name];
      if (kind !== 'float') continue;
      const numbers = Array.from({ length: 2 ** bits }, (_, pattern) => codec!.decode(pattern)).filter(Number.isFinite);
      const most = numbers.reduce((a, b) => Math.max(a, b));
      const next = numbers.filter((x) => x > 1).reduce((a, b) => Math.min(a, b));
      expect([name, largest, epsilon]).toEqual([name, most, next - 1]);
    }
  });

  it.each([
    ['bfloat16', 'float16', 'float32'],
    ['bfloat16', 'float8_e4m3fn', 'bfloat16'],
    ['bfloat16', 'float8_e8m0fnu', 'float32'],
    ['float8_e4m3fn', 'float8_e5m2', 'float16'],
    ['float8_e8m0fnu', 'float8_e5m2', 'float32'],
    ['float8_e8m0fnu', 'float4_e2m1fn', 'float32'],
    ['float4_e2m1fn', 'float8_e4m3fn', 'float8_e4m3fn'],
    ['float4_e2m1fn', 'float32', 'float32'],
    ['int4', 'uint4', 'int8'],
    ['int2', 'int4', 'int4'],
    ['uint2', 'int8', 'int8'],
    ['uint4', 'uint16', 'uint16'],
    ['int4', 'bfloat16', 'bfloat16'],
  ] as const)('of %s and %s meet in %s', (a, b, common) => {
    expect([promote(a, b, 'add'), promote(b, a, 'add')]).toEqual([common, common]);
  });

  it('have contents and keys of their own: a result in few bits never answers for one in more', async () => {
    const ids = await Promise.all(
      [...NAMES, 'uint8' as const].map((dtype) =>
        sheet.tensor(new DTYPES[dtype].array(4) as Uint8Array, [4], { dtype }).fingerprint(),
      ),
    );
    expect(new Set(ids).size).toBe(ids.length);
    const kept = await SymbolicSheet.open({ devices: ['js'], budgetBytes: 2 ** 24 });
    const x = kept.tensor(Float32Array.from({ length: 64 }, (_, i) => 1 + i / 100));
    const exact = Float32Array.from(await x.data(), (value) => Math.fround(value * value));
    for (const dtype of FLOATS) {
      const small = x.astype(dtype);
      for (let round = 0; round < 3; round++) await small.multiply(small).astype('float32').data();
      expect(await x.multiply(x).data(), dtype).toEqual(exact);
      expect(await small.multiply(small).fingerprint()).not.toBe(await x.multiply(x).fingerprint());
    }
    await kept.close();
  });

  it('go into files where the format has them, and are refused where it has not', () => {
    for (const dtype of ['bfloat16', 'float8_e4m3fn', 'float8_e5m2', 'float8_e8m0fnu'] as const) {
      const tensor = { dtype, shape: [2], array: new DTYPES[dtype].array(2).fill(57 as never) };
      const { tensors } = decodeSafetensors(encodeSafetensors({ tensors: { x: tensor } }));
      expect(tensors.get('x')).toEqual(tensor);
    }
    const int4 = { dtype: 'int4', shape: [1], array: Uint8Array.of(1) } as const;
    expect(() => encodeSafetensors({ tensors: { x: int4 } })).toThrow(/files have no int4/);
    expect(() => encodeNpy(int4)).toThrow(/NumPy has no int4/);
  });
});

describe('quantised elements', () => {
  const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i) * 2 ** (i >> 4));

  it('have a scale for all, for an index of an axis or a block: numbers are off by half a step at most', async () => {
    const x = sheet.tensor(values, [2, 32]);
    for (const [scale, attrs] of [
      [sheet.tensor([0.125]), {}],
      [sheet.tensor([0.03125, 0.125]), { axis: 0 }],
      [sheet.tensor([0.015625, 0.03125, 0.0625, 0.125], [2, 2]), { axis: 1, block: 16 }],
    ] as const) {
      const codes = x.quantize(scale, { dtype: 'int8', ...attrs });
      expect(codes.dtype).toBe('int8');
      const steps = (await scale.data()) as Float32Array;
      const back = (await codes.dequantize(scale, attrs).data()) as Float32Array;
      back.forEach((number, i) => {
        const step = steps[Math.floor((i * steps.length) / values.length)]!;
        expect(Math.abs(number - values[i]!)).toBeLessThanOrEqual(step / 2);
      });
    }
  });

  it('are limited to the range, moved by zero points, and take MX scales of powers of two', async () => {
    const x = sheet.tensor([-1000, -1, 0, 0.5, 1.5, 1000]);
    const unsigned = x.quantize(1, 2, { dtype: 'uint4' });
    expect(await unsigned.toArray()).toEqual([0, 1, 2, 2, 4, 15]);
    expect(await unsigned.dequantize(sheet.tensor(1), 2).toArray()).toEqual([-2, -1, 0, 0, 2, 13]);
    const scale = sheet.tensor([2, 64]).astype('float8_e8m0fnu');
    const coded = x.quantize(scale, { dtype: 'float4_e2m1fn', axis: 0, block: 3 });
    expect(await coded.toArray()).toEqual([-6, -0.5, 0, 0, 0, 6]);
    expect(await coded.dequantize(scale, { axis: 0, block: 3 }).toArray()).toEqual([-12, -1, 0, 0, 0, 384]);
  });

  it('are refused where a dtype is too wide, or a block fits no axis', () => {
    const x = sheet.tensor([1, 2]);
    expect(() => x.quantize(1, { dtype: 'int32' })).toThrow(/quantize: int32 has 32 bits; take one of 16 or fewer/);
    expect(() => x.quantize(sheet.tensor([1, 2]), { axis: 3 })).toThrow(/axis 3 or block 0 fits no tensor of rank 1/);
  });
});
