// A product of a matrix with its own transpose: one triangle and a mirror give the bits of the whole product.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Device, Task } from '../../src/core/device/device.ts';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { mirrorLower, productOf } from '../../src/core/device/product.ts';
import { WasmDevice } from '../../src/core/device/wasm/device.ts';
import { nodeThreads } from '../../src/host/node/threads.ts';
import { MATMUL } from '../../src/core/ops/matrices/linalg.ts';
import { type Value, valueOf, valueOfArray } from '../../src/core/tensor/block.ts';
import { allocate } from '../../src/core/tensor/dtype.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { difference, DTYPES_OF_NUMBERS, element, valueFrom } from './bits.ts';

const js = new JsDevice();
const wasm = new WasmDevice(js, { threads: 2, host: nodeThreads(), roomBytes: 1 << 24 });
afterAll(() => wasm.close());

function gram(x: Value, y: Value, side: 'a' | 'b'): Task {
  const attrs = { transposeA: side === 'a', transposeB: side === 'b' };
  const { dtype, shape } = MATMUL.infer([x.type, y.type], attrs);
  return { row: MATMUL, attrs, operands: [x, y], type: tensorType(dtype, shape), numerics: 'exact' };
}

async function run(device: Device, task: Task): Promise<Value> {
  const block = valueOfArray(task.type, allocate(task.type.dtype, task.type.size)).block;
  block.array.fill((task.type.dtype === 'int64' ? 7n : 7) as never);
  await device.run(task, block, 'free');
  return valueOf(task.type, block);
}

const copyOf = (x: Value): Value => valueOfArray(x.type, x.array.slice());

describe('a product of a matrix with its own transpose', () => {
  it('is recognised only where both operands are one array, one is transposed and the product is worth it', () => {
    const x = valueFrom('float32', [256, 40], [1, 2, 3]);
    expect(productOf(gram(x, x, 'a')).symmetric).toBe(true);
    expect(productOf(gram(x, copyOf(x), 'a')).symmetric).toBe(false);
    expect(productOf(gram(x, x, 'b')).symmetric).toBe(false); // K is 40: mirroring would cost more than it saves
    const square = valueFrom('float32', [256, 256], [1, 2, 3]);
    expect(productOf({ ...gram(square, square, 'a'), attrs: { transposeA: false, transposeB: false } }).symmetric).toBe(
      false,
    );
    expect(productOf({ ...gram(square, square, 'a'), attrs: { transposeA: true, transposeB: true } }).symmetric).toBe(
      false,
    );
    const batches = valueFrom('float32', [3, 256, 40], [1, 2, 3]);
    expect(productOf(gram(batches, batches, 'a')).symmetric).toBe(true);
  });

  for (const dtype of DTYPES_OF_NUMBERS) {
    it(`has the bits of the whole product for ${dtype}, special values included`, async () => {
      const shapes = fc.record({
        n: fc.integer({ min: 32, max: 48 }),
        k: fc.integer({ min: 192, max: dtype === 'int64' ? 193 : 300 }),
        batches: fc.constantFrom(0, 0, 2),
        side: fc.constantFrom('a' as const, 'b' as const),
      });
      await fc.assert(
        fc.asyncProperty(
          shapes,
          fc.array(element(dtype), { minLength: 1, maxLength: 400 }),
          async ({ n, k, batches, side }, elements) => {
            const matrix = side === 'a' ? [k, n] : [n, k];
            const x = valueFrom(dtype, batches === 0 ? matrix : [batches, ...matrix], elements);
            const half = gram(x, x, side);
            expect(productOf(half).symmetric).toBe(true);
            const whole = await run(js, gram(x, copyOf(x), side));
            expect(difference((await run(js, half)).array, whole.array)).toBeUndefined();
            if (wasm.supports(half) === true)
              expect(difference((await run(wasm, half)).array, whole.array)).toBeUndefined();
          },
        ),
        { seed: 11, numRuns: dtype === 'int64' ? 3 : 12 },
      );
    });
  }

  it('mirrors any order, leaving what lies around the matrix alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 9 }), (n, offset) => {
        const values = Float64Array.from({ length: offset + n * n + 5 }, (_, i) => i + 1);
        const expected = values.slice();
        for (let i = 0; i < n; i++)
          for (let j = i + 1; j < n; j++) expected[offset + i * n + j] = values[offset + j * n + i]!;
        mirrorLower(values, n, offset);
        expect(values).toEqual(expected);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it(
    'has the bits of the whole product on a team of threads, above the size where work goes on beside the event ' +
      'loop',
    async () => {
      const x = valueFrom(
        'float32',
        [1000, 210],
        Array.from({ length: 997 }, (_, i) => Math.sin(i)),
      );
      expect(
        difference((await run(wasm, gram(x, x, 'a'))).array, (await run(wasm, gram(x, copyOf(x), 'a'))).array),
      ).toBeUndefined();
    },
  );
});
