// The canonical encoding of plain JSON values (memo arguments, attributes): equal bytes exactly for deeply identical
// values.
import { AttributeError, LimitError } from '../errors.ts';
import type { TlvWriter } from './encode.ts';

/** Deepest nesting of lists and maps in one value. */
export const MAX_VALUE_DEPTH = 128;

type Path = (string | number)[];

/**
 * Writes null, booleans, numbers, well-formed strings, dense arrays and plain objects, one field a value. Object.is
 * decides about numbers (−0 is not 0, NaN is NaN); key order does not count. Anything else (undefined, functions,
 * symbols, BigInts, class instances, sparse arrays, cycles) is an AttributeError that names its path from `name`.
 */
export function encodeValue(writer: TlvWriter, value: unknown, name = 'value'): void {
  writeValue(writer, value, { name, path: [], ancestors: [] });
}

interface Place {
  readonly name: string;
  readonly path: Path;
  readonly ancestors: object[];
}

function writeValue(writer: TlvWriter, value: unknown, place: Place): void {
  switch (typeof value) {
    case 'number':
      writer.f64(value);
      return;
    case 'boolean':
      writer.boolean(value);
      return;
    case 'string':
      writeText(writer, value, place);
      return;
    case 'object':
      if (value === null) writer.null();
      else writeObject(writer, value, place);
      return;
    default:
      throw refusal(place, describe(value));
  }
}

function writeText(writer: TlvWriter, text: string, place: Place): void {
  try {
    writer.string(text);
  } catch (cause) {
    if (!(cause instanceof AttributeError)) throw cause;
    throw refusal(place, 'a string with a lone surrogate');
  }
}

function writeObject(writer: TlvWriter, value: object, place: Place): void {
  if (place.ancestors.includes(value)) throw refusal(place, 'a cycle');
  if (place.ancestors.length === MAX_VALUE_DEPTH) {
    const text = formatPath(place);
    throw new LimitError(`${text} is nested deeper than ${MAX_VALUE_DEPTH}; flatten it.`, {
      path: text,
      limit: MAX_VALUE_DEPTH,
    });
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw refusal(place, 'an object with symbol keys');
  place.ancestors.push(value);
  if (Array.isArray(value)) writeArray(writer, value, place);
  else writeRecord(writer, value, place);
  place.ancestors.pop();
}

function writeArray(writer: TlvWriter, items: readonly unknown[], place: Place): void {
  if (prototypeDepth(items) !== 2) throw refusal(place, describe(items));
  const mark = writer.openList();
  for (let i = 0; i < items.length; i++) {
    place.path.push(i);
    if (!Object.hasOwn(items, i)) throw refusal(place, 'a hole of a sparse array');
    writeValue(writer, items[i], place);
    place.path.pop();
  }
  if (Object.keys(items).length !== items.length) throw refusal(place, 'an array with named properties');
  writer.close(mark);
}

function writeRecord(writer: TlvWriter, record: object, place: Place): void {
  if (!isPlain(record)) throw refusal(place, describe(record));
  const mark = writer.openMap();
  for (const key of Object.keys(record).sort()) {
    place.path.push(key);
    writeText(writer, key, place);
    writeValue(writer, (record as Record<string, unknown>)[key], place);
    place.path.pop();
  }
  writer.close(mark);
}

/** Objects of Object.prototype (of any realm) or of no prototype at all. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (prototypeDepth(value) === 1 && Object.hasOwn(prototype as object, 'isPrototypeOf'));
}

function prototypeDepth(value: object): number {
  let depth = 0;
  for (let at: unknown = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) depth++;
  return depth;
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  return `an instance of ${typeof maker === 'function' && maker.name !== '' ? maker.name : 'an unnamed class'}`;
}

function refusal(place: Place, what: string): AttributeError {
  const path = formatPath(place);
  return new AttributeError(
    `${path} is ${what}; pass null, booleans, numbers, strings, dense arrays and plain objects, and arrays of ` +
      'numbers as tensors.',
    { path },
  );
}

function formatPath(place: Place): string {
  const steps = place.path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return place.name + steps.join('');
}
