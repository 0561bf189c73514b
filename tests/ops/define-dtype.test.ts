// Dtypes of a program's own: a codec row, and every room of the library takes it as it takes the built-in ones.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallFloat } from '../../kernels/codecs/small-float.ts';
import { encodeNpy, loadTrace, replayTrace, SymbolicSheet } from '../../src/index.ts';
import { defineDType, type DTypeDefinition } from '../../src/core/tensor/define-dtype.ts';
import { type DType, DTYPES, numbersOf, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { promote } from '../../src/core/tensor/promotion.ts';
import { openSheet } from '../../src/core/sheet/open.ts';
import { nodeDevices } from '../../src/host/node/devices.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { drawFrom } from '../../bench/measure/seed.ts';

const FLOATS: readonly DType[] = [
  defineDType({
    name: 'own_bfloat16',
    kind: 'float',
    bits: 16,
    storage: Uint16Array,
    ...smallFloat({ exponentBits: 8, fractionBits: 7, infinities: true }),
  }),
  defineDType({
    name: 'own_e5m2',
    kind: 'float',
    bits: 8,
    storage: Uint8Array,
    ...smallFloat({ exponentBits: 5, fractionBits: 2, infinities: true }),
  }),
  defineDType({
    name: 'own_e4m3',
    kind: 'float',
    bits: 8,
    storage: Uint8Array,
    ...smallFloat({ exponentBits: 4, fractionBits: 3, infinities: false }),
  }),
];
const INTEGERS: readonly DType[] = [
  defineDType({
    name: 'own_int4',
    kind: 'int',
    bits: 4,
    storage: Uint8Array,
    compute: 'int32',
    decode: (bits) => (bits << 28) >> 28,
    encode: (x) => x & 15,
  }),
  defineDType({
    name: 'own_uint4',
    kind: 'uint',
    bits: 4,
    storage: Uint8Array,
    compute: 'int32',
    decode: (bits) => bits & 15,
    encode: (x) => x & 15,
  }),
  defineDType({
    name: 'own_int16',
    kind: 'int',
    bits: 16,
    storage: Uint16Array,
    compute: 'int32',
    decode: (bits) => (bits << 16) >> 16,
    encode: (x) => x & 0xffff,
  }),
];
const DEFINED = [...FLOATS, ...INTEGERS];
const BUILT_IN: readonly DType[] = [
  'float64',
  'float32',
  'float16',
  'int64',
  'int32',
  'uint32',
  'uint8',
  'int8',
  'bool',
];

const numbers = (array: TypedArray, dtype: DType): number[] =>
  Array.from(numbersOf(array, dtype) as Iterable<number | bigint>, Number);
const decoded = (dtype: DType, patterns: readonly number[]): number[] =>
  patterns.map((pattern) => DTYPES[dtype].codec?.decode(pattern) as number);
const nearest = (dtype: DType, values: readonly number[]): number[] =>
  decoded(
    dtype,
    values.map((x) => DTYPES[dtype].codec?.encode(x) as number),
  );

/** Every pattern; as many of 16 bits as can be looked at. */
function patternsOf(dtype: DType): Uint8Array | Uint16Array {
  const { bits, array } = DTYPES[dtype];
  const step = bits > 8 ? 13 : 1;
  const patterns = new array(Math.ceil(2 ** bits / step)) as Uint8Array;
  return patterns.map((_, i) => i * step);
}

describe.each(DEFINED)('a tensor of the defined dtype %s', (dtype) => {
  let sheet: SymbolicSheet;
  let kept: SymbolicSheet;
  /** By this clock every kernel takes a millisecond, so that every result is worth keeping. */
  let ticks = 0;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js', 'wasm'], budgetBytes: 2 ** 26 });
    kept = await openSheet(
      SymbolicSheet,
      { ...(await nodeHost()), clock: () => (ticks += 1e6) },
      { class: 'exact', devices: ['js', 'wasm'] },
      nodeDevices,
    );
  });
  afterAll(() => Promise.all([sheet.close(), kept.close()]));

  const isFloating = FLOATS.includes(dtype);
  const compute = DTYPES[dtype].compute;
  const bits = patternsOf(dtype);
  const own = numbers(bits, dtype);

  it('is made from bits and read as bits and as numbers; from numbers it takes the nearest', async () => {
    const x = sheet.tensor(bits, [bits.length], { dtype });
    expect(x.dtype).toBe(dtype);
    expect([...((await x.data()) as Iterable<number>)]).toEqual([...bits]);
    expect(await x.toArray()).toEqual(own);
    expect(await sheet.tensor([1, 2, 3], [3], { dtype }).toArray()).toEqual([1, 2, 3]);
    expect(await sheet.ones([2], { dtype }).toArray()).toEqual([1, 1]);
    if (isFloating) expect(await sheet.full([1], 0.3, { dtype }).toArray()).toEqual(nearest(dtype, [0.3]));
    else expect(() => sheet.tensor([70_000], [1], { dtype })).toThrow(dtype);
  });

  it('is cast to every dtype as its numbers are, and from every dtype rounded once, alike on js and wasm', async () => {
    for (const other of [...BUILT_IN, ...DEFINED]) {
      const [js, wasm] = (['js', 'wasm'] as const).map((device) => sheet.with({ device }));
      const x = sheet.tensor(bits, [bits.length], { dtype });
      const wide = await sheet.tensor(Float32Array.from(own)).astype(compute).astype(other).data();
      // Patterns of NaN stay what they are where nothing is cast.
      for (const view of other === dtype ? [] : [js!, wasm!])
        expect(await view.astype(x, other).data(), `to ${other}`).toEqual(wide);
      const from = await sheet.linspace(-9, 9, 5003, { dtype: 'float64' }).astype(other).data();
      const y = sheet.tensor(from as Uint8Array, [5003], { dtype: other });
      const wanted = nearest(dtype, numbers(from, other));
      expect(numbers(await js!.astype(y, dtype).data(), dtype), `from ${other}`).toEqual(wanted);
      expect(numbers(await wasm!.astype(y, dtype).data(), dtype), `from ${other}`).toEqual(wanted);
    }
    const large = sheet.tensor(BigInt64Array.of(2n ** 24n + 1n, 257n, -259n, 2n ** 60n + 2n ** 52n + 1n));
    const exact = isFloating
      ? [nearest(dtype, [2 ** 24 + 1, 257, -259])]
      : [nearest(dtype, [(2 ** 24 + 1) | 0, 257, -259])];
    expect(numbers(await large.astype(dtype).data(), dtype).slice(0, 3)).toEqual(exact[0]);
    // By way of float32 this would be a tie.
    if (dtype === ('own_bfloat16' as DType)) {
      expect(await large.astype(dtype).toArray()).toEqual([2 ** 24, 256, -260, 2 ** 60 + 2 ** 53]);
      expect(
        await sheet
          .tensor(Int32Array.of(2 ** 30 + 2 ** 22 + 1))
          .astype(dtype)
          .toArray(),
      ).toEqual([2 ** 30 + 2 ** 23]);
    }
  });

  it('is added, summed and multiplied as matrices in what it is computed in, and rounded once', async () => {
    const random = drawFrom(7);
    const draw = (count: number): number[] =>
      nearest(
        dtype,
        Array.from({ length: count }, () => (isFloating ? random() - 0.5 : Math.floor(random() * 8))),
      );
    const [a, b] = [draw(64 * 48), draw(48 * 64)];
    const entered = (view: SymbolicSheet | ReturnType<SymbolicSheet['with']>, as: DType) =>
      [
        view.tensor(Float32Array.from(a), [64, 48]).astype(dtype).astype(as),
        view.tensor(Float32Array.from(b), [48, 64]).astype(dtype).astype(as),
      ] as const;
    for (const device of ['js', 'wasm'] as const) {
      const view = sheet.with({ device });
      const [[x, y], [u, v]] = [entered(view, dtype), entered(view, compute)];
      const pairs = [
        [view.add(x, x), view.add(u, u)],
        [view.multiply(x, x), view.multiply(u, u)],
        [view.sum(x, { axis: 0 }), view.sum(u, { axis: 0 })],
        [view.matmul(x, y), view.matmul(u, v)],
        [view.permuteDims(x, [1, 0]), view.permuteDims(u, [1, 0])],
        [view.max(x), view.max(u)],
      ] as const;
      for (const [got, wanted] of pairs) {
        expect(got.dtype).toBe(dtype);
        expect(numbers(await got.data(), dtype)).toEqual(nearest(dtype, numbers(await wanted.data(), compute)));
      }
      expect(await view.argmax(x).data()).toEqual(await view.argmax(u).data());
      expect(await view.less(x, 1).data()).toEqual(await view.less(u, 1).data());
      if (!isFloating)
        expect(
          await view.take(view.tensor(Float32Array.of(5, 6, 7, 8)), view.tensor([2, 0], [2], { dtype })).data(),
        ).toEqual(Float32Array.of(7, 5));
    }
  });

  it('is kept in the cache, has a content id of its own, is printed as numbers, and replays from a trace', async () => {
    const x = kept.tensor(bits, [bits.length], { dtype });
    expect(await x.fingerprint()).not.toBe(
      await kept
        .tensor(bits.slice(), [bits.length], { dtype: bits instanceof Uint16Array ? 'float16' : 'uint8' })
        .fingerprint(),
    );
    const y = kept.tensor([1, 2, 3], [3], { dtype });
    for (let seen = 0; seen < 3; seen++) await y.add(y).data();
    const before = kept.stats().counters.kernelCalls;
    expect(await y.add(y).toArray()).toEqual([2, 4, 6]);
    expect(kept.stats().counters.kernelCalls).toBe(before);
    expect(String(y)).toContain('min 1 max 3');
    const path = join(mkdtempSync(join(tmpdir(), 'dtype-')), 'trace.sqs.json');
    await kept.trace.save(path);
    const { compared, equal } = await replayTrace(await loadTrace(path), { device: 'js' });
    expect([compared > 0, equal]).toEqual([true, compared]);
  });
});

describe('defined dtypes', () => {
  it.each([
    ['own_bfloat16', 'float32', 'float32'],
    ['own_bfloat16', 'float16', 'float32'],
    ['own_bfloat16', 'int32', 'own_bfloat16'],
    ['own_bfloat16', 'own_e4m3', 'own_bfloat16'],
    ['own_e4m3', 'own_e5m2', 'float16'],
    ['own_int4', 'own_uint4', 'int8'],
    ['own_int4', 'int8', 'int8'],
    ['own_int16', 'uint8', 'int32'],
    ['own_int16', 'int8', 'own_int16'],
    ['uint8', 'int8', 'int16'],
    ['own_int4', 'bool', 'own_int4'],
    ['own_int4', 'float16', 'float16'],
  ] as [DType, DType, DType][])('of %s and %s meet in %s', (a, b, common) => {
    expect([promote(a, b, 'add'), promote(b, a, 'add')]).toEqual([common, common]);
  });

  const sound: DTypeDefinition = {
    name: 'sound',
    kind: 'int',
    bits: 4,
    storage: Uint8Array,
    compute: 'int32',
    decode: (bits) => bits & 15,
    encode: (x) => x & 15,
  };
  it.each<[string, Partial<DTypeDefinition>]>([
    ['its name is not', { name: 'My Type' }],
    ['does not hold its 9 bits', { bits: 9 }],
    ['are not computed in float32', { compute: 'float32' }],
    ['0 is not stored as 0', { decode: (bits) => bits + 1 }],
    ['which is encoded as 0', { encode: () => 0 }],
    ['which int32 does not hold', { decode: (bits) => bits / 2 }],
    ['a Uint8Array or Uint16Array', { storage: Float32Array as never }],
    ['there is a dtype float32 already', { name: 'float32' }],
    ['there is a dtype own_int4 already', { name: 'own_int4', decode: (bits) => bits & 15 }],
    [
      'its layout has 16 bits',
      { kind: 'float', compute: 'float32', layout: { exponentBits: 5, fractionBits: 10, infinities: true } },
    ],
  ])('that contradict themselves are refused: %s', (reason, wrong) => {
    expect(() => defineDType({ ...sound, ...wrong })).toThrow(reason);
  });

  it('give the same bytes contents of their own', async () => {
    const sheet = await SymbolicSheet.open({ devices: ['js'] });
    const ids = await Promise.all(
      [...DEFINED, 'uint8' as const].map((dtype) =>
        sheet.tensor(new DTYPES[dtype].array(4) as Uint8Array, [4], { dtype }).fingerprint(),
      ),
    );
    expect(new Set(ids).size).toBe(ids.length);
    await sheet.close();
  });

  it('may be defined again as they are, and have no .npy type', () => {
    expect(defineDType({ ...sound, name: 'own_uint4', kind: 'uint' })).toBe('own_uint4');
    expect(() => encodeNpy({ dtype: 'own_uint4' as DType, shape: [1], array: Uint8Array.of(1) })).toThrow(
      "encodeNpy: NumPy has no own_uint4; use astype('float32') first",
    );
  });
});
