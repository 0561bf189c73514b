// The TensorFlow device: products and more by a TensorFlow.js that the user has, on whatever backend it is set to.
// Class tolerance only.
import { UnavailableError } from '../../errors.ts';
import type { OpRow } from '../../ops/define.ts';
import { TENSORFLOW } from '../../ops/mapping/tensorflow.ts';
import type { TensorFlow, TensorflowModule, TfTensor } from '../../ops/mapping/tensorflow-module.ts';
import type { Block } from '../../tensor/block.ts';
import { type Device, type Promptness, type Refusal, type Task, taskBytes, taskFlops } from '../device.ts';
import { JsDevice } from '../js/device.ts';
import { type BackendTraits, traitsOf } from './backends.ts';
import { mappingOf, NOT_OFFERED } from './offers.ts';
import { checkProducts, messageOf, startTensorflow } from './open.ts';
import { enter, take } from './tensors.ts';

/**
 * A device on the module of TensorFlow.js. Awaits its backend. Throws UnavailableError where none starts or it does not
 * compute in float32, AttributeError for what is not the module. `fallback` takes over when tf fails in a call; `note`
 * is said with its name.
 */
export async function openTensorflow(
  tf: TensorflowModule,
  fallback: Device = new JsDevice(),
  note = '',
): Promise<TensorflowDevice> {
  const started = await startTensorflow(tf);
  await checkProducts(started);
  return new TensorflowDevice(started, fallback, note);
}

/** Computes the rows of ops/mapping/tensorflow.ts whose error stays within the row's bound. */
export class TensorflowDevice implements Device {
  readonly name = 'tensorflow';
  readonly exact = false;
  readonly #tf: TensorFlow;
  readonly #fallback: Device;
  readonly #note: string;
  /** Rows that tf failed on once, and how; they go elsewhere from then on. */
  readonly #refused = new Map<OpRow, string>();

  constructor(tf: TensorFlow, fallback: Device, note: string) {
    this.#tf = tf;
    this.#fallback = fallback;
    this.#note = note;
  }

  get detail(): string {
    const refused = [...this.#refused].map(([row, reason]) => `; not ${row.name}: ${reason}`).join('');
    return `TensorFlow.js ${this.#tf.version_core}, backend ${this.#tf.getBackend()}${this.#note}${refused}`;
  }

  /** Of the backend, which the user may change at any time. */
  get #traits(): BackendTraits {
    return traitsOf(this.#tf.getBackend());
  }

  supports(task: Task, mode: Promptness): true | Refusal {
    const traits = this.#traits;
    if (mode === 'now' && !traits.readsAtOnce) return this.#onlyAwaited();
    return this.#refused.get(task.row) ?? (mappingOf(task, traits) === undefined ? NOT_OFFERED : true);
  }

  #onlyAwaited(): Refusal {
    return (
      `results of TensorFlow.js on backend ${this.#tf.getBackend()} can only be awaited; use await x.data(), or ` +
      `await tf.setBackend('wasm') first`
    );
  }

  estimateNs(task: Task): number {
    const { gflops, nsPerByte, callNs } = this.#traits;
    return callNs + taskFlops(task) / gflops + taskBytes(task) * nsPerByte;
  }

  run(task: Task, out: Block, mode: Promptness): void | Promise<void> {
    const { readsAtOnce } = this.#traits;
    if (mode === 'now' && !readsAtOnce)
      throw new UnavailableError(`${task.row.name}: ${this.#onlyAwaited()}.`, {
        op: task.row.name,
        backend: this.#tf.getBackend(),
      });
    const result = this.#compute(task);
    if (result === undefined) return this.#fallback.run(task, out, mode);
    if (!readsAtOnce) return this.#readLater(result, task, out);
    if (!this.#read(result, task, out)) return this.#fallback.run(task, out, mode);
  }

  /** The result of a task, which the caller disposes; undefined where tf fails. Nothing else stays. */
  #compute(task: Task): TfTensor | undefined {
    const { row, type, attrs } = task;
    const tf = this.#tf;
    const operands = task.operands.map(({ array, type: own }) => ({ array, type: own }));
    try {
      const mapping = TENSORFLOW.get(row.name)!;
      return tf.tidy(() =>
        mapping.compute(
          tf,
          operands.map((operand) => enter(tf, operand)),
          { types: operands.map((operand) => operand.type), type, attrs },
        ),
      );
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
    await this.#fallback.run(task, out, 'free');
  }

  #refuse(row: OpRow, reason: string): void {
    this.#refused.set(row, reason);
  }

  /** The module is the user's, and stays open. */
  close(): void {}
}
