// Partial reuse: products by the parts of their operands have the bits of whole ones, and what is kept is not computed.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isExactFor, PART_RULES } from '../../src/core/pattern/part-rules.ts';
import { loadTrace, replayTrace, SymbolicSheet, type Tensor, type TypedArray } from '../../src/index.ts';
import { partsOf } from '../parts.ts';
import { element, valueFrom } from './bits.ts';

type Sheet = SymbolicSheet;
const DTYPES = ['float32', 'float64', 'int32', 'int64'] as const;

const open = async (options: Parameters<typeof SymbolicSheet.open>[0] = {}): Promise<Sheet> => {
  const sheet = await SymbolicSheet.open({ store: 'memory', class: 'exact', ...options });
  Object.assign(partsOf(sheet), { admission: () => 'admit' });
  return sheet;
};
const bitsOf = (array: TypedArray): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');
const wave = (size: number, by = 1): Float32Array => Float32Array.from({ length: size }, (_, i) => Math.sin(i * by));

describe('the rule', () => {
  it.each(PART_RULES.map((rule, i) => [rule.formula, i] as const))(
    '%s gives the bits of the whole',
    async (_formula, at) => {
      await using sheet = await open({ cache: 'off', devices: ['wasm', 'js'] });
      const { author } = sheet;
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...DTYPES).chain((dtype) =>
            fc.record({
              dtype: fc.constant(dtype),
              some: fc.array(element(dtype, PART_RULES[at]!.contract === 'exact' ? 'any' : 'ordinary'), {
                minLength: 5,
                maxLength: 11,
              }),
            }),
          ),
          fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
          fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
          async ({ dtype, some }, [m, k, n], [transposeA, isOther, isVector]) => {
            const transposeB = at === 0 ? !transposeA : isOther;
            const tensor = (shape: readonly number[], from = 0): Tensor => {
              const turned = some.map((_, i) => some[(i * 7 + from) % some.length]!);
              return sheet.tensor(valueFrom(dtype, shape, turned).array, shape);
            };
            const shapeA = (rows: number): number[] => (transposeA ? [k, rows] : [rows, k]);
            const shapeB = (columns: number): number[] => (transposeB ? [columns, k] : [k, columns]);
            const rows = { axis: transposeA ? 1 : 0 };
            const columns = { axis: transposeB ? 0 : 1 };
            const wholeB = isVector ? tensor([k], 3) : tensor(shapeB(n), 3);
            const slice = (x: Tensor, axis: number): Tensor =>
              x.slice(
                [0, 1].map((each) => (each === axis ? 1 : null)),
                [null, null],
                [0, 1].map((each) => (each === axis ? 2 : 1)),
              );
            const joined = sheet.concat([tensor(shapeA(m)), tensor(shapeA(2), 1), tensor(shapeA(1), 2)], rows);
            const operands: readonly (readonly [Tensor, Tensor])[] = [
              [joined, joined],
              [sheet.concat([tensor(shapeA(m)), tensor(shapeA(2), 1)], rows), wholeB],
              [tensor(shapeA(m)), sheet.concat([tensor(shapeB(n), 3), tensor(shapeB(1), 2)], columns)],
              [slice(tensor(shapeA(m + 1)), rows.axis), wholeB],
              [tensor(shapeA(m)), slice(tensor(shapeB(n + 1), 3), columns.axis)],
              [tensor(shapeA(m)), tensor(shapeB(n), 3)],
              [tensor(shapeA(m)).multiply(isVector ? 3 : -2), tensor(shapeB(n), 3)],
              [tensor(shapeA(m)), tensor(shapeB(n), 3).negative()],
              [
                sheet.concat([tensor(shapeA(m)), tensor(shapeA(m), 1)], { axis: 1 - rows.axis }),
                sheet.concat([tensor(shapeB(n), 3), tensor(shapeB(n), 2)], { axis: 1 - columns.axis }),
              ],
            ];
            const [a, b] = operands[at]!;
            const product = a.matmul(b, { transposeA, transposeB });
            const told = PART_RULES[at]!.apply(product.call, author as never);
            expect(told?.plan.type).toEqual(product.call.type);
            const parts = await sheet.handle(numbered(sheet, told!.plan as never)).data();
            const whole = await product.data();
            if (isExactFor(PART_RULES[at]!, product.call)) expect(bitsOf(parts)).toBe(bitsOf(whole));
            else expectWithin(parts, whole, 2 * k * Math.max(1, ...some.map(Number)) ** 2);
          },
        ),
        { numRuns: 30, seed: 3 },
      );
    },
  );
});

/** As far apart as sums of so large terms may be, in the bound of the product. */
function expectWithin(a: TypedArray, b: TypedArray, size: number): void {
  const epsilon = a instanceof Float32Array ? 2 ** -23 : 2 ** -52;
  for (const [i, x] of a.entries()) expect(Math.abs(Number(x) - Number(b[i]))).toBeLessThanOrEqual(64 * epsilon * size);
}

/** A call that a rule made, as one that was asked for. */
const numbered = (sheet: Sheet, call: Tensor['call']): Tensor['call'] => {
  const { row, operands, attributes } = call;
  const own = operands.map((operand) => (operand.seq === 0 ? numbered(sheet, operand) : operand));
  return sheet.restate(row!, own, attributes.values).call;
};

describe('a product', () => {
  let sheet: Sheet;
  let off: Sheet;
  beforeAll(async () => {
    sheet = await open();
    off = await open({ cache: 'off' });
  });
  afterAll(() => Promise.all([sheet.close(), off.close()]));

  /** GFLOP that a program runs, and its bits where nothing is reused. */
  async function cost(program: (on: Sheet) => Tensor): Promise<number> {
    const before = sheet.stats().counters.flops;
    const data = await program(sheet).data();
    expect(bitsOf(data)).toBe(bitsOf(await program(off).data()));
    return sheet.stats().counters.flops - before;
  }
  const X = wave(600 * 90);
  const made = new WeakMap<Sheet, Map<string, Tensor>>();
  /** The same tensor whenever it is asked for, so that it is known without its elements. */
  const given = (on: Sheet, rows: number, columns: number, by: number): Tensor => {
    const own = made.get(on) ?? new Map<string, Tensor>();
    made.set(on, own);
    const key = [rows, columns, by].join();
    const tensor = own.get(key) ?? on.tensor(wave(rows * columns, by), [rows, columns]);
    own.set(key, tensor);
    return tensor;
  };
  const x = (on: Sheet): Tensor => given(on, 600, 90, 1);

  it('of appended rows computes those alone', async () => {
    const w = (on: Sheet): Tensor => given(on, 90, 80, 3);
    await cost((on) => x(on).matmul(w(on)));
    const more = (on: Sheet): Tensor => given(on, 6, 90, 5);
    expect(await cost((on) => on.concat([x(on), more(on)]).matmul(w(on)))).toBe(2 * 6 * 90 * 80);
    const again = sheet.concat([x(sheet), more(sheet)]).matmul(w(sheet));
    await again.data();
    expect(again.explain().toString()).toContain('matmul');
  });

  it('of appended columns, on either side, computes those alone', async () => {
    await cost((on) => x(on).matmul(given(on, 90, 80, 7)));
    const joined = (on: Sheet): Tensor => on.concat([given(on, 90, 80, 7), given(on, 90, 2, 8)], { axis: 1 });
    expect(await cost((on) => x(on).matmul(joined(on)))).toBe(2 * 600 * 90 * 2);
  });

  it('of a matrix with itself and another column takes that column', async () => {
    const gram = (on: Sheet, columns: Tensor): Tensor => columns.matmul(columns, { transposeA: true });
    await cost((on) => gram(on, x(on)));
    const joined = (on: Sheet): Tensor => on.concat([x(on), given(on, 600, 1, 11)], { axis: 1 });
    expect(await cost((on) => gram(on, joined(on)))).toBeLessThan(2 * 600 * 92);
  });

  it('of which nothing is kept is computed whole once, then by parts, which the third time finds', async () => {
    const gram =
      (by: number) =>
      (on: Sheet): Tensor => {
        const joined = on.concat([given(on, 500, 100, 13), given(on, 500, 1, by)], { axis: 1 });
        return joined.matmul(joined, { transposeA: true });
      };
    const [first, second, third] = [await cost(gram(0.1)), await cost(gram(0.2)), await cost(gram(0.3))];
    expect(second).toBeGreaterThan(0.9 * first);
    expect(third).toBeLessThan(0.05 * first);
  });

  it('of rows of a known product is a slice of that', async () => {
    const w = (on: Sheet): Tensor => given(on, 90, 60, 17);
    await cost((on) => x(on).matmul(w(on)));
    expect(await cost((on) => x(on).slice([100], [550]).matmul(w(on)))).toBe(0);
  });

  it('of what was multiplied the other way round is the transpose of that', async () => {
    const w = (on: Sheet): Tensor => given(on, 90, 70, 37);
    await cost((on) => x(on).matmul(w(on)));
    expect(await cost((on) => w(on).matmul(x(on), { transposeA: true, transposeB: true }))).toBe(0);
  });

  it('of a multiple computes it anew in class exact, and multiplies what is kept in class tolerance', async () => {
    const model = (on: Sheet): Tensor =>
      x(on)
        .multiply(0.3)
        .matmul(given(on, 90, 80, 41));
    await cost((on) => x(on).matmul(given(on, 90, 80, 41)));
    expect(await cost(model)).toBeGreaterThan(2 * 600 * 90 * 80);
    await using loose = await open({ class: 'tolerance', devices: ['wasm', 'js'], verify: { rate: 1 } });
    await x(loose)
      .matmul(given(loose, 90, 80, 41))
      .data();
    const before = loose.stats().counters.flops;
    const scaled = model(loose);
    const found = await scaled.data();
    expect(loose.stats().counters.flops - before).toBeLessThan(2 * 600 * 90);
    expect(scaled.explain().toString()).toContain('within the bound of class tolerance: (c · x) · w → c · (x · w)');
    expectWithin(found, await model(off).data(), 90);
    // What was put together is not held against the bits of a whole product.
    expect(await model(loose).data()).toEqual(found);
    expect(loose.stats().counters).toMatchObject({ quarantined: 0 });
    expect(loose.stats().counters.checked).toBeGreaterThan(0);
  });

  it('of a multiple is not told by what has overflowed', async () => {
    await using loose = await open({ class: 'tolerance', devices: ['wasm', 'js'] });
    const [a, b] = [given(loose, 100, 80, 53).multiply(1e20), given(loose, 80, 90, 59).multiply(1e20)];
    await a.matmul(b).data();
    const small = await a.multiply(1e-4).matmul(b).data();
    expect(small.every(Number.isFinite)).toBe(true);
  });

  it('of folds that came within others is summed of theirs, once each', async () => {
    await using loose = await open({ class: 'tolerance', devices: ['wasm', 'js'] });
    const gram = (on: Sheet, without: number): Tensor => {
      const folds = [0, 1, 2, 3, 4].filter((fold) => fold !== without).map((fold) => given(on, 150, 70, 43 + fold));
      const train = on.concat(folds);
      return train.matmul(train, { transposeA: true });
    };
    const flops: number[] = [];
    for (const without of [0, 1, 2, 3]) {
      const before = loose.stats().counters.flops;
      expectWithin(await gram(loose, without).data(), await gram(off, without).data(), 600);
      flops.push(loose.stats().counters.flops - before);
    }
    const fold = 2 * 150 * 70 * 70;
    expect(flops.map((each) => Math.round(each / fold))).toEqual([4, 4, 1, 0]);
    const unlike = (on: Sheet): Tensor =>
      on
        .concat([given(on, 600, 40, 61), given(on, 600, 50, 62)], { axis: 1 })
        .matmul(on.concat([given(on, 50, 80, 63), given(on, 40, 80, 64)]));
    expectWithin(await unlike(loose).data(), await unlike(off).data(), 90);
  });

  it('says on the trace that it was put together, and the trace replays', async () => {
    const own = await open();
    const [a, w] = [own.tensor(X, [600, 90]), own.tensor(wave(90 * 80, 19), [90, 80])];
    await a.matmul(w).data();
    const whole = own.concat([a, own.tensor(wave(90, 23), [1, 90])]).matmul(w);
    await whole.data();
    expect(own.trace.annotations().at(-1)).toMatchObject({
      decision: 'part',
      note: expect.stringContaining('1 of them kept'),
    });
    expect(whole.source).toBe('part');
    const replay = await replayTrace(await loadTrace(await own.trace.bytes()));
    expect(replay.firstDivergence).toBeUndefined();
    await own.close();
  });

  it('under a law on its values is computed whole', async () => {
    await using strict = await open({ policy: { finite: 'deny' } });
    const [a, w] = [strict.tensor(X, [600, 90]), strict.tensor(wave(90 * 80, 29), [90, 80])];
    await a.matmul(w).data();
    await strict
      .concat([a, strict.tensor(wave(90, 31), [1, 90])])
      .matmul(w)
      .data();
    expect(strict.stats().counters.parts).toBe(0);
  });
});
