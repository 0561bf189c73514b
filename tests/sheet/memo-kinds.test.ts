// A memoised function is given the very kind its caller gave; kinds are told apart; what no tensor stands for comes
// back as it was.
import { Buffer } from 'node:buffer';
import { runInNewContext } from 'node:vm';
import * as ort from 'onnxruntime-node';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { AttributeError, type Tensor } from '../../src/index.ts';
import { newSheet } from './fixtures/js-sheets.ts';

class Pixels extends Uint8ClampedArray {
  sum(): number {
    return this.reduce((a, b) => a + b, 0);
  }
}
const Half = (globalThis as { Float16Array?: new (values: readonly number[]) => ArrayBufferView }).Float16Array;

const kinds: readonly (readonly [string, () => ArrayBufferView])[] = [
  ['Buffer', () => Buffer.from('hello!!!')],
  ['Buffer of a pool', () => Buffer.from('xxhello!').subarray(2)],
  ['DataView', () => new DataView(Uint8Array.of(0, 1, 2, 3, 4).buffer, 1, 2)],
  ['Uint8ClampedArray', () => Uint8ClampedArray.of(1, 255)],
  ['subclass', () => Pixels.of(3, 4)],
  ['Int16Array', () => Int16Array.of(-1, 300)],
  ['Uint16Array', () => Uint16Array.of(1, 65_535)],
  ['BigUint64Array', () => BigUint64Array.of(2n ** 64n - 1n)],
  ['BigInt64Array', () => BigInt64Array.of(-1n)],
  ['Float32Array', () => Float32Array.of(1, NaN)],
  ['Float64Array', () => Float64Array.of(1)],
  ['Int8Array', () => Int8Array.of(-1)],
  ['Uint8Array', () => Uint8Array.of(1, 2)],
  ['Int32Array', () => Int32Array.of(1)],
  ['Uint32Array', () => Uint32Array.of(1)],
  ['empty', () => new Int16Array(0)],
  ['shared', () => new Int16Array(new SharedArrayBuffer(4))],
  ...(Half === undefined ? [] : [['Float16Array', () => new Half([1.5, -2])] as const]),
];

/** What a function sees of an array. */
const seen = (view: ArrayBufferView): unknown => [
  view.constructor,
  [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)],
];

describe('an argument', () => {
  for (const [name, make] of kinds) {
    it(`is of its kind, a copy, alone and nested, with and without the cache: ${name}`, async () => {
      const sheet = await newSheet();
      const got: unknown[] = [];
      const watched = sheet.memo('f', (...args: readonly unknown[]) => got.push(args));
      for (const memo of [watched, watched.with({ cache: 'off' })]) {
        const given = make();
        await memo(given, { deep: [given] });
        await memo(make(), { deep: [make()] });
      }
      const [first] = got as [readonly [ArrayBufferView, { deep: [ArrayBufferView] }]];
      expect(got, 'once with the cache, twice without').toHaveLength(3);
      const given = make();
      for (const [
        view,
        {
          deep: [nested],
        },
      ] of got.splice(0) as (typeof first)[]) {
        expect(seen(view)).toEqual(seen(given));
        expect(seen(nested)).toEqual(seen(given));
      }
      expect(first[0]).not.toBe(first[1].deep[0]);
    });
  }
  it('has its methods: text of a Buffer, numbers of a DataView, clamping, halves', async () => {
    const sheet = await newSheet();
    expect(await sheet.memo('text', (image: Buffer) => image.toString('base64'))(Buffer.from('hello'))).toBe(
      'aGVsbG8=',
    );
    expect(
      await sheet.memo('number', (v: DataView) => v.getInt16(0))(new DataView(Uint8Array.of(1, 2, 3, 4).buffer)),
    ).toBe(258);
    expect(
      await sheet.memo('clamped', (a: Uint8ClampedArray) => {
        const copy = a.slice();
        copy[0] = 300;
        return copy[0];
      })(Uint8ClampedArray.of(1)),
    ).toBe(255);
    expect(await sheet.memo('sum', (pixels: Pixels) => pixels.sum())(new Pixels([1, 2]))).toBe(3);
    expect(
      await sheet.memo('foreign', (a: Int16Array) => a.length)(runInNewContext('new Int16Array(3)') as Int16Array),
    ).toBe(3);
  });

  it('is known by its kind as by its content', async () => {
    const sheet = await newSheet();
    let runs = 0;
    const memo = sheet.memo('f', (...args: readonly unknown[]) => (runs += args.length));
    const alike: readonly (() => unknown)[] = [
      () => Uint8Array.of(1, 2),
      () => Buffer.of(1, 2),
      () => Uint8ClampedArray.of(1, 2),
      () => Pixels.of(1, 2),
      () => new DataView(Uint8Array.of(1, 2).buffer),
      () => Int8Array.of(1, 2),
      () => Int16Array.of(513),
      () => Uint16Array.of(513),
      () => new Float32Array([1, 2]),
      () => sheet.tensor(new Float32Array([1, 2])),
      () => new ort.Tensor('float32', new Float32Array([1, 2]), [2]),
      () => [1, 2],
      () => ({ data: new Float32Array([1, 2]), shape: [2] }),
      () => sheet.with({ class: 'exact' }).tensor([1, 2]),
    ];
    for (const wrap of [(x: unknown) => x, (x: unknown) => ({ x })]) {
      const answers: number[] = [];
      for (const make of alike) answers.push(await memo(wrap(make())));
      expect(new Set(answers).size).toBe(alike.length);
      for (const [i, make] of alike.entries()) expect(await memo(wrap(make()))).toBe(answers[i]);
    }
  });

  it('is read once where it has getters, so that key and function see one value', async () => {
    const sheet = await newSheet();
    let reads = 0;
    const given = (): object => ({
      get n(): number {
        return ++reads;
      },
      list: [
        {
          get deep(): Float32Array {
            reads++;
            return Float32Array.of(reads);
          },
        },
      ],
    });
    const memo = sheet.memo('f', ({ n }: { n: number }) => n);
    expect(await memo(given() as { n: number })).toBe(1);
    expect(reads).toBe(2);
    expect(await memo({ n: 1, list: [{ deep: Float32Array.of(2) }] } as { n: number }), 'what it was then').toBe(1);
    expect(memo.stats).toMatchObject({ runs: 1, hits: 1 });
  });

  it('that is inside itself, several times over, is refused at once', async () => {
    const sheet = await newSheet();
    const cycle: unknown[] = [];
    for (let i = 0; i < 4; i++) cycle.push(cycle, { cycle });
    await expect(sheet.memo('f', (given: unknown) => typeof given)(cycle)).rejects.toThrow(AttributeError);
  });

  it('cannot be written to by a batch for the next', async () => {
    const sheet = await newSheet();
    const memo = sheet.memo(
      'f',
      (rows: readonly number[], bias: Float32Array) => {
        const result = rows.map((x) => [x + bias[0]!]);
        bias.fill(99);
        return result;
      },
      { rows: 1 },
    );
    expect(await (await memo([1, 2, 3], Float32Array.of(10))).toArray()).toEqual([[11], [12], [13]]);
  });
});

describe('rows', () => {
  for (const [name, make] of kinds.filter(([kind]) => kind !== 'empty')) {
    it(`come as the kind that holds them: ${name}`, async () => {
      const sheet = await newSheet();
      const batches: ArrayBufferView[] = [];
      const memo = sheet.memo(
        'rows',
        (rows: ArrayBufferView) => {
          batches.push(rows);
          return new Float32Array((rows as { length?: number }).length ?? rows.byteLength);
        },
        { rows: 100 },
      );
      const given = make();
      await memo(given);
      await memo(make());
      expect(batches).toHaveLength(1);
      expect(Object.getPrototypeOf(batches[0])).toBe(Object.getPrototypeOf(given));
      const distinct = new Set(new Uint8Array(given.buffer as ArrayBuffer, given.byteOffset, given.byteLength));
      expect(new Set(new Uint8Array(batches[0]!.buffer))).toEqual(distinct);
    });
  }

  it('hold arrays of any kind, and are told apart by it', async () => {
    const sheet = await newSheet();
    const memo = sheet.memo(
      'files',
      (files: readonly Uint8Array[]) => files.map((file) => [Buffer.isBuffer(file) ? 1 : 0]),
      { rows: 8 },
    );
    expect(await (await memo([Buffer.of(1), Uint8Array.of(1)])).toArray()).toEqual([[1], [0]]);
    expect(await (await memo([Uint8Array.of(1), Buffer.of(1)])).toArray()).toEqual([[0], [1]]);
    const whole = sheet.memo(
      'whole',
      (rows: Float32Array | Tensor) => new Float32Array([Array.isArray((rows as Tensor).shape) ? 1 : 0, 5]),
      { rows: 8 },
    );
    expect(await (await whole(Float32Array.of(1, 2))).toArray()).toEqual([0, 5]);
    expect(await (await whole(sheet.tensor(Float32Array.of(1, 2)))).toArray()).toEqual([1, 5]);
  });
});

describe('a result', () => {
  it('that no tensor stands for comes back as it was, a copy each time', async () => {
    const sheet = await newSheet();
    for (const [name, make] of kinds.slice(0, 5)) {
      const memo = sheet.memo(name, () => ({ view: make(), list: [make(), 1n, Float32Array.of(1)] as const }));
      const alone = sheet.memo(`${name} alone`, () => make());
      for (let round = 0; round < 3; round++) {
        const { view, list } = await memo();
        const only = (await alone()) as unknown as ArrayBufferView;
        for (const each of [view, list[0], only] as ArrayBufferView[]) {
          expect(seen(each), name).toEqual(seen(make()));
          new Uint8Array(each.buffer).fill(7);
        }
        expect(list[1]).toBe(1n);
        expect(await list[2].toArray()).toEqual([1]);
      }
      expect(memo.stats).toMatchObject({ runs: 1, hits: 2 });
    }
    const file = sheet.memo('file', () => Buffer.from('text'));
    const text: string = (await file()).toString('latin1');
    expect(text).toBe('text');
    expectTypeOf(sheet.memo('pcm', () => new Int16Array(1))).returns.resolves.toEqualTypeOf<Tensor>();
    expectTypeOf(sheet.memo('array', () => new Uint8Array(1))).returns.resolves.toEqualTypeOf<Tensor>();
  });
});
