// Which devices a sheet has, and why it has not the others.
import type { BufferSharing, Device, DeviceMemory, DeviceReport } from '../device/device.ts';
import { UnavailableError } from '../errors.ts';
import type { Parts } from './parts.ts';

/** The devices of a sheet, and reports of those it has not. */
interface Choice {
  readonly devices: readonly Device[];
  readonly absent: readonly DeviceReport[];
}

/** The devices of an engine, and those it has not. */
export const choiceOf = ({ dispatcher, absentDevices }: Pick<Parts, 'dispatcher' | 'absentDevices'>): Choice => ({
  devices: dispatcher.devices,
  absent: absentDevices,
});

/**
 * Of what a host found, the devices that are named; all where none are. `leftOut`: what it did not look for. Throws an
 * UnavailableError where one that is named is not there.
 */
export function chooseDevices(
  { devices, absent }: Choice,
  leftOut: readonly string[],
  named: readonly string[] | undefined,
): Choice {
  if (named === undefined) return { devices, absent };
  const unsought = leftOut.map((name) => ({ name, found: false, detail: 'not looked for' }));
  for (const name of named) checkDevice(name, { devices, absent: [...absent, ...unsought] }, 'devices');
  const unnamed = devices.map(({ name }) => name).filter((name) => !named.includes(name));
  const detail = `switched off, for it is not among devices: [${named.map((name) => `'${name}'`).join(', ')}]; add it`;
  return {
    devices: devices.filter(({ name }) => named.includes(name)),
    absent: [...absent, ...[...unnamed, ...leftOut].map((name) => ({ name, found: false, detail }))],
  };
}

/** Throws an UnavailableError where a sheet has not the device that an option asks for by name. */
export function checkDevice(name: string, { devices, absent }: Choice, option: string): void {
  if (devices.some((device) => device.name === name)) return;
  const found = devices.map((device) => device.name).join(', ');
  throw new UnavailableError(
    `${option}: ${whyNot(name, [...devices, ...absent])}. Found: ${found}; leave the option out to use what there is.`,
    { device: name },
  );
}

function whyNot(name: string, known: readonly (Device | DeviceReport)[]): string {
  const absent = known.find((each) => each.name === name);
  if (absent !== undefined) return `'${name}' is not here: ${absent.detail.replace(/\.$/, '')}`;
  const meant = known.find((each) => each.name.toLowerCase() === name.toLowerCase());
  return `there is no device '${name}'${meant === undefined ? '' : `, write '${meant.name}'`}`;
}

/** Devices for people; one that is given up counts as not found. */
export const reportDevices = ({ devices, absent }: Choice): DeviceReport[] => [
  ...devices.map(({ name, detail, memory }) => ({ name, found: !isGivenUp(memory), detail })),
  ...absent,
];

const isGivenUp = (memory: DeviceMemory | undefined): boolean =>
  memory?.loss !== undefined && memory.loss.returning === undefined;

/**
 * The device whose buffers a sheet shares, which says itself where it was lost. Throws an UnavailableError that says
 * what is missing.
 */
export function sharingOf({ dispatcher, absentDevices }: Pick<Parts, 'dispatcher' | 'absentDevices'>): BufferSharing {
  const sharing = sharedBy(dispatcher);
  if (sharing !== undefined) return sharing;
  const why =
    absentDevices.find(({ name }) => name === 'webgpu')?.detail ??
    'none was looked for; name "webgpu" in the devices option';
  throw new UnavailableError(`This sheet has no GPU: ${why}.`, { device: 'webgpu' });
}

/** What the GPU among devices shares with other code; undefined where there is none. */
export const sharedBy = ({ devices }: Pick<Parts['dispatcher'], 'devices'>): BufferSharing | undefined =>
  devices.find(({ memory }) => memory?.sharing !== undefined)?.memory?.sharing;
