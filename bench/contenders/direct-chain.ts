// A chain of dependent tasks outside the sheet, run by the device itself: planned, encoded and submitted, and waited
// for apart.
import type { SymbolicSheet } from 'symbolic-sheet';
import type { Device, Task } from '../../src/core/device/device.ts';
import type { OpName } from '../../src/core/handle/methods.gen.ts';
import { type Block, type Value, valueOf } from '../../src/core/tensor/block.ts';
import type { OpenDevice } from '../devices.ts';
import { deviceOf, taskFor, valueIn } from './direct.ts';
import { partsOf } from '../../tests/parts.ts';

/** An op on the result before and a constant; the chain begins with ones. */
export interface Link {
  readonly op: OpName;
  readonly shape: readonly number[];
  readonly constant: Float32Array;
}

/** Runs a chain of links on one device. */
export class DirectChain {
  readonly #sheet: SymbolicSheet;
  readonly #device: Device;
  readonly #link: Link;
  readonly #length: number;
  readonly #first: Value;
  readonly #constant: Value;
  #steps: { readonly task: Task; readonly out: Block }[] = [];

  constructor({ sheet, name }: OpenDevice, link: Link, length: number) {
    this.#sheet = sheet;
    this.#link = link;
    this.#length = length;
    this.#first = valueIn(sheet, new Float32Array(link.constant.length).fill(1), link.shape);
    this.#constant = valueIn(sheet, link.constant, link.shape);
    this.#device = deviceOf(sheet, taskFor(sheet, link.op, [this.#first, this.#constant]), name);
  }

  /** Makes the tasks, which nobody has planned yet, and blocks for their results. */
  prepare(): void {
    let last = this.#first;
    for (let i = 0; i < this.#length; i++) {
      const task = taskFor(this.#sheet, this.#link.op, [last, this.#constant]);
      const out = (this.#device.memory ?? partsOf(this.#sheet).memory).take(task.type);
      this.#steps.push({ task, out });
      last = valueOf(task.type, out);
    }
  }

  /** Hands the tasks to the device, which may make them wait where it is far behind. */
  async encode(): Promise<void> {
    for (const { task, out } of this.#steps) {
      const waits = this.#device.run(task, out, 'free');
      if (waits !== undefined) await waits;
    }
  }

  /** Resolves when the last task is done. */
  settled(): Promise<void> {
    return this.#steps.at(-1)?.out.residence?.settled() ?? Promise.resolve();
  }

  /** Waits, and lets go of the results. */
  async finish(): Promise<void> {
    await this.settled();
    for (const { out } of this.#steps) out.release();
    this.#steps = [];
  }

  /** Runs the chain once; the elements of its end. */
  async read(): Promise<Float32Array> {
    this.prepare();
    await this.encode();
    const { out } = this.#steps.at(-1) as { out: Block };
    await out.bring();
    const elements = out.array.slice() as Float32Array;
    await this.finish();
    return elements;
  }
}
