// Everything that belongs to one open GPU device and ends with it: its epoch, compiled shaders, buffers and command stream.
import type { GpuLimits } from '../../../kernels/wgsl/launch.ts';
import { BufferPool, USAGE } from './buffers.ts';
import { Epoch } from './epoch.ts';
import { Pipelines } from './pipelines.ts';
import { CommandStream } from './stream.ts';

/** One open device with what was made on it. */
export class Life {
  readonly epoch: Epoch;
  readonly pipelines: Pipelines;
  readonly buffers: BufferPool;
  readonly stream: CommandStream;
  readonly limits: GpuLimits;

  constructor(device: GPUDevice, onOver: (reason: string) => void) {
    this.epoch = new Epoch(device, onOver);
    this.pipelines = new Pipelines(device);
    this.buffers = new BufferPool(device, USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
    this.stream = new CommandStream(this.epoch);
    this.limits = limitsOf(device);
  }
}

const limitsOf = ({ limits, features }: GPUDevice): GpuLimits => ({
  maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
  maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension, maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
  features: new Set(features),
});
