// Sheets on the devices a bench is asked for: those of the CPU, or the GPU with its limits, its name, and whether it is
// a software driver.
import { SymbolicSheet } from 'symbolic-sheet';
import type { ContractLimits } from '../kernels/wgsl/contract/matrix.ts';
import { limitsOf } from '../src/core/device/webgpu/device-context.ts';
import { openBlas } from '../src/host/node/blas.ts';
import { findGpu } from '../src/host/node/gpu.ts';
import type { Sheet } from '../src/core/sheet/sheet.ts';
import { type Pace, QUICK_PACE } from './measure/harness.ts';
import type { BenchOptions, GpuOfRun } from './report/report.ts';
import { partsOf } from '../tests/parts.ts';

/** Results and operands of large products, several at a time. */
const GPU_BUDGET_BYTES = 2 ** 32;

/** A sheet on the devices of the CPU, whatever else the machine has. */
export async function openCpu(): Promise<SymbolicSheet> {
  const blas = await openBlas();
  return SymbolicSheet.open({ devices: ['js', 'wasm', ...(blas.found ? ['blas'] : [])] });
}

/** A sheet of which one device is measured; `view` computes on it. */
export interface OpenDevice {
  readonly name: string;
  readonly sheet: SymbolicSheet;
  readonly view: Sheet;
  readonly pace: Pace;
  /** Said of GPUs. */
  readonly run?: GpuOfRun;
}

/** A sheet whose GPU is open. */
export interface OpenGpu extends OpenDevice {
  readonly device: GPUDevice;
  readonly limits: ContractLimits;
  readonly run: GpuOfRun;
}

/** What a bench needs is not on this machine. */
export class MissingDevice extends RangeError {}

/** A device by name. Throws MissingDevice. */
export async function openDevice(name: string, options: BenchOptions): Promise<OpenDevice | OpenGpu> {
  if (name === 'webgpu') return openGpu(options);
  const sheet = await openCpu();
  if (sheet.devices().some((device) => device.name === name && device.found))
    return { name, sheet, view: sheet.with({ device: name }), pace: options.pace };
  await sheet.close();
  throw new MissingDevice(`there is no device "${name}" here`);
}

/** The GPU of this machine. Throws MissingDevice, which says what it would need. */
export async function openGpu({ pace }: BenchOptions): Promise<OpenGpu> {
  const sheet = await openSheet();
  const gpu = partsOf(sheet).dispatcher.devices.find(({ name }) => name === 'webgpu')!;
  const sanity = !partsOf(sheet).dispatcher.automatic.includes(gpu);
  const device = sheet.gpuDevice();
  const run = { adapter: gpu.detail, sanity };
  return {
    name: 'webgpu',
    sheet,
    view: sheet.with({ device: 'webgpu' }),
    device,
    limits: limitsOf(device),
    run,
    pace: sanity ? QUICK_PACE : pace,
  };
}

async function openSheet(): Promise<SymbolicSheet> {
  try {
    return await SymbolicSheet.open({ devices: ['webgpu', 'wasm', 'js'], gpuBudgetBytes: GPU_BUDGET_BYTES });
  } catch (error) {
    const gpu = await findGpu();
    throw new MissingDevice(
      `there is no GPU here: ${gpu.found ? String(error) : gpu.reason}. On Linux, --driver swiftshader shows ` +
        'that the bench runs.',
    );
  }
}

/** Sizes to measure: those that were asked for, a few of the smallest on software drivers, fewer in a quick run. */
export function sizesFor(
  asked: readonly number[] | undefined,
  run: GpuOfRun | undefined,
  quick: boolean,
  sizes: { readonly all: readonly number[]; readonly quick: readonly number[]; readonly tiny: readonly number[] },
): readonly number[] {
  return asked ?? (run?.sanity === true ? sizes.tiny : quick ? sizes.quick : sizes.all);
}
