// What a host finds, device by device: those that may be chosen, those that wait to be asked for by name, and why
// others are not there.
import type { Device, DeviceReport } from '../core/device/device.ts';
import type { SharedTensorflowDevice } from '../core/device/tensorflow/shared.ts';
import type { TensorflowDevice } from '../core/device/tensorflow/device.ts';
import type { WebgpuDevice } from '../core/device/webgpu/device.ts';
import type { Machine } from '../core/sheet/open.ts';
import type { Memory } from '../core/tensor/block.ts';
import type { WasmDevice } from '../core/device/wasm/device.ts';

/** What a search for a device came to. */
export type Found<D extends Device> = D | DeviceReport;

const isReport = (found: Found<Device>): found is DeviceReport => 'found' in found;

/** The device of a search, where one was found. */
export const deviceIn = <D extends Device>(found: Found<D> | undefined): D | undefined =>
  found === undefined || isReport(found) ? undefined : found;

/** The devices of a host, in the order in which ties are broken. */
export class Finding implements Machine {
  readonly devices: Device[] = [];
  readonly onRequest: Device[] = [];
  readonly absent: DeviceReport[] = [];
  readonly leftOut: readonly string[];
  memory?: Memory;

  /** `sought`: names of the devices that this host looks for, where they are wanted. */
  constructor(sought: readonly string[], isWanted: (name: string) => boolean) {
    this.leftOut = sought.filter((name) => !isWanted(name));
  }

  add(found: Found<Device> | undefined): void {
    if (found === undefined) return;
    if (isReport(found)) this.absent.push(found);
    else this.devices.push(found);
  }

  /** Results lie where its kernels reach them. */
  addWasm(found: Found<WasmDevice> | undefined): void {
    this.add(found);
    const wasm = deviceIn(found);
    if (wasm !== undefined) this.memory = wasm.linearMemory;
  }

  /** Software drivers are slower than WebAssembly: such a GPU is never chosen unasked. */
  addGpu(found: Found<WebgpuDevice> | undefined): void {
    this.add(found);
    const gpu = deviceIn(found);
    if (gpu?.isSoftware === true) this.onRequest.push(gpu);
  }

  /** On the sheet's own GPU it has no clock for its commands, and the GPU's kernels compute the same rows. */
  addTensorflow(found: Found<TensorflowDevice | SharedTensorflowDevice> | undefined): void {
    this.add(found);
    const tf = deviceIn<Device>(found);
    if (tf?.memory !== undefined) this.onRequest.push(tf);
  }

  /** Closes everything, where one of them cannot be opened. */
  close(): void {
    for (const device of this.devices) device.close();
  }
}
