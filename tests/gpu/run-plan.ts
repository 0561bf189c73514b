// Runs plans of kernels/wgsl the plain way: every buffer fresh, one submit. The specification of a device.
import type { GpuLimits, Launch, Plan, Shader } from '../../kernels/wgsl/launch.ts';
import { sourceOf } from '../../src/core/device/webgpu/commands/pipelines.ts';
import { findGpu } from '../../src/host/node/gpu.ts';
import { LEAST_LIMITS } from './coverage.ts';
import { useOneDevice } from './one-device.ts';

const STORAGE = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST
const UNIFORM = 0x40 | 0x08;
const READ = 0x01 | 0x08;

/** An open adapter for tests. */
export interface TestGpu {
  readonly device: GPUDevice;
  readonly limits: GpuLimits;
  /**
   * The bytes of the result of a plan; `resultBytes` as the plan's author asks for them (storedBytes). Throws on any
   * validation error.
   */
  run(plan: Plan, operands: readonly ArrayBufferView[], resultBytes: number): Promise<ArrayBuffer>;
}

let opened: Promise<TestGpu> | undefined;

/** Opens the adapter once a process. */
export const testGpu = (): Promise<TestGpu> => (opened ??= open());

async function open(): Promise<TestGpu> {
  await useOneDevice();
  const found = await findGpu();
  if (!found.found) throw new Error(found.reason);
  const device = await found.source.open();
  const { maxStorageBufferBindingSize } = device.limits;
  const limits: GpuLimits = { ...LEAST_LIMITS, maxStorageBufferBindingSize, features: new Set(device.features) };
  return { device, limits, run: (plan, operands, resultBytes) => run(device, plan, operands, resultBytes) };
}

async function run(
  device: GPUDevice,
  plan: Plan,
  operands: readonly ArrayBufferView[],
  resultBytes: number,
): Promise<ArrayBuffer> {
  device.pushErrorScope('validation');
  const inputs = operands.map((operand) => upload(device, operand));
  const result = device.createBuffer({ size: resultBytes, usage: STORAGE });
  const buffers = [
    ...inputs,
    result,
    ...plan.scratch.map((size) =>
      device.createBuffer({ size: Math.max(16, Math.ceil(size / 16) * 16), usage: STORAGE }),
    ),
  ];
  const encoder = device.createCommandEncoder();
  for (const launch of plan.launches) dispatch(device, encoder, launch, buffers);
  const staging = device.createBuffer({ size: resultBytes, usage: READ });
  encoder.copyBufferToBuffer(result, 0, staging, 0, resultBytes);
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error !== null) throw new Error(error.message);
  await staging.mapAsync(1);
  const bytes = staging.getMappedRange().slice(0);
  for (const buffer of [...buffers, staging]) buffer.destroy();
  return bytes;
}

function upload(device: GPUDevice, array: ArrayBufferView): GPUBuffer {
  const buffer = device.createBuffer({ size: Math.max(16, Math.ceil(array.byteLength / 16) * 16), usage: STORAGE });
  const padded = new Uint8Array(Math.ceil(array.byteLength / 4) * 4);
  padded.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  device.queue.writeBuffer(buffer, 0, padded);
  return buffer;
}

/** Whether parameters do not go along with the dispatch, as those of a sheet do where the device has that. */
const takesUniform = ({ limits }: GPUDevice, { params }: Shader): boolean =>
  params.length * 4 > ((limits as { maxImmediateSize?: number }).maxImmediateSize ?? 0);

const compiled = new WeakMap<Shader, GPUComputePipeline>();

function pipelineOf(device: GPUDevice, shader: Shader): GPUComputePipeline {
  let pipeline = compiled.get(shader);
  if (pipeline !== undefined) return pipeline;
  const entries = [
    ...shader.bindings.map((kind): GPUBufferBindingType => (kind === 'read' ? 'read-only-storage' : 'storage')),
    ...(takesUniform(device, shader) ? ['uniform' as const] : []),
  ].map((type, binding): GPUBindGroupLayoutEntry => ({ binding, visibility: 4, buffer: { type } }));
  const size =
    shader.params.length > 0 && !takesUniform(device, shader) ? { immediateSize: shader.params.length * 4 } : {};
  const layout = device.createPipelineLayout({
    bindGroupLayouts: [device.createBindGroupLayout({ entries })],
    ...size,
  });
  pipeline = device.createComputePipeline({
    layout,
    compute: {
      module: device.createShaderModule({ label: shader.name, code: sourceOf(shader, !takesUniform(device, shader)) }),
      entryPoint: 'main',
    },
  });
  compiled.set(shader, pipeline);
  return pipeline;
}

/** What is not in the standard's types yet. */
interface ImmediatePass {
  setImmediates(offset: number, values: Uint32Array): void;
}

function dispatch(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { shader, buffers, params, workgroups }: Launch,
  all: readonly GPUBuffer[],
): void {
  const pipeline = pipelineOf(device, shader);
  const entries = buffers.map((index, binding): GPUBindGroupEntry => ({
    binding,
    resource: { buffer: all[index]! },
  }));
  if (takesUniform(device, shader)) {
    const uniform = device.createBuffer({ size: Math.ceil((params.length * 4) / 16) * 16, usage: UNIFORM });
    device.queue.writeBuffer(uniform, 0, params as Uint32Array<ArrayBuffer>);
    entries.push({ binding: shader.bindings.length, resource: { buffer: uniform } });
  }
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  if (shader.params.length > 0 && !takesUniform(device, shader))
    (pass as unknown as ImmediatePass).setImmediates(0, params);
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
}
