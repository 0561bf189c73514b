// Scratch buffers of an open device on which variants of a kernel are tried.
import type { Launch, Plan } from '../../../kernels/wgsl/launch.ts';
import { SheetError } from '../../errors.ts';
import type { Life } from './life.ts';
import type { Pipeline } from './pipelines.ts';
import type { Trial, TrialGround } from './tuner.ts';

/** Dispatches of one timed pass: the stream submits by itself when there are more. */
const PASS_DISPATCHES = 48;
const FILL_BYTES = 1 << 22;

/** Trials on the device that is open now. */
export class LifeTrials implements TrialGround {
  readonly #life: () => Life;

  constructor(life: () => Life) {
    this.#life = life;
  }

  open(operandElements: readonly number[], resultElements: number, pattern: Float32Array): Promise<Trial> {
    const trial = new LifeTrial(this.#life(), operandElements, resultElements);
    operandElements.forEach((elements, operand) => trial.fill(operand, elements, pattern));
    return Promise.resolve(trial);
  }
}

class LifeTrial implements Trial {
  readonly #life: Life;
  readonly #operands: readonly GPUBuffer[];
  readonly #result: GPUBuffer;
  readonly #resultBytes: number;
  readonly #scratch: GPUBuffer[] = [];
  readonly #taken = new WeakSet<Plan>();

  constructor(life: Life, operandElements: readonly number[], resultElements: number) {
    this.#life = life;
    this.#operands = operandElements.map((elements) => life.buffers.take(wholeVectors(elements)));
    this.#resultBytes = wholeVectors(resultElements);
    this.#result = life.buffers.take(this.#resultBytes);
  }

  /** Repeats the pattern over an operand, many periods at a time. */
  fill(operand: number, elements: number, pattern: Float32Array): void {
    const buffer = this.#operands[operand] as GPUBuffer;
    const period = pattern.length * Math.max(1, Math.floor(FILL_BYTES / 4 / pattern.length));
    const block = Float32Array.from({ length: Math.min(elements, period) }, (_, i) => pattern[i % pattern.length] as number);
    this.#life.buffers.beforeWrite(buffer);
    for (let first = 0; first < elements; first += block.length) {
      this.#life.epoch.device.queue.writeBuffer(buffer, first * 4, block, 0, Math.min(block.length, elements - first));
    }
  }

  async run(plan: Plan, times: number): Promise<number | undefined> {
    const { pipelines, stream } = this.#life;
    const ready = await pipelines.all(plan.launches.map(({ shader }) => shader));
    const buffers = [...this.#operands, this.#result, ...this.#scratchOf(plan)];
    if (!this.#taken.has(plan)) await this.#check(plan, ready, buffers);
    const once = (): void => plan.launches.forEach((launch, i) => stream.dispatch(ready[i] as Pipeline, launch, named(launch, buffers)));
    const rounds = Math.max(1, Math.floor(PASS_DISPATCHES / plan.launches.length));
    let measuredNs: number | undefined = 0;
    for (let done = 0; done < times; done += rounds) {
      await stream.settled();
      let passNs: number | undefined;
      stream.timed(() => {
        for (let i = done; i < Math.min(times, done + rounds); i++) once();
      }, (elapsedNs) => {
        passNs = elapsedNs;
      });
      await stream.settled();
      measuredNs = measuredNs === undefined || passNs === undefined ? undefined : measuredNs + passNs;
    }
    return measuredNs;
  }

  /** A command that is refused in the stream would end the device's epoch. */
  async #check(plan: Plan, ready: readonly Pipeline[], buffers: readonly GPUBuffer[]): Promise<void> {
    for (const [i, launch] of plan.launches.entries()) {
      const refusal = await this.#life.stream.refusal(ready[i] as Pipeline, launch, named(launch, buffers));
      if (refusal !== undefined) throw new SheetError('KERNEL', `${launch.shader.name}: this GPU refuses it: ${refusal}. Another variant is used; report this with the adapter's name.`, { shader: launch.shader.name });
    }
    this.#taken.add(plan);
  }

  clear(): void {
    this.#life.stream.clear(this.#result, this.#resultBytes);
  }

  async read(first: number, count: number): Promise<Float32Array> {
    const { stream, buffers } = this.#life;
    const window = buffers.take(count * 4);
    try {
      stream.copy(this.#result, first * 4, window, 0, count * 4);
      return await stream.read(window, count * 4, (mapped) => new Float32Array(mapped.slice().buffer));
    } finally {
      buffers.give(window);
    }
  }

  close(): void {
    if (this.#life.epoch.isOver) return;
    for (const buffer of [...this.#operands, this.#result, ...this.#scratch]) this.#life.buffers.give(buffer);
  }

  #scratchOf({ scratch }: Plan): readonly GPUBuffer[] {
    const { buffers } = this.#life;
    scratch.forEach((sizeBytes, i) => {
      const known = this.#scratch[i];
      if (known !== undefined && known.size >= sizeBytes) return;
      if (known !== undefined) buffers.give(known);
      this.#scratch[i] = buffers.take(sizeBytes);
    });
    return this.#scratch;
  }
}

const wholeVectors = (elements: number): number => Math.max(16, Math.ceil(elements / 4) * 16);

const named = ({ buffers: indices }: Launch, buffers: readonly GPUBuffer[]): GPUBuffer[] => indices.map((index) => buffers[index] as GPUBuffer);
