// The JavaScript device: every op, in the bits of the numeric specification. The others are held against it.
import { contractAny } from '../../../../kernels/js/contract.ts';
import { narrowToHalves } from '../../../../kernels/scalar/half.ts';
import type { ElementArray } from '../../../../kernels/js/map.ts';
import { map } from '../../../../kernels/js/map.ts';
import { plainSkeletons, type Skeletons } from '../../../../kernels/skeletons.ts';
import type { KernelSpec } from '../../ops/define.ts';
import { NumericError } from '../../errors.ts';
import type { Block, Value } from '../../tensor/block.ts';
import { numbersOf } from '../../tensor/dtype.ts';
import { stridesOf } from '../../tensor/shape.ts';
import { type Device, type Task, taskBytes, taskFlops } from '../device.ts';
import { alongAxesOnJs } from '../along-axes.ts';
import { linalgOnJs } from '../linalg.ts';
import { type Elements, mirrorLower, type Product, productOf } from '../product.ts';

type Skeleton = KernelSpec['skeleton'];
type Runner = (task: Task, out: ElementArray) => void;

/** Plain JavaScript: about a flop in two nanoseconds, and two bytes in one. */
const NS_PER_FLOP = 2;
const NS_PER_BYTE = 0.5;
const CALL_NS = 1000;

/** Computes everything, slowly; needs nothing. */
export class JsDevice implements Device {
  readonly name = 'js';
  readonly detail = 'plain JavaScript, the reference';
  readonly exact = true;

  supports(): boolean {
    return true;
  }

  estimateNs(task: Task): number {
    return CALL_NS + taskFlops(task) * NS_PER_FLOP + taskBytes(task) * NS_PER_BYTE;
  }

  run(task: Task, out: Block): void {
    this.runNow(task, out);
  }

  runNow(task: Task, out: Block): void {
    RUN[task.row.kernel.skeleton](task, out.array);
  }

  close(): void {}
}

const RUN: Record<Skeleton, Runner> = {
  map: (task, out) => (task.row.storedHalves ? mapHalves(task, out) : mapOnJs(task, task.operands, out)),
  reduce: alongAxesOnJs,
  rows: alongAxesOnJs,
  contract: (task, out) => contractAll(productOf(task), task, out),
  window: (task, out) => rearrange(task, out, plainSkeletons),
  rearrange: (task, out) => rearrange(task, out, plainSkeletons),
  alias: (task, out) => out.set(task.operands[0]?.array as never),
  linalg: (task, out) => linalgOnJs(task, out as Float32Array),
  random: (task, out) => kernelOf(task, 'random').fill(out as never, task.attrs, plainSkeletons),
  direct: (task, out) => kernelOf(task, 'direct').run(task.operands, { type: task.type, array: out as never }, task.attrs),
};

/** Elements to other places, on the skeletons of a device. */
export function rearrange({ row: { kernel }, operands, type, attrs }: Task, out: ElementArray, on: Skeletons): void {
  const [operand] = operands;
  if (kernel.skeleton === 'rearrange') kernel.run(operands, { type, array: out as never }, attrs, on);
  else if (kernel.skeleton === 'window' && operand !== undefined) {
    const { shape, strides, offset } = kernel.window(operand.type, attrs);
    on.copy(shape, { array: operand.array, strides, offset }, { array: out, strides: stridesOf(shape), offset: 0 });
  }
}

const mapOnJs = (task: Task, operands: readonly Value[], out: ElementArray): void =>
  map(kernelOf(task, 'map').element, operands.map(({ array, type }) => ({ array, shape: type.shape })), out, task.type.shape);

/** Widened before, rounded after: what a GPU that is lost on the way leaves to this device. */
function mapHalves(task: Task, out: ElementArray): void {
  const widened = task.operands.map((operand) => ({ ...operand, array: numbersOf(operand.array) }));
  if (!(out instanceof Uint16Array)) return mapOnJs(task, widened, out);
  const numbers = new Float32Array(out.length);
  mapOnJs(task, widened, numbers);
  narrowToHalves(numbers, out);
}

/** The kernel of a task, known to be of one skeleton. */
export function kernelOf<S extends Skeleton>(task: Task, skeleton: S): Extract<KernelSpec, { skeleton: S }> {
  const { kernel } = task.row;
  if (kernel.skeleton === skeleton) return kernel as Extract<KernelSpec, { skeleton: S }>;
  throw new NumericError(`${task.row.name}: its kernel is of skeleton ${kernel.skeleton}, not ${skeleton}; report this, it is a fault of the library.`, {});
}

/** Every batch of a product, in the order of the specification. */
function contractAll(product: Product, task: Task, out: ElementArray): void {
  const [a, b] = task.operands;
  const { m, n, k, transposeA, transposeB, symmetric } = product;
  product.offsetsA.forEach((offsetA, batch) => {
    const spec = {
      m, n, k, transposeA, transposeB, mode: 'store', triangle: symmetric ? 'lower' : 'none',
      a: { values: a?.array, offset: offsetA, stride: product.lda },
      b: { values: b?.array, offset: product.offsetsB[batch] as number, stride: product.ldb },
      c: { values: out, offset: batch * m * n, stride: n },
    };
    contractAny(spec as never);
    if (symmetric) mirrorLower(out as Elements<unknown>, n, batch * m * n);
  });
}
