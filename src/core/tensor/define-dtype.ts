// Dtypes of a program's own: one row with its codec, and the checks that make it one.
import type { Codec, StoredArray } from '../../../kernels/codecs/codec.ts';
import { CODECS } from '../../../kernels/codecs/codecs.ts';
import { DTypeError, LimitError } from '../errors.ts';
import {
  addDType,
  type DType,
  DTYPE_NAMES,
  type DTypeKind,
  type DTypeRow,
  DTYPES,
  isDType,
  MAX_DTYPES,
} from './dtype.ts';

/**
 * What a dtype is. Elements are stored as patterns of bits, computed as numbers of `compute`, and encoded once for each
 * result.
 */
export interface DTypeDefinition extends Codec {
  readonly name: string;
  /** Raised whenever patterns come to stand for other numbers: contents of another version are others. Default 1. */
  readonly version?: number;
  readonly kind: 'float' | 'int' | 'uint';
  /** Bits of an element; it is stored in the low ones, and all others are 0. */
  readonly bits: number;
  /** The array that tensors of it are made from and give. */
  readonly storage: { new (length: number): StoredArray; readonly BYTES_PER_ELEMENT: number };
  /** Of two of a kind the common dtype is that of the higher rank. Default: the bits. */
  readonly rank?: number;
}

/** The code of dtypes that are not the library's; hash inputs name them after it. */
const DEFINED_CODE = 255;

/**
 * Adds a dtype to this process and returns its name. Its elements are numbers that float32 or int32 holds exactly;
 * what is computed from them is computed there and rounded once. The same definition again is the same dtype. Throws a
 * DTypeError for a definition that contradicts itself, or another of its name.
 */
export function defineDType(definition: DTypeDefinition): DType {
  const { name, version = 1, kind, bits, compute } = definition;
  checkDefinition(definition);
  const identity = `${name}@${version} ${kind}${bits} in ${compute}`;
  if (isDType(name)) {
    if ((DTYPES[name].identity ?? identity) === identity && isSameCodec(DTYPES[name], definition)) return name;
    throw new DTypeError(`defineDType: there is a dtype ${name} already, and it is another; take another name.`, {
      dtype: name,
    });
  }
  if (DTYPE_NAMES.length >= MAX_DTYPES) {
    const details = { dtype: name, limit: MAX_DTYPES };
    throw new LimitError(`defineDType: there are ${MAX_DTYPES} dtypes; define no more.`, details);
  }
  CODECS.set(name, definition);
  const { storage, rank = bits } = definition;
  return addDType({
    name: name as DType,
    code: DEFINED_CODE,
    identity,
    kind,
    bits,
    storage,
    rank,
    codec: definition,
    ...floatLimits(kind, bits, definition.decode),
  }).name;
}

const patternsOf = ({ bits }: DTypeDefinition): number => 2 ** bits;

/** The largest element of a float, and the distance from 1 to the next. */
export function floatLimits(
  kind: DTypeKind,
  bits: number,
  decode: Codec['decode'],
): Pick<DTypeRow, 'largest' | 'epsilon'> {
  if (kind !== 'float') return { largest: undefined, epsilon: undefined };
  let [largest, next] = [0, Infinity];
  for (let pattern = 0; pattern < 2 ** bits; pattern++) {
    const number = decode(pattern);
    if (Number.isFinite(number) && number > largest) largest = number;
    if (number > 1 && number < next) next = number;
  }
  return { largest, epsilon: next - 1 };
}

function isSameCodec({ codec, kind, bits }: DTypeRow, definition: DTypeDefinition): boolean {
  if (kind !== definition.kind || bits !== definition.bits) return false;
  for (let pattern = 0; pattern < patternsOf(definition); pattern++) {
    if (!Object.is(codec?.decode(pattern), definition.decode(pattern))) return false;
  }
  return true;
}

function checkDefinition(definition: DTypeDefinition): void {
  const { name, kind, bits, storage, compute } = definition;
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) throw refusal(name, 'its name is not of small letters, digits and _');
  if (storage !== Uint8Array && storage !== Uint16Array) {
    throw refusal(name, 'it is not stored in a Uint8Array or Uint16Array');
  }
  if (!Number.isInteger(bits) || bits < 1 || bits > 8 * storage.BYTES_PER_ELEMENT) {
    throw refusal(name, `a ${storage.name} does not hold its ${bits} bits`);
  }
  if (compute !== (kind === 'float' ? 'float32' : 'int32')) {
    throw refusal(name, `elements of kind ${kind} are not computed in ${compute}`);
  }
  checkLayout(definition);
  if (definition.decode(0) !== 0) throw refusal(name, `0 is not stored as 0: it decodes as ${definition.decode(0)}`);
  for (let pattern = 0; pattern < patternsOf(definition); pattern++) checkPattern(definition, pattern);
}

function checkLayout({ name, bits, storage, compute, layout }: DTypeDefinition): void {
  if (layout === undefined) return;
  const width = 1 + layout.exponentBits + layout.fractionBits;
  const least = width > 8 ? Uint16Array : Uint8Array;
  if (width !== bits || storage !== least || compute !== 'float32') {
    throw refusal(name, `its layout has ${width} bits, stored in a ${least.name} and computed in float32`);
  }
}

/** Every element is a number of the dtype it is computed in, and comes back from it. */
function checkPattern({ name, compute, decode, encode }: DTypeDefinition, pattern: number): void {
  const number = decode(pattern);
  const held = compute === 'float32' ? Math.fround(number) : number | 0;
  const what = `pattern ${pattern} decodes as ${number}`;
  if (!Object.is(held, number)) throw refusal(name, `${what}, which ${compute} does not hold`);
  const again = decode(encode(number));
  if (!Object.is(again, number)) throw refusal(name, `${what}, which is encoded as ${again}`);
}

const refusal = (name: string, reason: string): DTypeError =>
  new DTypeError(`defineDType: ${name} is no dtype: ${reason}.`, { dtype: name });
