// The TensorFlow device: products and more by a TensorFlow.js that the user has, on whatever backend it is set to. Class tolerance only.
import { UnavailableError } from '../../errors.ts';
import type { OpRow } from '../../ops/define.ts';
import { TENSORFLOW, type TensorflowMapping } from '../../ops/tensorflow.ts';
import type { TensorFlow, TensorflowModule, TfTensor } from '../../ops/tensorflow-module.ts';
import type { Block } from '../../tensor/block.ts';
import { type Device, type Task, taskBytes, taskFlops } from '../device.ts';
import { JsDevice } from '../js.ts';
import { type BackendTraits, traitsOf } from './backends.ts';
import { messageOf, startTensorflow } from './open.ts';
import { enter, take, tfDTypeOf } from './tensors.ts';

/** Axes that every backend of tf can broadcast, transpose and slice. */
const MAX_RANK = 6;

/**
 * A device on the module of TensorFlow.js. Awaits its backend. Throws UnavailableError where none starts or it does not compute
 * in float32, AttributeError for what is not the module. `fallback` takes over when tf fails in a call.
 */
export async function openTensorflow(tf: TensorflowModule, fallback: Device = new JsDevice()): Promise<TensorflowDevice> {
  return new TensorflowDevice(await startTensorflow(tf), fallback);
}

/** Computes the rows of ops/tensorflow.ts whose error stays within the row's bound. */
export class TensorflowDevice implements Device {
  readonly name = 'tensorflow';
  readonly exact = false;
  readonly #tf: TensorFlow;
  readonly #fallback: Device;
  /** Rows that tf failed on once, and how; they go elsewhere from then on. */
  readonly #refused = new Map<OpRow, string>();

  constructor(tf: TensorFlow, fallback: Device) {
    this.#tf = tf;
    this.#fallback = fallback;
  }

  get detail(): string {
    const refused = [...this.#refused].map(([row, reason]) => `; not ${row.name}: ${reason}`).join('');
    return `TensorFlow.js ${this.#tf.version_core}, backend ${this.#tf.getBackend()}${refused}`;
  }

  /** Whether results can be read without a promise, so that `runNow` works. The user may change the backend at any time. */
  get readsAtOnce(): boolean {
    return this.#traits.readsAtOnce;
  }

  get #traits(): BackendTraits {
    return traitsOf(this.#tf.getBackend());
  }

  supports(task: Task): boolean {
    const mapping = TENSORFLOW.get(task.row.name);
    if (mapping === undefined || this.#refused.has(task.row)) return false;
    const traits = this.#traits;
    return (mapping.onShaders || !traits.onShaders) && takesOperands(mapping, task) && errorOf(mapping, task, traits) <= task.row.bound;
  }

  estimateNs(task: Task): number {
    const { gflops, nsPerByte, callNs } = this.#traits;
    return callNs + taskFlops(task) / gflops + taskBytes(task) * nsPerByte;
  }

  run(task: Task, out: Block): void | Promise<void> {
    const result = this.#compute(task);
    if (result === undefined) return this.#fallback.run(task, out);
    if (!this.readsAtOnce) return this.#readLater(result, task, out);
    if (!this.#read(result, task, out)) return this.#fallback.run(task, out);
  }

  runNow(task: Task, out: Block): void {
    if (!this.readsAtOnce) {
      throw new UnavailableError(
        `${task.row.name}: results of TensorFlow.js on backend ${this.#tf.getBackend()} can only be awaited; use await x.data(), or await tf.setBackend('wasm') first.`,
        { op: task.row.name, backend: this.#tf.getBackend() },
      );
    }
    const result = this.#compute(task);
    if (result === undefined || !this.#read(result, task, out)) this.#fallback.runNow(task, out);
  }

  /** The result of a task, which the caller disposes; undefined where tf fails. Nothing else stays. */
  #compute(task: Task): TfTensor | undefined {
    const { row, type, attrs } = task;
    const tf = this.#tf;
    const operands = task.operands.map(({ array, type: own }) => ({ array, type: own }));
    try {
      const mapping = TENSORFLOW.get(row.name) as TensorflowMapping;
      return tf.tidy(() => mapping.compute(tf, operands.map((operand) => enter(tf, operand)), { types: operands.map((operand) => operand.type), type, attrs }));
    } catch (error) {
      this.#refuse(row, messageOf(error));
      return undefined;
    }
  }

  #read(result: TfTensor, task: Task, out: Block): boolean {
    try {
      if (take(result.dataSync(), out.array)) return true;
      this.#refuse(task.row, `it gave shape [${result.shape.join(',')}]`);
    } catch (error) {
      this.#refuse(task.row, messageOf(error));
    } finally {
      result.dispose();
    }
    return false;
  }

  async #readLater(result: TfTensor, task: Task, out: Block): Promise<void> {
    try {
      if (take(await result.data(), out.array)) return;
      this.#refuse(task.row, `it gave shape [${result.shape.join(',')}]`);
    } catch (error) {
      this.#refuse(task.row, messageOf(error));
    } finally {
      result.dispose();
    }
    await this.#fallback.run(task, out);
  }

  #refuse(row: OpRow, reason: string): void {
    this.#refused.set(row, reason);
  }

  /** The module is the user's, and stays open. */
  close(): void {}
}

/** Operands of the mapping's dtypes (conditions are bool), none empty, of few axes. */
function takesOperands({ dtypes, takes }: TensorflowMapping, { row, operands, type }: Task): boolean {
  if (type.size === 0 || tfDTypeOf(type.dtype) === undefined || takes?.(operands.map((operand) => operand.type)) === false) return false;
  return operands.every(({ type: { dtype, size, shape } }, i) => {
    const held = tfDTypeOf(dtype);
    return held !== undefined && size > 0 && shape.length <= MAX_RANK && (dtypes.includes(held) || row.operands[i]?.kind === 'bool');
  });
}

/** The error of a mapping on a backend: where subnormals are flushed no result of floats has the bits of the specification. */
function errorOf({ error, longest = Infinity }: TensorflowMapping, { operands, attrs }: Task, { flushes, accumulatesOneByOne }: BackendTraits): number {
  const ofFloats = operands.some(({ type }) => type.dtype === 'float32');
  const tooLong = accumulatesOneByOne && operands.some(({ type }) => (type.shape[attrs['axis'] as number] ?? 1) > longest);
  return tooLong ? Infinity : flushes && ofFloats ? Math.max(1, error) : error;
}
