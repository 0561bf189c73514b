// Unpacking: everything of a bundle is checked before any of it is believed, and nothing is allocated that its size
// does not cover.
import { type Digest, equalBytes, toHex } from '../core/fingerprint/digest.ts';
import { isDType, DTYPES } from '../core/tensor/dtype.ts';
import { sizeOf } from '../core/tensor/shape.ts';
import { readTrace } from '../core/trace/load.ts';
import { contentOf } from '../core/trace/roots.ts';
import type { Trace } from '../core/trace/trace.ts';
import { badBundle, splitPieces } from './container.ts';
import { type BundlePart, type Manifest, PART, readManifest } from './manifest.ts';
import { omittedRoots } from './pack.ts';
import { dependentsOf } from './redact.ts';

/** A bundle that was read and verified, its signature apart. */
interface Unpacked {
  /** With the elements of the roots that are there. */
  readonly trace: Trace;
  readonly manifest: Manifest;
  readonly signature: Uint8Array;
  /** Calls that cannot be made again without roots that were left out. */
  readonly unreplayable: number;
}

/**
 * The trace and tensors of a bundle. Throws FormatError (`details.code`: not-a-bundle, version, truncated, trailing,
 * edited, malformed, or one of the trace) and LimitError.
 */
export function unpack(file: Uint8Array, digest: Digest): Unpacked {
  const pieces = splitPieces(file);
  const manifest = readManifest(pieces.manifest, digest);
  const [first, ...tensors] = partsOf(manifest, pieces.parts);
  if (first?.part.kind !== PART.trace) throw badBundle('malformed', 'its first part is no trace');
  if (!equalBytes(digest.hash(first.bytes), first.part.digest)) throw badBundle('edited', 'its trace was changed');
  const trace = readTrace(first.bytes, digest, {}, 'bundle');
  const elements = new Map(tensors.map(({ part, bytes }) => [toHex(part.digest), checked(part, bytes, digest)]));
  checkOrder(tensors.map(({ part }) => part));
  checkRoots(trace, manifest, elements);
  const roots = trace.roots.map((root) => {
    const bytes = elements.get(toHex(root.contentId));
    return bytes === undefined ? root : { ...root, bytes };
  });
  const left = new Set(manifest.omittedRoots.map(({ seq }) => seq));
  const calls = dependentsOf(trace, left).size - left.size;
  return { trace: { ...trace, roots }, manifest, signature: pieces.signature, unreplayable: calls };
}

interface PartBytes {
  readonly part: BundlePart;
  readonly bytes: Uint8Array;
}

/** The bytes of every part: they follow each other, and fill the file. */
function partsOf({ parts }: Manifest, bytes: Uint8Array): PartBytes[] {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes !== bytes.length) {
    const code = sizeBytes > bytes.length ? 'truncated' : 'trailing';
    throw badBundle(code, `its parts take ${sizeBytes} bytes, and ${bytes.length} follow`);
  }
  let at = 0;
  return parts.map((part) => ({ part, bytes: bytes.subarray(at, (at += part.sizeBytes)) }));
}

/** The elements of a tensor, if they are what its content id says. */
function checked(part: BundlePart, bytes: Uint8Array, digest: Digest): Uint8Array {
  const { kind, dtype, shape, digest: contentId } = part;
  const id = toHex(contentId);
  if (kind !== PART.tensor) throw badBundle('malformed', 'it has a second trace');
  if (!isDType(dtype)) throw badBundle('dtype', `root ${id} is ${dtype}, which is no dtype here; define it first`);
  if (sizeOf(shape) * DTYPES[dtype].itemBytes !== bytes.length)
    throw badBundle('malformed', `root ${id} does not have the bytes of its shape`);
  if (contentOf({ contentId, dtype, shape }, bytes, digest) === undefined)
    throw badBundle('edited', `root ${id} does not have the content its name says`);
  return bytes.slice();
}

/** Tensors stand in the order of their names, each once: one trace has one bundle. */
function checkOrder(parts: readonly BundlePart[]): void {
  const ids = parts.map((part) => toHex(part.digest));
  if (ids.some((id, i) => i > 0 && id <= ids[i - 1]!)) throw badBundle('malformed', 'its tensors are not in order');
}

/** What is there and what was left out are together the roots of the trace, as its calls have them. */
function checkRoots(trace: Trace, { omittedRoots: stated }: Manifest, there: ReadonlyMap<string, unknown>): void {
  const listed = new Set(trace.roots.map((root) => toHex(root.contentId)));
  if (trace.roots.some((root) => root.bytes !== undefined || root.beside === true))
    throw badBundle('malformed', 'its trace has elements of its own');
  if ([...there.keys()].some((id) => !listed.has(id))) throw badBundle('malformed', 'it has a tensor of no root');
  const redacted = new Set(stated.flatMap(({ why, seq }) => (why === 'redacted' ? [seq] : [])));
  const left = omittedRoots(trace, new Set(there.keys()), redacted);
  const spell = (roots: typeof stated): string =>
    JSON.stringify(roots.map(({ contentId, ...root }) => ({ ...root, contentId: contentId && toHex(contentId) })));
  if (spell(left) !== spell(stated)) throw badBundle('malformed', 'it does not state the roots that were left out');
}
