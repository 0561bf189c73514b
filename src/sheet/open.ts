// Opening a sheet: options, devices and memory become a core, and a view of it.
import type { Device, DeviceReport } from '../backend/device.ts';
import type { Host } from '../env.ts';
import { UnavailableError } from '../errors.ts';
import { heapMemory, type Memory } from '../tensor/block.ts';
import type { Core } from './core.ts';
import { type OpenOptions, type Settings, settleOptions } from './options.ts';
import { type Sheet, viewWith } from './sheet.ts';

/** Devices of a host and the memory their results lie in. */
export interface Machine {
  readonly devices: readonly Device[];
  readonly memory?: Memory;
  /** Devices that were looked for and not found, and why. */
  readonly absent?: readonly DeviceReport[];
}

/** Finds the devices a host offers. */
export type FindDevices = (settings: Settings, host: Host) => Promise<Machine>;

/** Opens a sheet of the given class on a host. What only an open sheet needs is loaded here. */
export async function openSheet<S extends Sheet>(SheetClass: new (core: Core, view: ReturnType<typeof viewWith>) => S, host: Host, options: OpenOptions, find: FindDevices): Promise<S> {
  const settled = settleOptions(options);
  const { readLaws } = await import('../policy/laws.ts');
  readLaws(settled.policy);
  const off = host.settings.off || settled.cache === 'off';
  const settings: Settings = { ...settled, cache: off ? 'off' : 'on', devices: settled.devices ?? host.settings.devices };
  const machine = await find(settings, host);
  checkDevice(settings, machine);
  const [{ Core }, { Dispatcher }, { openTrace }] = await Promise.all([import('./core.ts'), import('../backend/dispatch.ts'), import('./open-trace.ts')]);
  const core = new Core(host, settings, new Dispatcher(chosen(machine, settings)), machine.memory ?? heapMemory, openTrace(host, settings));
  core.absentDevices = machine.absent ?? [];
  if (host.settings.report) await reportAtExit(core);
  const view = viewWith(core, { numerics: settings.numerics, reuse: !off, device: settings.device, precision: settings.precision, signal: undefined }, {});
  return new SheetClass(core, view);
}

/** A device that is asked for by name must be there. */
function checkDevice({ device }: Settings, { devices, absent = [] }: Machine): void {
  if (device !== undefined && !devices.some(({ name }) => name === device)) throw notHere(device, devices, absent, 'device');
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

function chosen({ devices: found, absent = [] }: Machine, { devices }: Settings): readonly Device[] {
  if (devices === undefined) return found;
  const missing = devices.find((name) => !found.some((device) => device.name === name));
  if (missing !== undefined) throw notHere(missing, found, absent, 'devices');
  return found.filter((device) => devices.includes(device.name));
}

function notHere(name: string, found: readonly Device[], absent: readonly DeviceReport[], option: string): UnavailableError {
  const reason = absent.find((report) => report.name === name)?.detail ?? 'it is none that is known';
  return new UnavailableError(`Device "${name}" is not here: ${reason}. Found: ${found.map((device) => device.name).join(', ')}; leave the ${option} option out to use what there is.`, { device: name });
}
