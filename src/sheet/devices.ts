// Which devices a sheet has, and why it has not the others.
import type { Device, DeviceReport } from '../backend/device.ts';
import { UnavailableError } from '../errors.ts';

/** The devices of a sheet, and reports of those it has not. */
export interface Choice {
  readonly devices: readonly Device[];
  readonly absent: readonly DeviceReport[];
}

/** Of what a host found, the devices that are named; all where none are. `leftOut`: what it did not look for. Throws an UnavailableError where one that is named is not there. */
export function chooseDevices({ devices, absent }: Choice, leftOut: readonly string[], named: readonly string[] | undefined): Choice {
  if (named === undefined) return { devices, absent };
  const unnamed = devices.map(({ name }) => name).filter((name) => !named.includes(name));
  const list = named.map((name) => `'${name}'`).join(', ');
  const choice: Choice = {
    devices: devices.filter(({ name }) => named.includes(name)),
    absent: [...absent, ...[...unnamed, ...leftOut].map((name) => ({ name, found: false, detail: `switched off, for it is not among devices: [${list}]; add it` }))],
  };
  for (const name of named) checkDevice(name, choice, 'devices');
  if (choice.devices.length === 0) throw new UnavailableError("devices: the list is empty; name at least 'js', it computes everything.", {});
  return choice;
}

/** Throws an UnavailableError where a sheet has not the device that an option asks for by name. */
export function checkDevice(name: string, { devices, absent }: Choice, option: string): void {
  if (devices.some((device) => device.name === name)) return;
  throw new UnavailableError(`${option}: ${whyNot(name, [...devices, ...absent])}.`, { device: name });
}

function whyNot(name: string, known: readonly (Device | DeviceReport)[]): string {
  const found = known.find((each) => each.name === name);
  if (found !== undefined) return `'${name}' is not here: ${found.detail.replace(/\.$/, '')}`;
  const meant = known.find((each) => each.name.toLowerCase() === name.toLowerCase());
  return `there is no device '${name}'; ${meant === undefined ? `known are ${known.map((each) => each.name).join(', ')}` : `write '${meant.name}'`}`;
}

/** Devices for people; one that is given up counts as not found. */
export const reportDevices = ({ devices, absent }: Choice): DeviceReport[] =>
  [...devices.map(({ name, detail, isGivenUp }) => ({ name, found: isGivenUp !== true, detail })), ...absent];
