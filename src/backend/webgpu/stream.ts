// The command stream of one epoch: dispatches are gathered and submitted together; a readback proves that it was run.
import type { Launch } from '../../../kernels/wgsl/launch.ts';
import { BufferPool, USAGE } from './buffers.ts';
import type { Epoch } from './epoch.ts';
import type { Pipeline } from './pipelines.ts';

/** Dispatches after which a submission goes out without being asked. */
const MAX_PENDING = 64;
const UNIFORM_BYTES = 1 << 16;
const UNIFORM_STEP = 256;
/** Bytes of the proof that ends every readback. */
const NONCE_BYTES = 16;

/** Encodes and submits. Work is submitted when it is read, when much is pending, and at the end of the current job. */
export class CommandStream {
  readonly #epoch: Epoch;
  readonly #staging: BufferPool;
  readonly #nonce: GPUBuffer;
  #count = 0;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pending = 0;
  #scheduled = false;
  #uniforms: GPUBuffer | undefined;
  #stamps: GPUQuerySet | undefined;
  #resolved: GPUBuffer | undefined;
  #timed: GPUComputePassEncoder | undefined;
  readonly #uniformWords = new Uint32Array(UNIFORM_BYTES / 4);
  #uniformBytes = 0;

  constructor(epoch: Epoch) {
    this.#epoch = epoch;
    this.#staging = new BufferPool(epoch.device, USAGE.MAP_READ | USAGE.COPY_DST);
    this.#nonce = epoch.device.createBuffer({ size: NONCE_BYTES, usage: USAGE.COPY_SRC | USAGE.COPY_DST });
  }

  /** Adds one dispatch. `buffers` are those its launch names, in order. */
  dispatch({ pipeline, layout, immediates, shader }: Pipeline, { params, workgroups }: Launch, buffers: readonly GPUBuffer[]): void {
    const uniform = shader.params.length > 0 && !immediates ? this.#uniform(params) : undefined;
    const entries = buffers.map((buffer, binding): GPUBindGroupEntry => ({ binding, resource: { buffer } }));
    if (uniform !== undefined) entries.push({ binding: buffers.length, resource: uniform });
    const pass = (this.#pass ??= this.#encode().beginComputePass());
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#epoch.device.createBindGroup({ layout, entries }));
    if (immediates && params.length > 0) pass.setImmediates(0, params as Uint32Array<ArrayBuffer>);
    pass.dispatchWorkgroups(...workgroups);
    if (++this.#pending >= MAX_PENDING) this.submit();
    else this.#schedule();
  }

  /** Copies bytes between buffers, after everything that was added before. */
  copy(from: GPUBuffer, fromByte: number, to: GPUBuffer, toByte: number, sizeBytes: number): void {
    this.#endPass();
    this.#encode().copyBufferToBuffer(from, fromByte, to, toByte, sizeBytes);
    this.#pending++;
    this.#schedule();
  }

  /** The first bytes of a buffer, once everything added so far has run. Rejects with a DeviceLostError. */
  async read(buffer: GPUBuffer, sizeBytes: number): Promise<ArrayBuffer> {
    this.#epoch.check();
    const copied = Math.ceil(sizeBytes / 4) * 4;
    const nonce = Uint32Array.of(++this.#count, ~this.#count, 0, 0);
    const staging = this.#staging.take(copied + NONCE_BYTES);
    this.#epoch.device.queue.writeBuffer(this.#nonce, 0, nonce);
    this.#endPass();
    this.#encode().copyBufferToBuffer(buffer, 0, staging, 0, copied);
    this.#encode().copyBufferToBuffer(this.#nonce, 0, staging, copied, NONCE_BYTES);
    this.submit();
    try {
      await staging.mapAsync(1, 0, copied + NONCE_BYTES);
    } catch (error) {
      throw this.#epoch.error(error);
    }
    this.#epoch.check();
    const mapped = staging.getMappedRange(0, copied + NONCE_BYTES);
    const proof = new Uint32Array(mapped, copied, 2);
    const proven = proof[0] === nonce[0] && proof[1] === nonce[1];
    const bytes = mapped.slice(0, sizeBytes);
    staging.unmap();
    this.#staging.give(staging);
    if (!proven) this.#epoch.end('a submission was dropped');
    this.#epoch.check();
    return bytes;
  }

  /** What is dispatched until `endTiming` is timed on the GPU, where it can do that. */
  beginTiming(): void {
    if (!this.#epoch.device.features.has('timestamp-query')) return;
    this.#endPass();
    this.#stamps ??= this.#epoch.device.createQuerySet({ type: 'timestamp', count: 2 });
    this.#timed = this.#encode().beginComputePass({ timestampWrites: { querySet: this.#stamps, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } });
    this.#pass = this.#timed;
  }

  /** Nanoseconds the timed dispatches took; undefined where that cannot be said. */
  async endTiming(): Promise<number | undefined> {
    const timed = this.#timed;
    this.#timed = undefined;
    // A submission in between has ended the pass that was timed.
    if (timed === undefined || this.#pass !== timed) return undefined;
    this.#endPass();
    this.#resolved ??= this.#epoch.device.createBuffer({ size: 16, usage: USAGE.QUERY_RESOLVE | USAGE.COPY_SRC });
    this.#encode().resolveQuerySet(this.#stamps as GPUQuerySet, 0, 2, this.#resolved, 0);
    const [start, end] = new BigUint64Array(await this.read(this.#resolved, 16)) as unknown as [bigint, bigint];
    return end > start ? Number(end - start) : undefined;
  }

  /** Resolves when everything added so far has run. */
  async settled(): Promise<void> {
    this.submit();
    await this.#epoch.device.queue.onSubmittedWorkDone();
    this.#epoch.check();
  }

  /** Hands what is pending to the GPU. */
  submit(): void {
    this.#endPass();
    if (this.#uniformBytes > 0) this.#epoch.device.queue.writeBuffer(this.#uniforms as GPUBuffer, 0, this.#uniformWords, 0, this.#uniformBytes / 4);
    this.#uniformBytes = 0;
    this.#pending = 0;
    if (this.#encoder === undefined) return;
    const commands = this.#encoder.finish();
    this.#encoder = undefined;
    this.#epoch.device.queue.submit([commands]);
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
      if (!this.#epoch.isOver) this.submit();
    });
  }

  /** A slot of the uniform buffer; it is written when the submission goes out. */
  #uniform(params: Uint32Array): GPUBufferBinding {
    const size = Math.ceil((params.length * 4) / UNIFORM_STEP) * UNIFORM_STEP;
    if (this.#uniformBytes + size > UNIFORM_BYTES) this.submit();
    this.#uniforms ??= this.#epoch.device.createBuffer({ size: UNIFORM_BYTES, usage: USAGE.UNIFORM | USAGE.COPY_DST });
    const offset = this.#uniformBytes;
    this.#uniformWords.set(params, offset / 4);
    this.#uniformBytes += size;
    return { buffer: this.#uniforms, offset, size };
  }
}
