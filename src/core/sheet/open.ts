// Opening a sheet: options, devices and memory become a session, and a view of it.
import type { Device, DeviceReport } from '../device/device.ts';
import type { Placements } from '../device/dispatch.ts';
import type { Host } from '../env.ts';
import { heapMemory, type Memory } from '../tensor/block.ts';
import type { Events } from '../engine/events.ts';
import type { LowerTiers, View } from '../engine/parts.ts';
import type { Settings } from '../engine/settings.ts';
import { checkDevice, chooseDevices } from '../engine/devices.ts';
import type { OpenStore } from './open-tiers.ts';
import type { OpenOptions } from './open-options.ts';
import { reportedOf, type Session } from './session.ts';
import type { Sheet } from './sheet.ts';

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
export async function openSheet<S extends Sheet>(
  SheetClass: new (session: Session, view: View) => S,
  host: Host,
  options: OpenOptions,
  find: FindDevices,
  openStore?: OpenStore,
): Promise<S> {
  const { settleOptions } = await import('./open-options.ts');
  const settled = settleOptions(options);
  const { readLaws } = await import('../policy/laws.ts');
  const off = host.settings.off || settled.cache === 'off';
  const settings: Settings = {
    ...settled,
    policy: readLaws(settled.policy),
    cache: off ? 'off' : 'on',
    devices: settled.devices ?? host.settings.devices,
  };
  const { Events, answerLog } = await import('../engine/events.ts');
  const events = new Events();
  const told: Host = {
    ...host,
    warn: (line) => warn(host, events, line),
    deviceChanged: (event) => events.device(event),
  };
  if (host.settings.log) events.subscribe(answerLog((line) => host.warn(line)));
  const machine = await find(settings, told);
  try {
    const { openTiers } = await import('./open-tiers.ts');
    const tiers = (): Promise<LowerTiers | undefined> => openTiers(options, settings, told, openStore, events);
    const session = await openSession(machine, settings, told, events, tiers);
    const author = session.engine.author(settings.numerics, settings.precision);
    return new SheetClass(session, {
      author,
      numerics: settings.numerics,
      reuse: !off,
      device: settings.device,
      signal: undefined,
    });
  } catch (error) {
    for (const device of machine.devices) device.close();
    throw error;
  }
}

/** Says a line to the person who runs the program, and to whoever listens. */
function warn(host: Host, events: Events, line: string): void {
  events.warned(line);
  host.warn(line);
}

async function openSession(
  machine: Machine,
  settings: Settings,
  host: Host,
  events: Events,
  tiers: () => Promise<LowerTiers | undefined>,
): Promise<Session> {
  const { absent = [], leftOut = [] } = machine;
  const { checkNames } = await import('./own-devices.ts');
  checkNames(settings.ownDevices, [...machine.devices, ...absent].map(({ name }) => name).concat(leftOut));
  const choice = chooseDevices(
    { devices: [...machine.devices, ...settings.ownDevices], absent },
    leftOut,
    settings.devices,
  );
  if (settings.device !== undefined) checkDevice(settings.device, choice, 'device');
  const { Engine, Dispatcher, openTrace, Roots, makeMemo, Memos, MemoKeys, KeptResults, scoreOf, EventFeed } =
    await loadParts();
  const recorder = openTrace(host, settings);
  events.subscribe(recorder);
  const lower = await tiers();
  const engine = new Engine({
    lower,
    host,
    settings,
    dispatcher: new Dispatcher(
      choice.devices,
      undefined,
      machine.onRequest,
      lower && (await openPlacements(lower, host, choice.devices)),
    ),
    memory: machine.memory ?? heapMemory,
    recorder,
    events,
    absentDevices: choice.absent,
    idleDevices: machine.devices.filter((device) => !choice.devices.includes(device)),
  });
  const { table, store, contents } = engine.parts;
  const kept = lower && new KeptResults(lower, host.digest);
  const memos = new Memos({ kept, table, store, digest: host.digest, warn: (line) => host.warn(line), scoreOf });
  const session: Session = {
    engine,
    roots: new Roots(engine),
    memos,
    memoKeys: new MemoKeys(host.digest, contents),
    makeMemo,
    EventFeed,
  };
  if (host.settings.report) await reportAtExit(session);
  return session;
}

/** What earlier runs chose among devices; nothing where it makes no difference to any bit. */
async function openPlacements(
  lower: LowerTiers,
  { digest }: Host,
  devices: readonly Device[],
): Promise<Placements | undefined> {
  if (devices.every(({ exact }) => exact)) return undefined;
  const { KeptPlacements } = await import('../engine/kept-placements.ts');
  const names = devices.map(({ name }) => name);
  return KeptPlacements.open(lower, digest, names);
}

/** What only an open sheet needs, in one record. */
async function loadParts() {
  const parts = await Promise.all([
    import('../engine/engine.ts'),
    import('../device/dispatch.ts'),
    import('./open-trace.ts'),
    import('../inputs/roots.ts'),
    import('../memo/memo.ts'),
    import('../memo/store.ts'),
    import('../memo/key.ts'),
    import('../memo/kept.ts'),
    import('../pattern/score.ts'),
    import('./event-feed.ts'),
  ]);
  const [{ Engine }, { Dispatcher }, { openTrace }, { Roots }, { makeMemo }] = parts;
  const [, , , , , { Memos }, { MemoKeys }, { KeptResults }, { scoreOf }, { EventFeed }] = parts;
  return { Engine, Dispatcher, openTrace, Roots, makeMemo, Memos, MemoKeys, KeptResults, scoreOf, EventFeed };
}

/** Prints the report when the sheet is closed, or else when the process ends. */
async function reportAtExit(session: Session): Promise<void> {
  const { formatReport } = await import('./report.ts');
  const { engine } = session;
  const { host } = engine.parts;
  const print = (): void => {
    withdraw();
    engine.onClose = () => {};
    host.warn(formatReport(reportedOf(session)));
  };
  const withdraw = host.onExit(print);
  engine.onClose = print;
}
