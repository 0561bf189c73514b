// What runs one task on a device whose results lie in RAM: the device itself, or something around it.
import type { Device } from './device.ts';

/** Runs tasks under the name that the trace bears; every device is one. */
export interface Runner extends Pick<Device, 'name' | 'run'> {
  /** What was done instead of the kernel, where that is so, for explain. */
  readonly note?: string;
}
