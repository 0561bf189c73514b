// A wrapper that checks: an answer whose bytes are not those its digest names is a miss, and told.
import { contentId, panelDigests } from '../fingerprint/content.ts';
import { type Digest, isNamed, toHex } from '../fingerprint/digest.ts';
import { type DType, DTYPE_NAMES, DTYPES, isDType } from '../tensor/dtype.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type Key, onReading, type Store, type Stored, type TellTrouble, wrap } from './store.ts';

/** The dtype of this process that a stored name means; undefined where it has none of it. */
export const storedDType = (name: string): DType | undefined =>
  isDType(name) && DTYPES[name].identity === undefined
    ? name
    : DTYPE_NAMES.find((dtype) => portableName(dtype) === name);

/** The name of a dtype in every process. */
export const portableName = (dtype: DType): string => DTYPES[dtype].identity ?? dtype;

/**
 * The store, whose answers were checked before anybody sees them. They are copies, or bytes that the store has
 * given away: what it does afterwards has no bearing on them. Elements that are still to be read are checked then.
 */
export function verified(store: Store, digest: Digest, tell: TellTrouble = () => {}): Store {
  const checked = (key: Key, stored: Stored, bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined => {
    if (bytes === undefined) return undefined;
    // Not `slice`: that of a Buffer is a view.
    const elements = isOwn(stored, bytes) ? bytes : new Uint8Array(bytes);
    const detail =
      elements === bytes && stored.isWhole?.(elements) === true
        ? faultOfRecord(key, stored, elements)
        : faultOfStored(key, stored, elements, digest);
    if (detail === undefined) return elements;
    tell({ kind: 'corrupt', key, detail });
    store.discard?.(key);
    return undefined;
  };
  const answer = (key: Key, stored: Stored | undefined): Stored | undefined => {
    if (stored?.elements instanceof Uint8Array) {
      const elements = checked(key, stored, stored.elements);
      return elements && { ...stored, elements };
    }
    if (stored === undefined) return undefined;
    if (stored.key !== key) {
      tell({ kind: 'corrupt', key, detail: ANOTHERS });
      return undefined;
    }
    return onReading(
      stored,
      async (pending) => checked(key, stored, await pending),
      (run) => checked(key, stored, run()),
    );
  };
  return wrap(store, {
    peek: (key) => answer(key, store.peek(key)),
    get: async (key, signal, costNs) => answer(key, await store.get(key, signal, costNs)),
  });
}

/** Whether the bytes of an answer need no copy, to be nobody else's. */
const isOwn = ({ isFresh }: Stored, bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> =>
  isFresh === true && bytes.byteLength === bytes.buffer.byteLength && bytes.constructor === Uint8Array;

const ANOTHERS = 'it is the result of another key';

/** What is wrong with an answer; undefined where it is whole. */
export function faultOfStored(key: Key, stored: Stored, elements: Uint8Array, digest: Digest): string | undefined {
  const { dtype: name, shape, digest: wanted } = stored;
  const dtype = storedDType(name);
  if (stored.key !== key || dtype === undefined) return faultOfRecord(key, stored, elements);
  try {
    const id = contentId(panelDigests(elements, shape, dtype, digest), shape, dtype, digest);
    return isNamed(id, String(wanted)) ? undefined : `its bytes are of ${toHex(id)}, and it names ${String(wanted)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** As `faultOfStored`, of elements that were checked already. */
function faultOfRecord(key: Key, { key: named, dtype: name, shape }: Stored, { length }: Uint8Array) {
  if (named !== key) return ANOTHERS;
  const dtype = storedDType(name);
  if (dtype === undefined) return `there is no dtype ${String(name)} here`;
  const isOfShape = sizeOf(shape) * DTYPES[dtype].itemBytes === length;
  return isOfShape ? undefined : `it has ${length} bytes, not those of ${name}[${shape.join()}]`;
}
