// Plans on scratch buffers of a GPU device, timed: with timestamps where the device has them, else from submission to completion.
import { performance } from 'node:perf_hooks';
import type { Launch, Plan, Shader } from '../kernels/wgsl/launch.ts';
import type { Trial, TrialGround } from '../src/backend/webgpu/tuner.ts';

const STORAGE = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST
const UNIFORM = 0x40 | 0x08;
const READ = 0x01 | 0x08;

/** Scratch buffers of a device. Operands are filled by the pattern; `write` replaces one. */
export class GpuGround implements TrialGround {
  readonly device: GPUDevice;
  readonly #pipelines = new Map<Shader, GPUComputePipeline>();
  readonly #stamps: Stamps | undefined;

  constructor(device: GPUDevice) {
    this.device = device;
    if (device.features.has('timestamp-query')) this.#stamps = stampsOf(device);
  }

  open(operandElements: readonly number[], resultElements: number, pattern: Float32Array): Promise<GpuTrial> {
    const trial = this.openSync(operandElements, resultElements);
    operandElements.forEach((elements, operand) => trial.fill(operand, elements, pattern));
    return Promise.resolve(trial);
  }

  /** Buffers with undefined contents. */
  openSync(operandElements: readonly number[], resultElements: number): GpuTrial {
    return new GpuTrial(this, operandElements, resultElements);
  }

  /** Encodes a plan so many times, submits, waits; nanoseconds by the device's own clock, or by the host's. */
  async submit(plan: Plan, times: number, buffers: readonly GPUBuffer[]): Promise<number> {
    this.device.pushErrorScope('validation');
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass(this.#stamps && { timestampWrites: { querySet: this.#stamps.queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } });
    const bound = plan.launches.map((launch) => this.#bind(launch, buffers));
    for (let i = 0; i < times; i++) {
      for (const { pipeline, group, workgroups } of bound) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...workgroups);
      }
    }
    pass.end();
    if (this.#stamps !== undefined) resolveStamps(encoder, this.#stamps);
    const start = performance.now();
    this.device.queue.submit([encoder.finish()]);
    const error = await this.device.popErrorScope();
    await this.device.queue.onSubmittedWorkDone();
    const elapsedNs = (performance.now() - start) * 1e6;
    for (const { uniform } of bound) uniform?.destroy();
    if (error !== null) throw new RangeError(error.message);
    return this.#stamps === undefined ? elapsedNs : readStamps(this.#stamps);
  }

  #bind({ shader, buffers: indices, params, workgroups }: Launch, buffers: readonly GPUBuffer[]) {
    const pipeline = this.#pipelineOf(shader);
    const entries = indices.map((index, binding): GPUBindGroupEntry => ({ binding, resource: { buffer: buffers[index] as GPUBuffer } }));
    let uniform: GPUBuffer | undefined;
    if (shader.params.length > 0) {
      uniform = this.device.createBuffer({ size: Math.ceil(params.byteLength / 16) * 16, usage: UNIFORM });
      this.device.queue.writeBuffer(uniform, 0, params as Uint32Array<ArrayBuffer>);
      entries.push({ binding: shader.bindings.length, resource: { buffer: uniform } });
    }
    return { pipeline, workgroups, uniform, group: this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }) };
  }

  #pipelineOf(shader: Shader): GPUComputePipeline {
    let pipeline = this.#pipelines.get(shader);
    if (pipeline === undefined) {
      const enables = (shader.features ?? []).map((feature) => `enable ${feature === 'shader-f16' ? 'f16' : feature.replaceAll('-', '_')};\n`).join('');
      const params = shader.params.length === 0 ? '' : `struct Params { ${shader.params.join(', ')} }\n@group(0) @binding(${shader.bindings.length}) var<uniform> params: Params;\n`;
      const kinds = shader.bindings.map((kind): GPUBufferBindingType => (kind === 'read' ? 'read-only-storage' : 'storage'));
      const entries = [...kinds, ...(params === '' ? [] : ['uniform' as const])].map((type, binding): GPUBindGroupLayoutEntry => ({ binding, visibility: 4, buffer: { type } }));
      const layout = this.device.createPipelineLayout({ bindGroupLayouts: [this.device.createBindGroupLayout({ entries })] });
      pipeline = this.device.createComputePipeline({ layout, compute: { module: this.device.createShaderModule({ label: shader.name, code: enables + params + shader.code }), entryPoint: 'main' } });
      this.#pipelines.set(shader, pipeline);
    }
    return pipeline;
  }
}

/** Open buffers: operands, a result, and scratch as plans ask for it. */
export class GpuTrial implements Trial {
  readonly #ground: GpuGround;
  readonly #operands: readonly GPUBuffer[];
  readonly #result: GPUBuffer;
  readonly #scratch: GPUBuffer[] = [];

  constructor(ground: GpuGround, operandElements: readonly number[], resultElements: number) {
    this.#ground = ground;
    this.#operands = operandElements.map((elements) => this.#buffer(elements * 4));
    this.#result = this.#buffer(resultElements * 4);
  }

  #buffer(sizeBytes: number): GPUBuffer {
    return this.#ground.device.createBuffer({ size: Math.max(16, Math.ceil(sizeBytes / 16) * 16), usage: STORAGE });
  }

  /** Writes an operand whole. */
  write(operand: number, values: Float32Array): void {
    this.#ground.device.queue.writeBuffer(this.#operands[operand] as GPUBuffer, 0, values as Float32Array<ArrayBuffer>);
  }

  /** Fills an operand with a pattern, many periods at a time. */
  fill(operand: number, elements: number, pattern: Float32Array): void {
    const length = Math.min(elements, pattern.length * Math.max(1, Math.floor(2 ** 22 / pattern.length)));
    const block = Float32Array.from({ length }, (_, i) => pattern[i % pattern.length] as number);
    for (let first = 0; first < elements; first += length) this.#ground.device.queue.writeBuffer(this.#operands[operand] as GPUBuffer, first * 4, block, 0, Math.min(length, elements - first));
  }

  run(plan: Plan, times: number): Promise<number> {
    plan.scratch.forEach((sizeBytes, i) => {
      if ((this.#scratch[i]?.size ?? 0) >= sizeBytes) return;
      this.#scratch[i]?.destroy();
      this.#scratch[i] = this.#buffer(sizeBytes);
    });
    return this.#ground.submit(plan, times, [...this.#operands, this.#result, ...this.#scratch]);
  }

  clear(): void {
    const encoder = this.#ground.device.createCommandEncoder();
    encoder.clearBuffer(this.#result);
    this.#ground.device.queue.submit([encoder.finish()]);
  }

  async read(first: number, count: number): Promise<Float32Array> {
    const { device } = this.#ground;
    const staging = device.createBuffer({ size: count * 4, usage: READ });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#result, first * 4, staging, 0, count * 4);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(1);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }

  close(): void {
    for (const buffer of [...this.#operands, this.#result, ...this.#scratch]) buffer.destroy();
  }
}

interface Stamps {
  readonly queries: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly staging: GPUBuffer;
}

function stampsOf(device: GPUDevice): Stamps {
  return {
    queries: device.createQuerySet({ type: 'timestamp', count: 2 }), resolved: device.createBuffer({ size: 16, usage: 0x200 | 0x04 }), // QUERY_RESOLVE | COPY_SRC
    staging: device.createBuffer({ size: 16, usage: READ }),
  };
}

function resolveStamps(encoder: GPUCommandEncoder, { queries, resolved, staging }: Stamps): void {
  encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
}

async function readStamps({ staging }: Stamps): Promise<number> {
  await staging.mapAsync(1);
  const [start, end] = new BigUint64Array(staging.getMappedRange());
  staging.unmap();
  return Number((end as bigint) - (start as bigint));
}
