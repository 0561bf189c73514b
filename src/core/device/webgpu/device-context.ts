// Everything that belongs to one open GPU device and ends with it: its epoch, compiled shaders, buffers and command
// stream.
import { type AdapterSubgroups, type ContractLimits, matrixUnitsOf } from '../../../../kernels/wgsl/contract/matrix.ts';
import { BufferPool, USAGE } from './memory/buffers.ts';
import { Epoch, type EpochEnd } from './epoch.ts';
import { Pipelines } from './commands/pipelines.ts';
import { Planner } from './planning/plans.ts';
import { CommandStream } from './commands/stream.ts';
import { Uploads } from './memory/uploads.ts';

/** One open device with what was made on it. */
export class DeviceContext {
  readonly epoch: Epoch;
  readonly pipelines: Pipelines;
  readonly buffers: BufferPool;
  readonly stream: CommandStream;
  readonly uploads: Uploads;
  readonly planner: Planner;

  constructor(device: GPUDevice, onOver: (end: EpochEnd, reason: string) => void) {
    this.epoch = new Epoch(device, onOver);
    this.pipelines = new Pipelines(device);
    this.stream = new CommandStream(this.epoch);
    this.buffers = new BufferPool(device, USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST, this.stream);
    this.uploads = new Uploads(device);
    this.planner = new Planner(limitsOf(device));
  }
}

/** What kernels may use of a device. */
export const limitsOf = ({ limits, features, adapterInfo }: GPUDevice): ContractLimits => ({
  maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
  maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
  maxStorageBufferBindingSize: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
  features: new Set(features),
  matrixUnits: features.has('chromium-experimental-subgroup-matrix')
    ? matrixUnitsOf(adapterInfo as unknown as AdapterSubgroups)
    : [],
});
