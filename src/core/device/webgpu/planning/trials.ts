// Scratch buffers of an open device on which variants of a kernel are tried.
import type { Launch, Plan } from '../../../../../kernels/wgsl/launch.ts';
import { LimitError, SheetError } from '../../../errors.ts';
import type { DeviceContext } from '../device-context.ts';
import type { Pipeline } from '../commands/pipelines.ts';
import type { Trial, TrialBuffers } from './trial.ts';

/** Dispatches of one timed pass: the stream submits by itself when there are more. */
const PASS_DISPATCHES = 48;
const FILL_BYTES = 1 << 22;

/** Where trials have their buffers from. */
export interface TrialRoom {
  /** Buffers to be given back to the context's pool; undefined where there is no room for them. */
  scratch(context: DeviceContext, sizes: readonly number[]): Promise<GPUBuffer[] | undefined>;
}

/** The pool itself, for whoever has a device to himself. */
export const POOL_ROOM: TrialRoom = {
  scratch: ({ buffers }, sizes) => Promise.resolve(sizes.map((sizeBytes) => buffers.take(sizeBytes))),
};

/** Trials on the device that is open now. */
export class DeviceTrials implements TrialBuffers {
  readonly #context: () => DeviceContext;
  readonly #room: TrialRoom;

  constructor(context: () => DeviceContext, room: TrialRoom) {
    this.#context = context;
    this.#room = room;
  }

  async open(
    operandElements: readonly number[],
    resultElements: number,
    patterns: readonly Float32Array[],
  ): Promise<Trial> {
    const context = this.#context();
    const sizes = [...operandElements, resultElements].map(wholeVectors);
    const trial = new DeviceTrial(context, this.#room, await take(context, this.#room, sizes), sizes.at(-1)!);
    operandElements.forEach((elements, operand) => trial.fill(operand, elements, patterns[operand]!));
    return trial;
  }
}

async function take(context: DeviceContext, room: TrialRoom, sizes: readonly number[]): Promise<GPUBuffer[]> {
  const buffers = await room.scratch(context, sizes);
  if (buffers !== undefined) return buffers;
  throw new LimitError(
    'WebGPU: there is no room to try kernels for this product; the best guess is used. open({ gpuBudgetBytes }) ' +
      'with more.',
    { sizes },
  );
}

class DeviceTrial implements Trial {
  readonly #context: DeviceContext;
  readonly #room: TrialRoom;
  readonly #operands: readonly GPUBuffer[];
  readonly #result: GPUBuffer;
  readonly #resultBytes: number;
  readonly #scratch: GPUBuffer[] = [];
  readonly #taken = new WeakSet<Plan>();

  /** `buffers` are those of operands and of the result. */
  constructor(context: DeviceContext, room: TrialRoom, buffers: readonly GPUBuffer[], resultBytes: number) {
    this.#context = context;
    this.#room = room;
    this.#operands = buffers.slice(0, -1);
    this.#result = buffers.at(-1)!;
    this.#resultBytes = resultBytes;
  }

  /** Repeats the pattern over an operand, many periods at a time. */
  fill(operand: number, elements: number, pattern: Float32Array): void {
    const buffer = this.#operands[operand]!;
    const block = repeated(
      pattern,
      Math.min(elements, pattern.length * Math.max(1, Math.floor(FILL_BYTES / 4 / pattern.length))),
    );
    this.#context.buffers.beforeWrite(buffer);
    for (let first = 0; first < elements; first += block.length) {
      this.#context.epoch.device.queue.writeBuffer(
        buffer,
        first * 4,
        block,
        0,
        Math.min(block.length, elements - first),
      );
    }
  }

  async run(plan: Plan, times: number): Promise<number | undefined> {
    const { pipelines, stream } = this.#context;
    const ready = await pipelines.all(plan.launches.map(({ shader }) => shader));
    const buffers = [...this.#operands, this.#result, ...(await this.#scratchOf(plan))];
    if (!this.#taken.has(plan)) await this.#check(plan, ready, buffers);
    const once = (): void =>
      plan.launches.forEach((launch, i) => stream.dispatch(ready[i]!, launch, named(launch, buffers)));
    const rounds = Math.max(1, Math.floor(PASS_DISPATCHES / plan.launches.length));
    let measuredNs: number | undefined = 0;
    for (let done = 0; done < times; done += rounds) {
      await stream.settled();
      let passNs: number | undefined;
      stream.timed(
        () => {
          for (let i = done; i < Math.min(times, done + rounds); i++) once();
        },
        (elapsedNs) => {
          passNs = elapsedNs;
        },
      );
      await stream.settled();
      measuredNs = measuredNs === undefined || passNs === undefined ? undefined : measuredNs + passNs;
    }
    return measuredNs;
  }

  /** A command that is refused in the stream would end the device's epoch. */
  async #check(plan: Plan, ready: readonly Pipeline[], buffers: readonly GPUBuffer[]): Promise<void> {
    for (const [i, launch] of plan.launches.entries()) {
      const refusal = await this.#context.stream.refusal(ready[i]!, launch, named(launch, buffers));
      if (refusal !== undefined)
        throw new SheetError(
          'KERNEL',
          `${launch.shader.name}: this GPU refuses it: ${refusal}. Another variant is used; report this with the ` +
            `adapter's name.`,
          { shader: launch.shader.name },
        );
    }
    this.#taken.add(plan);
  }

  clear(): void {
    this.#context.stream.clear(this.#result, this.#resultBytes);
  }

  read(first: number, count: number): Promise<Float32Array> {
    return this.#context.stream.read(
      this.#result,
      count * 4,
      (bytes) => new Float32Array(bytes.slice().buffer),
      first * 4,
    );
  }

  close(): void {
    if (this.#context.epoch.isOver) return;
    for (const buffer of [...this.#operands, this.#result, ...this.#scratch]) this.#context.buffers.give(buffer);
  }

  async #scratchOf({ scratch }: Plan): Promise<readonly GPUBuffer[]> {
    for (const [i, sizeBytes] of scratch.entries()) {
      const known = this.#scratch[i];
      if (known !== undefined && known.size >= sizeBytes) continue;
      const [larger] = (await take(this.#context, this.#room, [sizeBytes])) as [GPUBuffer];
      if (known !== undefined) this.#context.buffers.give(known);
      this.#scratch[i] = larger;
    }
    return this.#scratch;
  }
}

function repeated(pattern: Float32Array, length: number): Float32Array<ArrayBuffer> {
  const block = new Float32Array(length);
  for (let first = 0; first < length; first += pattern.length) block.set(pattern.subarray(0, length - first), first);
  return block;
}

const wholeVectors = (elements: number): number => Math.max(16, Math.ceil(elements / 4) * 16);

const named = ({ buffers: indices }: Launch, buffers: readonly GPUBuffer[]): GPUBuffer[] =>
  indices.map((index) => buffers[index]!);
