// A device around another for one task: what it is called and what it supports are the other's.
import type { Block } from '../tensor/block.ts';
import type { Device, Task } from './device.ts';

/** Runs tasks its own way on a device that it does not own. */
export abstract class DeviceAround implements Device {
  readonly name: string;
  readonly detail: string;
  readonly exact: boolean;
  protected readonly device: Device;

  constructor(device: Device, name = device.name, detail = device.detail) {
    this.name = name;
    this.detail = detail;
    this.exact = device.exact;
    this.device = device;
  }

  supports(task: Task): boolean {
    return this.device.supports(task);
  }

  estimateNs(task: Task): number {
    return this.device.estimateNs(task);
  }

  abstract run(task: Task, out: Block): void | Promise<void>;

  abstract runNow(task: Task, out: Block): void;

  close(): void {}
}
