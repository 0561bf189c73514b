// Contents of roots: verified against their content ids when a trace is read, looked up by them when it is replayed.
import { SheetError } from '../errors.ts';
import { contentId, panelDigests } from '../fingerprint/content.ts';
import { type Digest, equalBytes, toHex } from '../fingerprint/digest.ts';
import { allocate, bytesOf, DTYPES, parseDType, type TypedArray } from '../tensor/dtype.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Flaw, TraceRoot } from './trace.ts';

/** Roots whose embedded bytes are what their content id says; the first that are not are the flaw. */
export function verifyRoots(
  roots: readonly TraceRoot[],
  digest: Digest,
): { readonly roots: readonly TraceRoot[]; readonly flaw: Flaw | undefined } {
  const wrong = roots.filter((root) => root.bytes !== undefined && contentOf(root, root.bytes, digest) === undefined);
  const [first] = wrong;
  if (first === undefined) return { roots, flaw: undefined };
  const message =
    `The embedded root ${toHex(first.contentId)} does not have the content its name says; take the file from where ` +
    'it was written, or supply this root on replay.';
  return { roots: roots.filter((root) => !wrong.includes(root)), flaw: { code: 'edited', message } };
}

/** What contents are checked against; without an id only their size is. */
interface RootSpec {
  readonly contentId: Uint8Array | undefined;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** The elements in `bytes` if they are the content of `root`; undefined otherwise. */
export function contentOf(root: RootSpec, bytes: Uint8Array, digest: Digest): TypedArray | undefined {
  try {
    const dtype = parseDType(root.dtype);
    // Compared before anything of that size is made.
    if (sizeOf(root.shape) * DTYPES[dtype].itemBytes !== bytes.length) return undefined;
    const array = allocate(dtype, sizeOf(root.shape));
    bytesOf(array).set(bytes);
    if (root.contentId === undefined) return array;
    const id = contentId(panelDigests(array, root.shape, dtype, digest), root.shape, dtype, digest);
    return equalBytes(id, root.contentId) ? array : undefined;
  } catch (error) {
    if (error instanceof SheetError || error instanceof RangeError) return undefined;
    throw error;
  }
}
