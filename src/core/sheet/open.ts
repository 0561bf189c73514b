// Opening a sheet: options, devices and memory become a core, and a view of it.
import type { Device, DeviceReport } from '../device/device.ts';
import type { Host } from '../env.ts';
import { heapMemory, type Memory } from '../tensor/block.ts';
import type { Core } from '../engine/engine.ts';
import { checkDevice, chooseDevices } from '../engine/devices.ts';
import { type OpenOptions, type Settings, settleOptions } from './options.ts';
import { type Sheet, viewWith } from './sheet.ts';

/** Devices of a host and the memory their results lie in. */
export interface Machine {
  readonly devices: readonly Device[];
  /** Those of them that compute only where they are asked for by name. */
  readonly onRequest?: readonly Device[];
  readonly memory?: Memory;
  /** Devices that were looked for and not found, and why. */
  readonly absent?: readonly DeviceReport[];
  /** Names of devices that were not looked for, since the options leave them out. */
  readonly leftOut?: readonly string[];
}

/** Finds the devices a host offers. */
export type FindDevices = (settings: Settings, host: Host) => Promise<Machine>;

/** Opens a sheet of the given class on a host. What only an open sheet needs is loaded here. */
export async function openSheet<S extends Sheet>(SheetClass: new (core: Core, view: ReturnType<typeof viewWith>) => S, host: Host, options: OpenOptions, find: FindDevices): Promise<S> {
  const settled = settleOptions(options);
  const { readLaws } = await import('../policy/laws.ts');
  const off = host.settings.off || settled.cache === 'off';
  const settings: Settings = { ...settled, policy: readLaws(settled.policy), cache: off ? 'off' : 'on', devices: settled.devices ?? host.settings.devices };
  const machine = await find(settings, host);
  try {
    const core = await openCore(machine, settings, host);
    const view = viewWith(core, { numerics: settings.numerics, reuse: !off, device: settings.device, precision: settings.precision, signal: undefined }, {});
    return new SheetClass(core, view);
  } catch (error) {
    for (const device of machine.devices) device.close();
    throw error;
  }
}

async function openCore(machine: Machine, settings: Settings, host: Host): Promise<Core> {
  const { absent = [], leftOut = [] } = machine;
  const choice = chooseDevices({ devices: machine.devices, absent }, leftOut, settings.devices);
  if (settings.device !== undefined) checkDevice(settings.device, choice, 'device');
  const [{ Core }, { Dispatcher }, { openTrace }, { makeMemo }] = await Promise.all([import('../engine/engine.ts'), import('../device/dispatch.ts'), import('./open-trace.ts'), import('../memo/memo.ts')]);
  const core = new Core(host, settings, new Dispatcher(choice.devices, undefined, machine.onRequest), machine.memory ?? heapMemory, openTrace(host, settings));
  core.makeMemo = makeMemo;
  core.absentDevices = choice.absent;
  core.idleDevices = machine.devices.filter((device) => !choice.devices.includes(device));
  if (host.settings.report) await reportAtExit(core);
  return core;
}

/** Prints the report when the sheet is closed, or else when the process ends. */
async function reportAtExit(core: Core): Promise<void> {
  const { formatReport } = await import('./report.ts');
  const print = (): void => {
    withdraw();
    core.printReport = () => {};
    core.host.warn(formatReport(core));
  };
  const withdraw = core.host.onExit(print);
  core.printReport = print;
}
