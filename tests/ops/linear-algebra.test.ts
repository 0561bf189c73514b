// The composites of linear algebra: what NumPy is not asked (tests/oracle), einsum against sums that are written out,
// and what they refuse.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttributeError, NumericError, ShapeError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { drawFrom } from '../../src/testing/random.ts';
import { partsOf } from '../parts.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'], class: 'exact' });
});
afterAll(() => sheet.close());

describe('norms by infinity', () => {
  it('are the largest and the least, of rows where a matrix has one', async () => {
    const x = sheet.tensor([
      [1, -2],
      [3, 4],
    ]);
    expect(await x.vectorNorm({ ord: Infinity }).item()).toBe(4);
    expect(await x.vectorNorm({ ord: -Infinity, axis: 0 }).toArray()).toEqual([1, 2]);
    expect(await x.matrixNorm({ ord: Infinity }).item()).toBe(7);
    expect(await x.matrixNorm({ ord: -Infinity }).item()).toBe(3);
    expect(await x.cond({ ord: Infinity }).item()).toBeCloseTo(4.2, 5);
    expect(await x.cond({ ord: -Infinity }).item()).toBeCloseTo(1.2, 5);
  });

  it('of nothing are 0; a matrix without an inverse has an infinite condition', async () => {
    expect(await sheet.zeros([2, 0, 3]).matrixNorm({ ord: 2 }).toArray()).toEqual([0, 0]);
    expect(await sheet.zeros([2, 2]).cond().item()).toBe(Infinity);
    expect(
      await sheet
        .tensor([
          [1, 2],
          [2, 4],
        ])
        .cond({ ord: -2 })
        .item(),
    ).toBeCloseTo(0, 6);
    expect(await sheet.zeros([2, 2]).slogdet().logabsdet.item()).toBe(-Infinity);
  });
});

describe('least squares', () => {
  it('of fewer equations than unknowns leave nothing, and are as short as pinv has them', async () => {
    const a = sheet.tensor(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 9), [2, 4]);
    const b = sheet.tensor(Float64Array.of(1, -1));
    const { x, residuals, rank } = sheet.lstsq(a, b);
    const want = (await a.pinv().matmul(b).toArray()) as number[];
    ((await x.toArray()) as number[]).forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 12));
    expect(await residuals.item()).toBeLessThan(1e-24);
    expect(await rank.item()).toBe(2);
  });

  it('of dependent columns are those of the rank there is, for every matrix of a batch', async () => {
    const a = sheet.tensor(
      [
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
      ],
      { dtype: 'float64' },
    );
    const { x, rank } = sheet.lstsq(
      a,
      sheet.tensor(
        [
          [[1], [2], [3]],
          [[1], [2], [3]],
        ],
        { dtype: 'float64' },
      ),
    );
    expect(await rank.toArray()).toEqual([1, 2]);
    ((await x.data()) as Float64Array).forEach((value, i) => expect(value).toBeCloseTo([0.5, 0.5, 1, 2][i]!, 12));
  });
});

describe('parts', () => {
  it('have the dtype of the matrix, row numbers and ranks int32, of float16 too', async () => {
    const x = sheet
      .tensor([
        [2, 1],
        [1, 3],
      ])
      .astype('float16');
    const { l, u, p } = x.lu();
    const { s, rank } = sheet.lstsq(x, x);
    expect([l, u, p, s, rank, x.eigh().eigenvalues, x.pinv(), x.expm()].map(({ dtype }) => dtype)).toEqual([
      'float16',
      'float16',
      'int32',
      'float16',
      'int32',
      'float16',
      'float16',
      'float16',
    ]);
    expect(await u.toArray()).toEqual([
      [2, 1],
      [0, 2.5],
    ]);
  });

  it('share one decomposition', async () => {
    const own = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
    Object.assign(partsOf(own), { admission: () => 'admit' });
    const x = own.tensor([
      [4, 1],
      [2, 3],
      [5, 6],
    ]);
    const { u, s, vh } = x.svd({ fullMatrices: false });
    await Promise.all([u.data(), s.data(), vh.data()]);
    const { misses } = own.stats().counters;
    await x.svdPacked({ fullMatrices: false }).data();
    expect(own.stats().counters.misses).toBe(misses);
    const { hits } = own.stats().counters;
    await x.pinv().data();
    expect(own.stats().counters.hits).toBeGreaterThan(hits);
    await own.close();
  });
});

/** The sum written out: over every value of every letter. */
function written(
  inputs: readonly string[],
  output: string,
  operands: readonly { shape: number[]; values: number[] }[],
) {
  const letters = [...new Set(inputs.join(''))];
  const lengthOf = (letter: string): number =>
    Math.max(
      ...inputs.flatMap((labels, i) =>
        labels.split('').flatMap((each, k) => (each === letter ? [operands[i]!.shape[k]!] : [])),
      ),
    );
  const shape = output.split('').map(lengthOf);
  const sums = new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0);
  const place = (labels: string, lengths: readonly number[], at: Readonly<Record<string, number>>): number =>
    labels.split('').reduce((flat, letter, k) => flat * lengths[k]! + (lengths[k] === 1 ? 0 : at[letter]!), 0);
  const visit = (rest: readonly string[], at: Readonly<Record<string, number>>): void => {
    const [letter, ...others] = rest;
    if (letter === undefined) {
      const product = inputs.reduce(
        (p, labels, i) => p * operands[i]!.values[place(labels, operands[i]!.shape, at)]!,
        1,
      );
      sums[place(output, shape, at)]! += product;
      return;
    }
    for (let value = 0; value < lengthOf(letter); value++) visit(others, { ...at, [letter]: value });
  };
  visit(letters, {});
  return { shape, sums };
}

describe('einsum', () => {
  const random = drawFrom(11);
  it('is the sum of products that its letters say, of any operands', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 }),
        fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
        async (terms, lengths, kept) => {
          const inputs = terms.map((labels) => labels.join(''));
          const letters = [...new Set(inputs.join(''))];
          const output =
            letters.length === 0 ? '' : [...new Set(kept.map((k) => letters[k % letters.length]))].join('');
          const operands = inputs.map((labels) => {
            const shape = labels.split('').map((letter) => lengths['abcde'.indexOf(letter)]!);
            return {
              shape,
              values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.floor(random() * 9) - 4),
            };
          });
          const tensors = operands.map(({ shape, values }) => sheet.tensor(Float64Array.from(values), shape));
          const result = sheet.einsum(tensors, `${inputs.join()}->${output}`);
          const { shape, sums } = written(inputs, output, operands);
          expect(result.shape).toEqual(shape);
          expect(Array.from((await result.data()) as Float64Array, (x) => x + 0)).toEqual(sums.map((x) => x + 0));
        },
      ),
      { numRuns: 60, seed: 3 },
    ));

  it('contracts many operands in an order that is not the one they are written in', async () => {
    // From the left the products would have 10⁸ elements.
    const ones = (...shape: number[]): Tensor => sheet.ones(shape, { dtype: 'float64' });
    const wide = ones(100, 100);
    const result = sheet.einsum([wide, wide, wide, wide, ones(100), ones(3)], 'ab,cd,be,df,f,g->g');
    expect(await result.toArray()).toEqual([1e12, 1e12, 1e12]);
  });

  it('keeps integers integers', async () => {
    const x = sheet.tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'int32' },
    );
    expect(await sheet.einsum([x, x], 'ij,jk->ik').toArray()).toEqual([
      [7, 10],
      [15, 22],
    ]);
  });

  it.each([
    ['ij,jk->ik->', /more than one ->/],
    ['ij->ij', /it has 1 terms and there are 2 operands/],
    ['ij,jk,kl->il', /3 terms/],
    ['i1,jk->i', /"1" in "i1" is not a letter/],
    ['ij,jkl->ik', /"jkl" has 3 letters and its operand 2 axes/],
    ['ij,jk...l->ik', /only 2 axes|3 letters/],
    ['i..j,jk->ik', /"\." in "i..j"/],
    ['ij,jk->ii', /its result has i twice/],
    ['ij,jk->iz', /no operand has the z of its result/],
    ['ij,jk->i...', /ellipsis and no operand has one/],
    ['...j,jk->k', /no ellipsis for the axes/],
    ['ij,jk->i-k', /"-" in "i-k" is not a letter/],
  ])('refuses "%s"', (subscripts, message) => {
    const x = sheet.zeros([2, 2]);
    expect(() => sheet.einsum([x, x], subscripts)).toThrow(AttributeError);
    expect(() => sheet.einsum([x, x], subscripts)).toThrow(message);
  });

  it('refuses lengths that differ, with the letter and the shapes', () => {
    expect(() => sheet.einsum([sheet.zeros([2, 3]), sheet.zeros([4, 2])], 'ij,jk->ik')).toThrow(ShapeError);
    expect(() => sheet.einsum([sheet.zeros([2, 3]), sheet.zeros([4, 2])], 'ij,jk->ik')).toThrow(
      /j is 3 and 4 long; operands have shapes \[2,3\], \[4,2\]/,
    );
  });
});

describe('is refused', () => {
  it('the inverse of a singular matrix, when it is read', async () => {
    await expect(
      sheet
        .tensor([
          [1, 2],
          [2, 4],
        ])
        .inv()
        .data(),
    ).rejects.toThrow(NumericError);
    await expect(
      sheet
        .tensor([
          [1, 2],
          [2, 4],
        ])
        .inv()
        .data(),
    ).rejects.toThrow(/singular/);
  });

  const square = (): Tensor => sheet.zeros([3, 3]);
  it.each([
    ['inv of what is not square', () => sheet.zeros([2, 3]).inv(), /inv: x is \[2,3\]/],
    ['matrix_power of a vector', () => sheet.zeros([3]).matrixPower(2), /matrix_power.*rank/],
    ['eigh of a vector', () => sheet.zeros([3]).eigh(), /eigh.*rank/],
    ['cond of nothing', () => sheet.zeros([0, 3]).cond(), /cond.*elements/],
    ['the least norm of nothing', () => sheet.zeros([0, 3]).matrixNorm({ ord: -1 }), /matrix_norm.*elements/],
    ['a norm that is none', () => sheet.zeros([3]).vectorNorm({ ord: NaN }), /vector_norm: ord is NaN/],
    ['lstsq of other rows', () => sheet.lstsq(square(), sheet.zeros([2])), /lstsq.*b needs 3 rows/],
    ['cross in the plane', () => sheet.cross(sheet.zeros([2]), sheet.zeros([2])), /cross.*length 3/],
    ['vecdot of other lengths', () => sheet.vecdot(sheet.zeros([2]), sheet.zeros([3])), /vecdot.*one length/],
    ['vecdot of an axis that is none', () => sheet.vecdot(square(), square(), { axis: 2 }), /vecdot: axis is 2/],
    ['tensordot of more axes than there are', () => sheet.tensordot(square(), square(), { axes: 3 }), /0 to 2/],
    ['tensordot of one list', () => sheet.tensordot(square(), square(), { axesX: 0 }), /axesX and axesY together/],
    ['tensordot of other lengths', () => sheet.tensordot(square(), sheet.zeros([2, 3]), { axes: 1 }), /same lengths/],
    ['cov of three axes', () => sheet.zeros([2, 2, 2]).cov(), /cov.*vector/],
  ])('%s', (_name, call, message) => {
    expect(call).toThrow(message);
  });
});
