// The JavaScript device: every op, in the bits of the numeric specification. The others are held against it.
import { contractAny, type Contraction, type MatrixArray } from '../../../../kernels/js/contract.ts';
import { decodedArray, encodeAll, type StoredArray } from '../../../../kernels/codecs/codec.ts';
import type { ElementArray } from '../../../../kernels/js/map.ts';
import { map } from '../../../../kernels/js/map.ts';
import { plainSkeletons, type Skeletons } from '../../../../kernels/skeletons.ts';
import { runLinalgAsync } from '../../../../kernels/js/linalg.ts';
import { LinalgKernelsInTurns } from '../../../../kernels/js/linalg-in-turns.ts';
import { type TurnHost, Turns } from '../../../../kernels/turns.ts';
import type { KernelSpec } from '../../ops/define.ts';
import { NumericError } from '../../errors.ts';
import type { Block, Value } from '../../tensor/block.ts';
import { DTYPES, numbersOf } from '../../tensor/dtype.ts';
import { stridesOf } from '../../tensor/shape.ts';
import { type Device, IN_PARTS, type Promptness, type Refusal, type Task, taskBytes, taskFlops } from '../device.ts';
import { alongAxesOnJs } from '../along-axes.ts';
import { linalgOnArrays, linalgOnJs } from '../linalg.ts';
import { cutOf, isWithBigints, runInPieces } from '../pieces.ts';
import { type Indexed, mirrorLower, type Product, productOf } from '../product.ts';

type Skeleton = KernelSpec['skeleton'];
type Runner = (task: Task, out: ElementArray) => void;

/** Plain JavaScript: about a flop in two nanoseconds, and two bytes in one. */
const NS_PER_FLOP = 2;
const NS_PER_BYTE = 0.5;
const CALL_NS = 1000;
/** Operations on numbers that one on bigints takes as long as. */
const BIGINT_TIMES = 20;
/** Tasks expected to take longer are done in turns; the slowest functions take a hundred times as long as expected. */
const TURNS_NS = 1e6;

/** Computes every op, slowly; needs nothing. */
export class JsDevice implements Device {
  readonly name = 'js';
  readonly detail = 'plain JavaScript, the reference';
  readonly exact = true;
  readonly #turns: Turns | undefined;

  /** Long tasks are done in turns of the host's event loop, where one is given. */
  constructor(host?: TurnHost) {
    this.#turns = host && new Turns(host);
  }

  supports({ row }: Task): true | Refusal {
    return row.parts === undefined ? true : IN_PARTS;
  }

  estimateNs(task: Task): number {
    return CALL_NS + taskFlops(task) * NS_PER_FLOP + taskBytes(task) * NS_PER_BYTE;
  }

  run(task: Task, out: Block, mode: Promptness): void | Promise<void> {
    if (
      mode === 'now' ||
      this.#turns === undefined ||
      this.estimateNs(task) * (isWithBigints(task) ? BIGINT_TIMES : 1) < TURNS_NS
    )
      return this.runNow(task, out);
    const { skeleton } = task.row.kernel;
    if (skeleton === 'contract')
      return contractInTurns(productOf(task), task, out.array, new LinalgKernelsInTurns(this.#turns));
    if (skeleton === 'linalg')
      return runLinalgAsync(linalgOnArrays(task, out.array as Float32Array), new LinalgKernelsInTurns(this.#turns));
    if (skeleton === 'steps') return this.#turns.finish(stepsOf(task, out.array));
    const cut = cutOf(task, out.array);
    return cut === undefined
      ? this.runNow(task, out)
      : runInPieces(cut, this.#turns, (piece, part) => this.runNow(piece, part));
  }

  /** As `run`, within the call. */
  runNow(task: Task, out: Block): void {
    RUN[task.row.kernel.skeleton](task, out.array);
  }

  close(): void {}
}

const RUN: Record<Skeleton, Runner> = {
  map: (task, out) => (task.row.throughCodecs ? mapThroughCodecs(task, out) : mapOnJs(task, task.operands, out)),
  reduce: alongAxesOnJs,
  rows: alongAxesOnJs,
  contract: (task, out) => contractAll(productOf(task), task, out),
  window: (task, out) => rearrange(task, out, plainSkeletons),
  rearrange: (task, out) => rearrange(task, out, plainSkeletons),
  alias: (task, out) => out.set(task.operands[0]?.array as never),
  linalg: (task, out) => linalgOnJs(task, out as Float32Array),
  random: (task, out) => kernelOf(task, 'random').fill(out as never, task.attrs, plainSkeletons),
  direct: (task, out) =>
    kernelOf(task, 'direct').run(task.operands, { type: task.type, array: out as never }, task.attrs),
  steps: (task, out) => {
    const steps = stepsOf(task, out);
    while (steps.next().done !== true);
  },
};

const stepsOf = (task: Task, out: ElementArray): Iterator<void> =>
  kernelOf(task, 'steps').run(task.operands, { type: task.type, array: out as never }, task.attrs);

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
  map(
    kernelOf(task, 'map').element,
    operands.map(({ array, type }) => ({ array, shape: type.shape })),
    out,
    task.type.shape,
  );

/** Decoded before, encoded after: what a GPU that is lost on the way leaves to this device. */
function mapThroughCodecs(task: Task, out: ElementArray): void {
  const decoded = task.operands.map((operand) => ({ ...operand, array: numbersOf(operand.array, operand.type.dtype) }));
  const { codec } = DTYPES[task.type.dtype];
  if (codec === undefined) return mapOnJs(task, decoded, out);
  const numbers = decodedArray(codec, out.length);
  mapOnJs(task, decoded, numbers);
  encodeAll(codec, numbers, out as StoredArray);
}

/** The kernel of a task, known to be of one skeleton. */
export function kernelOf<S extends Skeleton>(task: Task, skeleton: S): Extract<KernelSpec, { skeleton: S }> {
  const { kernel } = task.row;
  if (kernel.skeleton === skeleton) return kernel as Extract<KernelSpec, { skeleton: S }>;
  throw new NumericError(
    `${task.row.name}: its kernel is of skeleton ${kernel.skeleton}, not ${skeleton}; report this, it is a fault ` +
      'of the library.',
    {},
  );
}

/** Every batch of a product, in the order of the specification. */
function contractAll(product: Product, task: Task, out: ElementArray): void {
  product.offsetsA.forEach((_, batch) => {
    contractAny(specOf(product, task, out, batch));
    mirror(product, out, batch);
  });
}

async function contractInTurns(
  product: Product,
  task: Task,
  out: ElementArray,
  kernels: LinalgKernelsInTurns,
): Promise<void> {
  for (const batch of product.offsetsA.keys()) {
    await kernels.contractAsync(specOf(product, task, out, batch));
    mirror(product, out, batch);
  }
}

const mirror = ({ symmetric, m, n }: Product, out: ElementArray, batch: number): void => {
  if (symmetric) mirrorLower(out as Indexed<unknown>, n, batch * m * n);
};

function specOf(
  product: Product,
  { operands: [a, b] }: Task,
  out: ElementArray,
  batch: number,
): Contraction<MatrixArray> {
  const { m, n, k, transposeA, transposeB, symmetric } = product;
  return {
    m,
    n,
    k,
    transposeA,
    transposeB,
    mode: 'store',
    triangle: symmetric ? 'lower' : 'none',
    a: { values: a?.array as MatrixArray, offset: product.offsetsA[batch]!, stride: product.lda },
    b: { values: b?.array as MatrixArray, offset: product.offsetsB[batch]!, stride: product.ldb },
    c: { values: out as MatrixArray, offset: batch * m * n, stride: n },
  };
}
