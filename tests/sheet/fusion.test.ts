// Elementwise chains in one pass: fewer kernels, the same bits.
import type { Candidate } from '../../src/core/policy/admission.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { bits } from './fixtures/arrays.ts';
import { partsOf } from '../parts.ts';

const SPECIAL = [0, -0, NaN, Infinity, -Infinity, 1e-42, -1e-42, 3.4e38, -3.4e38, 1, -1, 0.5, 88.7, -103];
const elements = Float32Array.from({ length: 210 }, (_, i) => (i < 196 ? SPECIAL[i % 14]! : Math.sin(i) * 9));
const others = Float32Array.from({ length: 210 }, (_, i) => (i < 196 ? SPECIAL[Math.floor(i / 14)]! : Math.cos(i) * 3));

let fused: SymbolicSheet;
let plain: SymbolicSheet;

beforeEach(async () => {
  fused = await SymbolicSheet.open({ class: 'exact', devices: ['wasm', 'js'] });
  plain = await SymbolicSheet.open({ class: 'exact', devices: ['wasm', 'js'] });
  Object.assign(partsOf(fused), { fusedElements: 1 });
  Object.assign(partsOf(plain), { fusedElements: Infinity });
});

afterEach(async () => {
  await Promise.all([fused.close(), plain.close()]);
});

const kernels = (sheet: SymbolicSheet): number => sheet.stats().counters.kernelCalls;
const chain = (a: Tensor, b: Tensor): Tensor => a.multiply(b).add(b).exp().tanh().subtract(a);

/** The same program on both sheets. */
async function both(program: (a: Tensor, b: Tensor) => Tensor): Promise<[string, string]> {
  const results = [fused, plain].map(async (sheet) =>
    bits((await program(sheet.tensor(elements, [15, 14]), sheet.tensor(others, [15, 14])).data()) as Float32Array),
  );
  return Promise.all(results) as Promise<[string, string]>;
}

describe('a chain of elementwise ops', () => {
  it('is one kernel, with the bits of five', async () => {
    const [a, b] = await both(chain);
    expect(a).toBe(b);
    expect([kernels(fused), kernels(plain)]).toEqual([1, 5]);
  });

  it('has the same bits whatever it is made of, special values included', async () => {
    const unary = fc.constantFrom('negative', 'abs', 'exp', 'log', 'tanh', 'sqrt', 'floor', 'sign', 'relu', 'sigmoid');
    const binary = fc.constantFrom(
      'add',
      'subtract',
      'multiply',
      'divide',
      'maximum',
      'minimum',
      'atan2',
      'pow',
      'hypot',
    );
    const steps = fc.array(
      fc.oneof(
        unary.map((op) => [op] as const),
        fc.tuple(binary, fc.boolean()),
      ),
      { minLength: 2, maxLength: 7 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (ops) => {
        const program = (a: Tensor, b: Tensor): Tensor =>
          ops.reduce((x, [op, swapped]) => {
            const call = (x as unknown as Record<string, (y?: Tensor) => Tensor>)[op]!;
            if (swapped === undefined) return call.call(x);
            return swapped
              ? ((b as unknown as Record<string, (y: Tensor) => Tensor>)[op]?.(x) as Tensor)
              : call.call(x, b);
          }, a);
        const [one, other] = await both(program);
        expect(one).toBe(other);
      }),
      { seed: 20261120, numRuns: 60 },
    );
  });

  it('has the bits of its parts where readers stretch them, in random shapes', async () => {
    const length = fc.constantFrom(1, 2, 3, 7);
    const shapes = fc.record({
      rows: length,
      columns: length,
      inner: length,
      stretch: length,
      reader: fc.constantFrom('add', 'subtract', 'maximum'),
      reduce: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ rows, columns, inner, stretch, reader, reduce }) => {
        const program = (sheet: SymbolicSheet): Tensor => {
          const take = (shape: number[], from: Float32Array): Tensor =>
            sheet.tensor(from.slice(196, 196 + shape.reduce((size, n) => size * n, 1)), shape);
          const product = (from: Float32Array): Tensor =>
            take([rows, Math.min(inner, 2)], from).matmul(take([Math.min(inner, 2), columns === 1 ? 1 : 2], others));
          const beside = take([columns === 1 ? stretch : 2], others);
          const call = (op: string, ...operands: Tensor[]): Tensor =>
            (sheet.execute as (op: string, ...operands: Tensor[]) => Tensor).call(sheet, op, ...operands);
          const [map, whole] = [
            call(reader, product(elements), beside),
            call(reader, product(others).multiply(2), beside),
          ];
          return sheet.concat([map.reshape([-1]), reduce ? whole.abs().sum({ axis: 1 }) : whole.exp().reshape([-1])]);
        };
        expect(bits((await program(fused).data()) as Float32Array)).toBe(
          bits((await program(plain).data()) as Float32Array),
        );
      }),
      { seed: 20261130, numRuns: 80 },
    );
  });

  it('keeps a part that is asked for beside it, and one that was computed before', async () => {
    Object.assign(partsOf(fused), { admission: () => 'admit' });
    const [a, b] = [fused.tensor(elements), fused.tensor(others)];
    const part = a.multiply(b);
    await fused.compute(part, part.add(b).exp());
    expect(kernels(fused), 'the product, and the rest in one').toBe(2);
    await fused.compute(a.multiply(b).add(1));
    expect(kernels(fused), 'the product was there').toBe(3);
  });

  it('computes a part on its own from the second time on, so that it can be kept', async () => {
    Object.assign(partsOf(fused), {
      admission: ({ computedBefore }: Candidate) => (computedBefore > 0 ? 'admit' : 'wait'),
    });
    const [a, b] = [fused.tensor(elements), fused.tensor(others)];
    const product = (scale: number): Promise<unknown> => a.multiply(b).multiply(scale).exp().data();
    const counts: number[] = [];
    for (const scale of [2, 3, 4]) {
      const before = kernels(fused);
      await product(scale);
      counts.push(kernels(fused) - before);
    }
    expect(counts, 'all in one; the product apart; the product found').toEqual([1, 2, 1]);
  });

  it('stays apart where a part is broadcast, of another dtype, or read twice', async () => {
    const results = await both((a, b) => a.sum({ axis: 0 }).exp().add(b).multiply(a.greater(b).astype('float32')));
    expect(results[0]).toBe(results[1]);
    const twice = await both((a, b) => {
      const c = a.add(b);
      return c.multiply(c);
    });
    expect(twice[0]).toBe(twice[1]);
  });

  it('after a product runs on the product where it lies, with the bits of the parts', async () => {
    const layer = (a: Tensor, b: Tensor): Tensor =>
      a
        .matmul(b, { transposeB: true })
        .add(b.sum({ axis: 1 }))
        .relu()
        .multiply(0.5);
    const results = await both(layer);
    expect(results[0]).toBe(results[1]);
    expect([kernels(fused), kernels(plain)], 'the sum; the product with all that follows').toEqual([2, 5]);
    const beside = await both((a, b) =>
      b.sum({ axis: 1, keepdims: true }).subtract(a.matmul(b, { transposeB: true }).negative().exp()),
    );
    expect(beside[0]).toBe(beside[1]);
  });

  it('before a reduction is read as it is computed, with the bits of the parts', async () => {
    const reductions: ((x: Tensor) => Tensor)[] = [
      (x) => x.sum(),
      (x) => x.mean({ axis: 0 }),
      (x) => x.max({ axis: 1 }),
      (x) => x.std({ axis: 1 }),
      (x) => x.norm1({ axis: 0, keepdims: true }),
      (x) => x.var(),
      (x) => x.logsumexp({ axis: 1 }),
      (x) => x.argmax({ axis: 1 }),
    ];
    const maps: ((a: Tensor, b: Tensor) => Tensor)[] = [
      (a, b) => a.subtract(b).square(),
      (a, b) => a.multiply(b.sum({ axis: 0 })).abs(),
      (a) => a.exp(),
      (a, b) => a.maximum(b).multiply(0.5),
    ];
    for (const reduce of reductions) {
      for (const map of maps) {
        const [one, other] = await both((a, b) => reduce(map(a, b)));
        expect(one).toBe(other);
      }
    }
    const before = kernels(fused);
    await fused
      .tensor(elements, [15, 14])
      .subtract(fused.tensor(others, [15, 14]))
      .multiply(3)
      .square()
      .mean()
      .data();
    expect(kernels(fused) - before).toBe(1);
  });

  it('gives the same bits on every device of class exact', async () => {
    const programs: ((a: Tensor, b: Tensor) => Tensor)[] = [
      (a, b) => a.matmul(b, { transposeB: true }).tanh(),
      (a, b) => a.multiply(b).sum({ axis: 0 }),
      (a, b) => a.subtract(b).abs().max({ axis: 1 }),
      (a, b) => a.multiply(b).add(1).mean(),
    ];
    for (const program of programs) {
      const run = async (view: SymbolicSheet): Promise<string> =>
        bits((await program(view.tensor(elements, [15, 14]), view.tensor(others, [15, 14])).data()) as Float32Array);
      const expected = await run(plain);
      for (const device of ['wasm', 'js'])
        expect(await run(fused.with({ device, cache: 'off' }) as SymbolicSheet)).toBe(expected);
    }
  });

  it('says in its explanation what was computed together', async () => {
    const part = fused.tensor(elements).multiply(2);
    const whole = part.exp();
    await whole.data();
    expect(part.explain().toString()).toMatch(/computed together with #\d+/);
  });
});
