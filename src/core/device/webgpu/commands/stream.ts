// The command stream of one epoch: dispatches are gathered and submitted together; a readback proves that they were
// run.
import type { Launch } from '../../../../../kernels/wgsl/launch.ts';
import { BindGroups } from './bind-groups.ts';
import { BufferPool, type PendingCommands, USAGE } from '../memory/buffers.ts';
import type { Epoch } from '../epoch.ts';
import type { Pipeline } from './pipelines.ts';
import { MAX_UNSEEN, PROOF_BYTES, SubmissionProofs } from './proofs.ts';
import { GpuTimer, STAMPS_BYTES, type Stamps, type Told } from './timer.ts';
import { Uniforms } from './uniforms.ts';

/** Dispatches after which a submission goes out without being asked. */
const MAX_PENDING = 64;
/** Submissions under way after which whoever adds more should wait. */
const MAX_UNDER_WAY = 2 * MAX_UNSEEN;
/** Bytes of buffers for readbacks that are kept for the next ones. */
const MAX_IDLE_STAGING_BYTES = 2 ** 26;

/** What is not in every version of the standard's types yet. */
interface ImmediatePass {
  setImmediates(offset: number, values: Uint32Array): void;
}

/** A readback on its way. */
interface Readback {
  readonly staging: GPUBuffer;
  readonly submission: number;
  /** Bytes of the copy; proof and stamps follow. */
  readonly copiedBytes: number;
  readonly stamps: Stamps | undefined;
}

/** Encodes and submits. Work is submitted when it is read, when much is pending, and at the end of the current job. */
export class CommandStream implements PendingCommands {
  readonly #epoch: Epoch;
  readonly #staging: BufferPool;
  readonly #proofs: SubmissionProofs;
  readonly #timer: GpuTimer | undefined;
  readonly #uniforms: Uniforms;
  readonly #groups: BindGroups;
  /** Bytes that a readback takes at most beside its proof and stamps. */
  readonly #maxCopied: number;
  readonly #underWay: { readonly submission: number; readonly over: Promise<void> }[] = [];
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  /** What the last dispatch has set in its pass. */
  #set:
    | { readonly pass: GPUComputePassEncoder; readonly pipeline: GPUComputePipeline; readonly group: GPUBindGroup }
    | undefined;
  #pending = 0;
  #scheduled = false;
  /** Submission of the last readback. */
  #seen = 0;

  constructor(epoch: Epoch) {
    const { device } = epoch;
    this.#epoch = epoch;
    this.#staging = new BufferPool(device, USAGE.MAP_READ | USAGE.COPY_DST);
    this.#proofs = new SubmissionProofs(device);
    this.#timer = GpuTimer.on(device);
    this.#uniforms = new Uniforms(device);
    this.#groups = new BindGroups(device);
    this.#maxCopied = Math.floor((device.limits.maxBufferSize - PROOF_BYTES - STAMPS_BYTES) / 8) * 8;
  }

  /** Whether more is under way than a GPU needs to be kept busy; then wait for `settled` before adding to it. */
  get isBehind(): boolean {
    return this.#proofs.submitted - this.#proofs.proven > MAX_UNDER_WAY;
  }

  get nextSubmission(): number {
    return this.#proofs.submitted + 1;
  }

  /** The submission that what was added last is part of. */
  get lastAdded(): number {
    return this.#encoder === undefined ? this.#proofs.submitted : this.nextSubmission;
  }

  /** Lets go of a buffer that is destroyed, or its owner's again. */
  forget(buffer: GPUBuffer): void {
    this.#groups.forget(buffer);
  }

  /** Adds one dispatch. `buffers` are those its launch names, in order. */
  dispatch(pipeline: Pipeline, launch: Launch, buffers: readonly GPUBuffer[]): void {
    this.#makeRoom(pipeline, launch);
    this.#record((this.#pass ??= this.#encode().beginComputePass()), pipeline, launch, buffers);
    if (++this.#pending >= MAX_PENDING) this.submit();
    else this.#schedule();
  }

  /** Why the GPU refuses a dispatch, found without running it or ending the epoch; undefined where it takes it. */
  async refusal(pipeline: Pipeline, launch: Launch, buffers: readonly GPUBuffer[]): Promise<string | undefined> {
    const { device } = this.#epoch;
    this.#makeRoom(pipeline, launch);
    device.pushErrorScope('validation');
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.#record(pass, pipeline, launch, buffers);
    pass.end();
    encoder.finish();
    return (await device.popErrorScope())?.message;
  }

  #makeRoom({ immediates }: Pipeline, { params }: Launch): void {
    if (params.length > 0 && !immediates && !this.#uniforms.hasRoom(params)) this.submit();
  }

  #record(
    pass: GPUComputePassEncoder,
    { pipeline, layout, immediates }: Pipeline,
    { params, workgroups }: Launch,
    buffers: readonly GPUBuffer[],
  ): void {
    const uniform = params.length > 0 && !immediates ? this.#uniforms.place(params) : undefined;
    const group = this.#groups.of(layout, buffers, uniform);
    const known = this.#set?.pass === pass ? this.#set : undefined;
    if (known?.pipeline !== pipeline) pass.setPipeline(pipeline);
    if (uniform !== undefined) pass.setBindGroup(0, group, [uniform.offset as number]);
    else if (known?.group !== group) pass.setBindGroup(0, group);
    if (immediates && params.length > 0) (pass as unknown as ImmediatePass).setImmediates(0, params);
    pass.dispatchWorkgroups(...workgroups);
    this.#set = { pass, pipeline, group };
  }

  /** Copies bytes between buffers, after everything that was added before. */
  copy(from: GPUBuffer, fromByte: number, to: GPUBuffer, toByte: number, sizeBytes: number): void {
    this.#endPass();
    this.#encode().copyBufferToBuffer(from, fromByte, to, toByte, sizeBytes);
    this.#pending++;
    this.#schedule();
  }

  /** Zeroes the first bytes of a buffer, after everything that was added before. */
  clear(buffer: GPUBuffer, sizeBytes: number): void {
    this.#endPass();
    this.#encode().clearBuffer(buffer, 0, sizeBytes);
    this.#pending++;
    this.#schedule();
  }

  /**
   * Runs `add`, whose dispatches are timed on the GPU; `told` is called after a later readback, where it can be said.
   */
  timed(add: () => void, told: Told): void {
    const slot = this.#timer?.take();
    if (this.#timer === undefined || slot === undefined) return add();
    this.#endPass();
    const pass = this.#encode().beginComputePass({ timestampWrites: this.#timer.writes(slot) });
    this.#pass = pass;
    try {
      add();
    } catch (error) {
      this.#timer.cancel(slot);
      throw error;
    }
    // A submission in between has ended the pass that was timed.
    if (this.#pass === pass) this.#timer.expect(slot, told);
    else this.#timer.cancel(slot);
    this.#endPass();
  }

  /**
   * Bytes of a buffer from `firstByte` on, once everything added so far has run: `take` copies what it wants of them.
   * Rejects with a DeviceLostError.
   */
  async read<T>(
    buffer: GPUBuffer,
    sizeBytes: number,
    take: (bytes: Uint8Array<ArrayBuffer>) => T,
    firstByte = 0,
  ): Promise<T> {
    if (sizeBytes > this.#maxCopied) return take(await this.#readParts(buffer, sizeBytes, firstByte));
    const mapped = await this.#map(this.#readback(buffer, firstByte, sizeBytes));
    try {
      return take(new Uint8Array(mapped.range, 0, sizeBytes));
    } finally {
      this.#giveBack(mapped.staging);
    }
  }

  /**
   * What does not fit one readback. All parts are on their way before the first is awaited, for the buffer may become
   * another value's.
   */
  async #readParts(buffer: GPUBuffer, sizeBytes: number, firstByte: number): Promise<Uint8Array<ArrayBuffer>> {
    const whole = new Uint8Array(sizeBytes);
    const parts = Array.from({ length: Math.ceil(sizeBytes / this.#maxCopied) }, (_, part) => {
      const first = part * this.#maxCopied;
      return this.read(
        buffer,
        Math.min(this.#maxCopied, sizeBytes - first),
        (bytes) => whole.set(bytes, first),
        firstByte + first,
      );
    });
    await Promise.all(parts);
    return whole;
  }

  /** Whether a submission has run, and that is proven. */
  proves(submission: number): boolean {
    return !this.#epoch.isOver && this.#proofs.proven >= submission;
  }

  /**
   * Resolves when everything up to a submission has run, and that is proven; default everything added so far. Rejects
   * with a DeviceLostError.
   */
  async settled(upTo = this.lastAdded): Promise<void> {
    this.#epoch.check();
    if (this.proves(upTo)) return;
    const underWay = this.#underWay.find(({ submission }) => submission >= upTo);
    if (underWay !== undefined) return underWay.over;
    this.#giveBack((await this.#map(this.#readback(undefined, 0, 0))).staging);
  }

  /** Hands what is pending to the GPU. */
  submit(): void {
    if (this.#encoder === undefined) return;
    this.#submit(this.#proofs.sign(this.#closed()));
  }

  /**
   * Hands commands of other code to the GPU, after everything that was added, in a submission that is proven as its own
   * are.
   */
  submitOthers(commands: readonly GPUCommandBuffer[]): void {
    this.submit();
    this.#submit(this.#proofs.sign(this.#encode()), commands);
  }

  /** Encodes a copy of bytes and of the proof, and submits it. */
  #readback(buffer: GPUBuffer | undefined, firstByte: number, sizeBytes: number): Readback {
    this.#epoch.check();
    // The stamps are of 8 bytes each.
    const copiedBytes = Math.ceil(sizeBytes / 8) * 8;
    const staging = this.#staging.take(copiedBytes + PROOF_BYTES + STAMPS_BYTES);
    const encoder = this.#closed();
    if (buffer !== undefined) encoder.copyBufferToBuffer(buffer, firstByte, staging, 0, Math.ceil(sizeBytes / 4) * 4);
    const submission = this.#proofs.sign(encoder);
    this.#proofs.copyTo(encoder, staging, copiedBytes);
    const stamps = this.#timer?.copyTo(encoder, staging, copiedBytes + PROOF_BYTES);
    this.#seen = submission;
    this.#submit(submission);
    return { staging, submission, copiedBytes, stamps };
  }

  /** Waits for a readback and checks its proof; others may wait for the same one. */
  async #map(readback: Readback): Promise<{ staging: GPUBuffer; range: ArrayBuffer }> {
    const range = this.#proven(readback);
    const entry = { submission: readback.submission, over: range.then(() => {}) };
    // Whoever maps it is told.
    entry.over.catch(() => {});
    this.#underWay.push(entry);
    try {
      return { staging: readback.staging, range: await range };
    } finally {
      this.#underWay.splice(this.#underWay.indexOf(entry), 1);
    }
  }

  async #proven({ staging, submission, copiedBytes, stamps }: Readback): Promise<ArrayBuffer> {
    let range: ArrayBuffer;
    try {
      await staging.mapAsync(1);
      range = staging.getMappedRange();
    } catch (error) {
      this.#staging.discard(staging);
      this.#epoch.end('lost', `the device did not answer (${String(error)})`);
      throw this.#epoch.error(error);
    }
    this.#epoch.check();
    if (!this.#proofs.accept(new Uint32Array(range, copiedBytes, PROOF_BYTES / 4), submission))
      this.#epoch.end('refused', 'the device dropped commands');
    this.#epoch.check();
    if (stamps !== undefined)
      this.#timer?.tell(stamps, new BigUint64Array(range, copiedBytes + PROOF_BYTES, STAMPS_BYTES / 8));
    return range;
  }

  #giveBack(staging: GPUBuffer): void {
    staging.unmap();
    this.#staging.give(staging);
    this.#staging.trim(MAX_IDLE_STAGING_BYTES);
  }

  /** The encoder of what is pending, with no pass open. */
  #closed(): GPUCommandEncoder {
    this.#endPass();
    return this.#encode();
  }

  #submit(submission: number, others: readonly GPUCommandBuffer[] = []): void {
    const encoder = this.#encoder as GPUCommandEncoder;
    this.#encoder = undefined;
    this.#pending = 0;
    this.#uniforms.write();
    this.#epoch.device.queue.submit([...others, encoder.finish()]);
    // Whoever waits for these will see the failure.
    if (submission - this.#seen >= MAX_UNSEEN) this.settled().catch(() => {});
  }

  #encode(): GPUCommandEncoder {
    return (this.#encoder ??= this.#epoch.device.createCommandEncoder());
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  /** What one turn of the event loop adds goes out together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#epoch.isOver) return;
      try {
        this.submit();
      } catch (error) {
        this.#epoch.end('refused', `the device refused a submission (${String(error)})`);
      }
    });
  }
}
