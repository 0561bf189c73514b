// Devices of a program's own among those an option names: checked when a sheet is opened, for what they lack would come
// up far from here.
import type { Device, DeviceMemory } from '../device/device.ts';
import { AttributeError } from '../errors.ts';

/** The `devices` option, taken apart. */
interface NamedDevices {
  /** Names of all of them. */
  readonly names: readonly string[];
  readonly own: readonly Device[];
}

const TEXT = 'a text';
const METHOD = 'a method';

/** What a device has to have; `memory` may be left out. */
const MEMBERS: Readonly<Record<Exclude<keyof Device, 'memory'>, string>> = {
  name: TEXT,
  detail: TEXT,
  exact: 'true or false',
  supports: METHOD,
  estimateNs: METHOD,
  run: METHOD,
  close: METHOD,
};
const MEMORY_METHODS = Object.keys({ take: METHOD, transferNs: METHOD, readNs: METHOD } satisfies Partial<
  Record<keyof DeviceMemory, string>
>);
const KINDS: Readonly<Record<string, string>> = { string: TEXT, boolean: 'true or false', function: METHOD };

/**
 * Names and own devices of the option. Throws an AttributeError that says what one lacks, or which name is not its own.
 */
export function readDevices(given: readonly (string | Device)[]): NamedDevices {
  const own: Device[] = [];
  const names = given.map((each, at) => {
    if (typeof each === 'string') return each;
    checkMembers(each, `open: devices[${at}]`);
    own.push(each);
    return each.name;
  });
  const twice = own.find(({ name }) => names.filter((other) => other === name).length > 1);
  if (twice === undefined) return { names, own };
  throw new AttributeError(
    `open: devices names '${twice.name}' twice; a device is asked for by its name, so give each its own.`,
    { device: twice.name },
  );
}

/** Refuses an own device under the name of one that the host looks for. */
export function checkNames(own: readonly Device[], hosts: readonly string[]): void {
  const taken = own.find(({ name }) => hosts.includes(name));
  if (taken === undefined) return;
  throw new AttributeError(
    `open: devices has one of yours named '${taken.name}', as the library's own is; give yours another name.`,
    { device: taken.name },
  );
}

function checkMembers(device: Device, owner: string): void {
  const held = device as unknown as Readonly<Record<string, unknown>>;
  for (const [member, kind] of Object.entries(MEMBERS)) {
    if (KINDS[typeof held[member]] === kind && held[member] !== '') continue;
    const lacks = held[member] === undefined ? 'has no' : 'has another';
    throw new AttributeError(
      `${owner} ${lacks} ${member}, which is ${kind}; docs/devices.md says what a device of your own has.`,
      { member },
    );
  }
  if (device.memory === undefined) return;
  const memory = device.memory as unknown as Readonly<Record<string, unknown>>;
  const missing = MEMORY_METHODS.find((method) => typeof memory[method] !== 'function');
  if (missing !== undefined)
    throw new AttributeError(
      `${owner}: its memory has no ${missing}(); docs/devices.md says what a device of your own has.`,
      { member: `memory.${missing}` },
    );
}
