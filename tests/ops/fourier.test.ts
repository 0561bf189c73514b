// Fourier transforms along several axes, spectra and complex pairs: what goes there comes back, and NumPy's numbers.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ShapeError, SymbolicSheet, type Tensor } from '../../src/index.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
});
afterAll(() => sheet.close());

const numbers = async (x: Tensor): Promise<number[]> => Array.from((await x.data()) as Float64Array);
const random = (shape: number[], seed: number): Tensor => sheet.randomUniform(shape, { seed, dtype: 'float64' });

async function expectNear(got: Tensor, want: Tensor): Promise<void> {
  expect(got.shape).toEqual(want.shape);
  expect(await sheet.allclose(got, want, { rtol: 1e-13, atol: 1e-13 }).item()).toBe(true);
}

it('inverses give back what was transformed, of any shape, axes and norm', async () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 });
  const norms = fc.constantFrom('backward' as const, 'ortho' as const, 'forward' as const);
  await fc.assert(
    fc.asyncProperty(shapes, norms, fc.nat(), async (shape, norm, seed) => {
      const z = random([...shape, 2], seed);
      const axis = seed % shape.length;
      await expectNear(z.fft({ axis, norm }).ifft({ axis, norm }), z);
      await expectNear(z.fftn({ norm }).ifftn({ norm }), z);
      const x = random(shape, seed + 1);
      await expectNear(x.rfft({ axis, norm }).irfft({ axis, norm, n: shape[axis]! }), x);
      await expectNear(x.rfftn({ norm }).irfftn({ norm, s: shape }), x);
      await expectNear(x.fftshift().ifftshift(), x);
    }),
    { seed: 5, numRuns: 8 },
  );
});

it('two axes are one after the other, and numbers are those of NumPy', async () => {
  const x = sheet.arange(6, { dtype: 'float64' }).reshape([2, 3]);
  const spectrum = sheet.complexOf(x).fft2();
  // numpy.fft.fft2([[0, 1, 2], [3, 4, 5]])
  expect((await numbers(spectrum.complexReal().round())).map((re) => re + 0)).toEqual([15, -3, -3, -9, 0, 0]);
  const imaginary = await numbers(spectrum.complexImag());
  expect(imaginary[1]).toBeCloseTo(1.7320508075688772, 14);
  expect(imaginary[2]).toBeCloseTo(-1.7320508075688772, 14);
  await expectNear(x.rfft2(), spectrum.slice(null, [null, 2]));
  await expectNear(x.rfft2().irfft2({ s: [2, 3] }), x);
  await expectNear(spectrum.ifft2().complexReal(), x);
});

it('a product of spectra is the transform of a convolution', async () => {
  const [a, b] = [sheet.tensor([1, 2, 3], { dtype: 'float64' }), sheet.tensor([0, 1, 0.5], { dtype: 'float64' })];
  const product = sheet.complexMultiply(a.rfft({ n: 5 }), b.rfft({ n: 5 }));
  await expectNear(product.irfft({ n: 5 }), sheet.tensor([0, 1, 2.5, 4, 1.5], { dtype: 'float64' }));
});

it('complex pairs have parts, conjugates, magnitudes and angles; frequencies move to the middle', async () => {
  const z = sheet.complexOf(sheet.tensor([3, -1]), sheet.tensor([4, 0]));
  expect(await numbers(z.complexAbs())).toEqual([5, 1]);
  expect(await numbers(z.complexAngle())).toEqual([Math.fround(Math.atan2(4, 3)), Math.fround(Math.PI)]);
  expect(await numbers(z.complexConj())).toEqual([3, -4, -1, -0]);
  expect(await numbers(sheet.fftfreq(5, 0.5, { dtype: 'float64' }).fftshift())).toEqual([-0.8, -0.4, 0, 0.4, 0.8]);
  expect(await numbers(z.fftshift({ pairs: true }))).toEqual([-1, 0, 3, 4]);
});

it('shapes that hold no pairs, and lengths of nothing, are refused', () => {
  expect(() => random([4, 3], 1).fft()).toThrow(ShapeError);
  expect(() => random([4, 3], 1).fft()).toThrow('Use complexOf(re, im), or rfft for real numbers');
  expect(() => random([2], 1).fft()).toThrow('x has no axis to transform');
  expect(() => random([4, 2], 1).fft({ n: 0 })).toThrow('a transform of 0 elements is none');
  expect(() => random([4, 4], 1).rfftn({ s: [4], axes: [0, 1] })).toThrow('1 lengths for 2 axes');
});
