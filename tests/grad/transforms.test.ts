// Gradients of programs: what people write, what conventions say, and what is refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  grad,
  gradients,
  hessian,
  hessianVectorProduct,
  jacobian,
  jvp,
  valueAndGrad,
  variable,
  vjp,
} from '../../src/grad.ts';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { partsOf } from '../parts.ts';

const FLOAT64 = { dtype: 'float64' } as const;

describe('gradients', () => {
  let sheet: SymbolicSheet;
  const of = (values: unknown): Tensor => sheet.tensor(values, FLOAT64);
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js', 'wasm'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  it('of least squares are 2/n · Xᵀ(Xw − y), with the value beside them', async () => {
    const [x, y, w] = [
      of([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      of([1, 2, 3]),
      of([0.5, -0.5]),
    ];
    const loss = (parameters: Tensor): Tensor => x.matmul(parameters).subtract(y).square().mean();
    const { value, gradient } = valueAndGrad(loss)(w);
    const residual = x.matmul(w).subtract(y);
    const wanted = x.matmul(residual, { transposeA: true }).multiply(2 / 3);
    expect(await value.item()).toBeCloseTo(6.916666666666667, 12);
    expect(await gradient.subtract(wanted).abs().max().item()).toBeLessThan(1e-12);
  });

  it('come in the structure of the parameters', async () => {
    const parameters = {
      layers: [
        {
          w: of([
            [1, 2],
            [3, 4],
          ]),
          b: of([0, 1]),
        },
      ],
      scale: of(2),
    };
    const g = grad(({ layers: [first], scale }: typeof parameters, x: Tensor) =>
      x.matmul(first!.w).add(first!.b).sum().multiply(scale),
    )(parameters, of([[1, 1]]));
    expect(await g.layers[0]!.w.toArray()).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(await g.layers[0]!.b.toArray()).toEqual([2, 2]);
    expect(await g.scale.item()).toBe(11);
  });

  it('of gradients are second derivatives, as matrices and as products with a vector', async () => {
    const rosenbrock = (p: Tensor): Tensor => {
      const [x, y] = [p.slice([0], [1]), p.slice([1], [2])];
      return y.subtract(x.square()).square().multiply(100).add(x.negative().add(1).square()).sum();
    };
    const at = of([-1, 2]);
    expect(await grad(rosenbrock)(at).toArray()).toEqual([396, 200]);
    expect(await hessian(rosenbrock)(at).toArray()).toEqual([
      [402, 400],
      [400, 200],
    ]);
    expect(await hessianVectorProduct(rosenbrock, at, of([1, 1])).toArray()).toEqual([802, 600]);
  });

  it('forward and backward agree with the Jacobian', async () => {
    const m = of([
      [1, -2],
      [0.5, 3],
      [2, 1],
    ]);
    const f = (x: Tensor): Tensor => m.matmul(x).tanh();
    const [x, v, u] = [of([0.3, -0.2]), of([1, 2]), of([1, -1, 2])];
    const matrix = jacobian(f)(x);
    expect(matrix.shape).toEqual([3, 2]);
    const forward = jvp(f, x, v).tangent.subtract(matrix.matmul(v));
    const backward = vjp(f, x).pull(u).subtract(u.matmul(matrix));
    expect(await forward.abs().max().item()).toBeLessThan(1e-15);
    expect(await backward.abs().max().item()).toBeLessThan(1e-15);
  });

  it('of composites are those of their parts', async () => {
    expect(await grad((x: Tensor) => x.median())(of([3, 1, 2, 8])).toArray()).toEqual([0.5, 0, 0.5, 0]);
    expect(await grad((x: Tensor) => x.topK(2).values.sum())(of([3, 1, 2])).toArray()).toEqual([1, 0, 1]);
  });

  it.each<readonly [string, (x: Tensor) => Tensor, readonly number[], readonly number[]]>([
    ['|x|′ = 0 at 0', (x) => x.abs().sum(), [0, -2], [0, -1]],
    ['relu′ = 0 at 0', (x) => x.relu().sum(), [0, 1], [0, 1]],
    ['√′ = ∞ at 0', (x) => x.sqrt().sum(), [0, 4], [Infinity, 0.25]],
    ['the first of several largest', (x) => x.max(), [1, 3, 3], [0, 1, 0]],
    ['halves of equal ones', (x) => x.maximum([2, 0, 0]).sum(), [2, 1, -1], [0.5, 1, 0]],
    ['a product with one 0', (x) => x.prod(), [2, 0, 3], [0, 6, 0]],
    ['a product with two', (x) => x.prod(), [0, 0, 3], [0, 0, 0]],
    ['a power of 0', (x) => x.pow(2).sum(), [0, 3], [0, 6]],
    ['a norm of nothing but 0', (x) => x.norm(), [0, 0], [0, 0]],
    ['a step', (x) => x.floor().add(x.sign()).sum(), [0.5, 1.5], [0, 0]],
  ])('follow conventions: %s', async (_name, f, at, wanted) => {
    expect(await grad(f)(of(at)).toArray()).toEqual(wanted);
  });

  it('leak no NaN from a side that was not taken', async () => {
    const safe = (x: Tensor): Tensor => sheet.where(x.greater(0), x.log().multiply(x.sqrt()), 0).sum();
    expect(await grad(safe)(of([0, 1, -1])).toArray()).toEqual([0, 1, 0]);
    const inner = (x: Tensor): Tensor => sheet.where(x.greater(1), x.subtract(1).pow(0.5).reciprocal(), x).sum();
    expect(await grad(inner)(of([1, 2])).toArray()).toEqual([1, -0.5]);
  });

  it('are zeros by what a result does not depend on, and end at stopGradient', async () => {
    const [x, y] = [of([1, 2]), of([3, 4])];
    const [byX, byY] = gradients(x.multiply(y.stopGradient()).sum(), [x, y]) as readonly Tensor[];
    expect(await byX!.toArray()).toEqual([3, 4]);
    expect(await byY!.toArray()).toEqual([0, 0]);
  });

  it('by a result are those by its variable, and by what lies under it too', async () => {
    const x = of([
      [1, 2],
      [3, 4],
    ]);
    const h = variable(x.permuteDims([1, 0]));
    const loss = h
      .matmul([[1], [2]])
      .add(x.slice([0], [1]).sum())
      .sum();
    const [byH, byX] = gradients(loss, [h, x]) as readonly Tensor[];
    expect(await byH!.toArray()).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(await byX!.toArray()).toEqual([
      [3, 3],
      [2, 2],
    ]);
    const plain = x.multiply(1).permuteDims([1, 0]);
    expect(() => gradients(plain.sum(), [plain])).toThrow('tensor 0 is a result; write const h = variable(x)');
  });

  it('keep the dtype of what they are by', async () => {
    const x = sheet.tensor([1, 2], { dtype: 'float16' });
    const g = grad((a: Tensor) => a.astype('float64').square().sum())(x);
    expect(g.dtype).toBe('float16');
    expect(await g.toArray()).toEqual([2, 4]);
  });

  it('are found again: the same step of the same network computes nothing', async () => {
    await using own = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
    Object.assign(partsOf(own), { admission: () => 'admit' });
    const [x, w] = [
      own.tensor(
        Float32Array.from({ length: 64 }, (_, i) => i % 5),
        [8, 8],
      ),
      own.ones([8, 4]),
    ];
    const step = grad((parameters: Tensor) => x.matmul(parameters).tanh().logSoftmax().mean());
    const first = await step(w).data();
    const runs = own.stats().counters.kernelCalls;
    expect(await step(w).data()).toEqual(first);
    expect(own.stats().counters.kernelCalls).toBe(runs);
  });

  it('of the steps of a loop do not look at the steps before', async () => {
    let w = of([1]);
    const step = grad((p: Tensor) => p.square().sum());
    for (let i = 0; i < 1500; i++) w = w.subtract(step(w).multiply(0.001));
    expect(await w.item()).toBeCloseTo(0.998 ** 1500, 12);
  });

  it('that cannot be are refused, with what to do', async () => {
    const x = of([1, 2]);
    expect(() => grad((a: Tensor) => a.square())(x)).toThrow('a gradient is of one number; sum it');
    expect(() => grad((a: Tensor) => a.sum())(sheet.tensor([1], { dtype: 'int32' }))).toThrow(
      "use x.astype('float32')",
    );
    expect(() => grad((a: Tensor) => a.nextafter(1).sum())(x)).toThrow('nextafter has none');
    const wide = sheet.tensor([[1, 2, 3]], { dtype: 'float64' });
    expect(() => grad((a: Tensor) => a.svd().u.sum())(wide)).toThrow('use svd({ fullMatrices: false })');
    expect(() => grad((a: Tensor) => a.permuteDims([1, 0]).qr({ mode: 'complete' }).q.sum())(wide)).toThrow(
      "use qr({ mode: 'reduced' })",
    );
    expect(() => grad((a: Tensor) => a.lu().u.sum())(wide)).toThrow('use qr');
    expect(() => grad((): Tensor => 3 as never)(x)).toThrow('return one tensor');
    expect(() => grad((a: Tensor) => a.sum())([1] as never)).toThrow('differentiate by tensors');
    expect(() => gradients(x.square(), x, { seed: of([1]) })).toThrow('give the shape of the result, [2]');
    const exact = sheet.with({ class: 'exact' });
    const mixed = (a: Tensor): Tensor => exact.add(a.multiply(2), 1).sum();
    expect(() => grad(mixed)(x)).toThrow('compute all of it in one class');
    let chain = x;
    for (let i = 0; i < 4200; i++) chain = chain.multiply(0.999);
    expect(() => gradients(chain.sum(), x)).toThrow('a chain of more than 4096 calls was cut');
  });
});
