// Runs plans of kernels/wgsl the plain way: every buffer fresh, parameters in a uniform, one submit. The specification
// of a device.
import type { GpuLimits, Launch, Plan, Shader } from '../../kernels/wgsl/launch.ts';
import { sourceOf } from '../../src/core/device/webgpu/commands/pipelines.ts';
import { useSwiftShader } from './swiftshader.ts';

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
  useSwiftShader();
  const { create } = await import('webgpu');
  // Dawn crashes when this object is collected.
  const gpu = ((globalThis as { testGpuKeptAlive?: GPU }).testGpuKeptAlive = create([
    'enable-dawn-features=disable_workgroup_init',
  ]) as unknown as GPU);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('no WebGPU adapter, not even SwiftShader');
  const wanted = ['shader-f16', 'subgroups', 'timestamp-query'].filter((feature) =>
    adapter.features.has(feature as GPUFeatureName),
  );
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredFeatures: wanted as GPUFeatureName[],
    requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
  });
  const limits: GpuLimits = {
    maxComputeInvocationsPerWorkgroup: device.limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupStorageSize: device.limits.maxComputeWorkgroupStorageSize,
    maxStorageBufferBindingSize,
    features: new Set(device.features),
  };
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

const compiled = new WeakMap<Shader, GPUComputePipeline>();

function pipelineOf(device: GPUDevice, shader: Shader): GPUComputePipeline {
  let pipeline = compiled.get(shader);
  if (pipeline !== undefined) return pipeline;
  const entries = [
    ...shader.bindings.map((kind): GPUBufferBindingType => (kind === 'read' ? 'read-only-storage' : 'storage')),
    ...(shader.params.length === 0 ? [] : ['uniform' as const]),
  ].map((type, binding): GPUBindGroupLayoutEntry => ({ binding, visibility: 4, buffer: { type } }));
  const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
  pipeline = device.createComputePipeline({
    layout,
    compute: {
      module: device.createShaderModule({ label: shader.name, code: sourceOf(shader, false) }),
      entryPoint: 'main',
    },
  });
  compiled.set(shader, pipeline);
  return pipeline;
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
  if (shader.params.length > 0) {
    const uniform = device.createBuffer({ size: Math.ceil((params.length * 4) / 16) * 16, usage: UNIFORM });
    device.queue.writeBuffer(uniform, 0, params as Uint32Array<ArrayBuffer>);
    entries.push({ binding: shader.bindings.length, resource: { buffer: uniform } });
  }
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
}
