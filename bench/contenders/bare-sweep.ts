// The sweep of examples/mnist-sweep.ts as a plain loop on bare kernels: no sheet, no handles, every fit from the
// pixels.
import { performance } from 'node:perf_hooks';
import type { SymbolicSheet } from 'symbolic-sheet';
import { cut, type Digits, type Fit, type Grid } from '../../examples/mnist-sweep.ts';
import type { OpName } from '../../src/core/handle/methods.gen.ts';
import { type Block, type Value, valueOf } from '../../src/core/tensor/block.ts';
import { deviceOf, runInto, taskFor, valueIn } from './direct.ts';
import { partsOf } from '../../tests/parts.ts';

/** Kernels called one by one; results live until `release`. */
class Kernels {
  readonly #sheet: SymbolicSheet;
  #blocks: Block[] = [];

  constructor(sheet: SymbolicSheet) {
    this.#sheet = sheet;
  }

  async call(op: OpName, operands: readonly Value[], given: Readonly<Record<string, unknown>> = {}): Promise<Value> {
    const task = taskFor(this.#sheet, op, operands, given);
    const device = deviceOf(this.#sheet, task);
    const out = partsOf(this.#sheet).memory.take(task.type);
    const start = performance.now();
    await runInto(device, task, out);
    partsOf(this.#sheet).dispatcher.costs.learn(device, task, (performance.now() - start) * 1e6);
    this.#blocks.push(out);
    return valueOf(task.type, out);
  }

  /** As `call`, and lets go of operands that nothing reads afterwards, as a careful loop does. */
  async last(op: OpName, operands: readonly Value[], given: Readonly<Record<string, unknown>> = {}): Promise<Value> {
    const result = await this.call(op, operands, given);
    for (const operand of operands) this.free(operand);
    return result;
  }

  free({ block }: Value): void {
    const at = this.#blocks.indexOf(block);
    if (at < 0) return;
    this.#blocks.splice(at, 1);
    block.release();
  }

  scalar(value: number): Value {
    return valueIn(this.#sheet, Float32Array.of(value), []);
  }

  release(): void {
    for (const block of this.#blocks) block.release();
    this.#blocks = [];
  }
}

interface Part {
  readonly X: Value;
  readonly y: Value;
}

/** Cross-validates every scale and λ; `sheet` lends its devices and memory only. */
export async function bareSweep(
  sheet: SymbolicSheet,
  digits: Digits,
  { features, scales, lambdas, folds: count }: Grid,
): Promise<Fit[]> {
  const parts = cut(digits, count).map(({ images, labels }): Part => ({
    X: valueIn(sheet, images, [labels.length, 784]),
    y: valueIn(sheet, labels, [labels.length]),
  }));
  const kernels = new Kernels(sheet);
  const fits: Fit[] = [];
  for (const scale of scales) {
    for (const lambda of lambdas) {
      for (const [fold, test] of parts.entries()) {
        const others = parts.filter((part) => part !== test);
        const train = {
          X: await kernels.call(
            'concat',
            others.map(({ X }) => X),
          ),
          y: await kernels.call(
            'concat',
            others.map(({ y }) => y),
          ),
        };
        fits.push({ scale, lambda, fold, accuracy: await bareFit(kernels, train, test, { features, scale, lambda }) });
        kernels.release();
      }
    }
  }
  for (const { X, y } of parts) for (const { block } of [X, y]) block.release();
  return fits;
}

async function bareFit(
  on: Kernels,
  train: Part,
  test: Part,
  { features, scale, lambda }: { features: number; scale: number; lambda: number },
): Promise<number> {
  const W = await on.call('multiply', [
    await on.call('random_normal', [], { shape: [784, features], seed: 1 }),
    on.scalar(scale),
  ]);
  const b = await on.call('multiply', [
    await on.call('random_uniform', [], { shape: [features], seed: 2 }),
    on.scalar(2 * Math.PI),
  ]);
  const featuresOf = async ({ X }: Part): Promise<Value> => {
    const pixels = await on.last('divide', [await on.call('astype', [X], { dtype: 'float32' }), on.scalar(255)]);
    const product = await on.call('matmul', [pixels, W]);
    on.free(pixels);
    const shifted = await on.call('add', [product, b]);
    on.free(product);
    return on.last('cos', [shifted]);
  };
  const Z = await featuresOf(train);
  const shift = await on.call('multiply', [
    await on.call('eye', [], { rows: features }),
    on.scalar(lambda * train.y.type.size),
  ]);
  const gram = await on.call('add', [await on.call('matmul', [Z, Z], { transposeA: true }), shift]);
  const moments = await on.call('matmul', [Z, await on.call('one_hot', [train.y], { depth: 10 })], {
    transposeA: true,
  });
  const beta = await on.call('solve', [gram, moments]);
  const guess = await on.call('argmax', [await on.call('matmul', [await featuresOf(test), beta])], { axis: 1 });
  const right = await on.call('equal', [guess, await on.call('astype', [test.y], { dtype: 'int32' })]);
  const [accuracy] = (await on.call('mean', [right])).array as Float32Array;
  return accuracy as number;
}
