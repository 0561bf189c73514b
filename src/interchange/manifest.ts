// The manifest of a bundle: what is in it, what was left out, and the root that both are sealed under. One manifest has
// one form. Specification: docs/format/bundle.md.
import { FormatError, LimitError } from '../core/errors.ts';
import { type Digest, equalBytes } from '../core/fingerprint/digest.ts';
import { TlvWriter } from '../core/fingerprint/encode.ts';
import { MAX_RANK } from '../core/tensor/shape.ts';
import { FieldReader } from '../core/fingerprint/field-reader.ts';
import { merkleRoot } from './merkle.ts';

/** What a part is: the trace, or the elements of a root. */
export const PART = { trace: 1, tensor: 2 } as const;

/** A run of bytes of the file. `digest`: of the trace BLAKE3-256 of its bytes, of a tensor its content id. */
export interface BundlePart {
  readonly kind: (typeof PART)[keyof typeof PART];
  readonly digest: Uint8Array;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
}

/** Why elements of a root are not there: they were left out as asked, or were not there to be put in. */
const REASONS = ['', 'redacted', 'missing'] as const;

/** A root without elements. `contentId` is undefined where the trace never knew it. */
export interface OmittedRoot {
  readonly why: 'redacted' | 'missing';
  readonly seq: number;
  readonly contentId: Uint8Array | undefined;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What is in a bundle, and what is not. */
export interface ManifestContent {
  readonly parts: readonly BundlePart[];
  readonly omittedRoots: readonly OmittedRoot[];
  /** How many records were left out: elements and sketches of results that follow from roots left out, and notes. */
  readonly omittedResults: number;
  readonly omittedNotes: number;
}

/** The same, sealed. */
export interface Manifest extends ManifestContent {
  readonly root: Uint8Array;
}

/** Most parts and roots left out of a bundle, and bytes of its manifest. */
export const MANIFEST_LIMITS = { items: 65_536, bytes: 16 * 2 ** 20 } as const;
const MAX_DTYPE_BYTES = 64;

/** The manifest under its root, and its bytes. */
export function sealManifest(content: ManifestContent, digest: Digest): { manifest: Manifest; bytes: Uint8Array } {
  const items = content.parts.length + content.omittedRoots.length;
  if (items > MANIFEST_LIMITS.items) throw tooMany(items);
  const root = merkleRoot(leavesOf(content), digest);
  const { parts, omittedRoots, omittedResults, omittedNotes } = content;
  const bytes = new TlvWriter()
    .begin('bundle', 1)
    .list(parts, writePart)
    .list(omittedRoots, writeOmitted)
    .u64(omittedResults)
    .u64(omittedNotes)
    .digest(root)
    .copy();
  return { manifest: { ...content, root }, bytes };
}

/** The manifest in these bytes, its root verified. Throws a FormatError, or a LimitError for too many items. */
export function readManifest(bytes: Uint8Array, digest: Digest): Manifest {
  const fields = new FieldReader(bytes, (what) => badManifest(what)).begin('bundle', 1);
  const most = MANIFEST_LIMITS.items + 1;
  const parts = fields.list(most, readPart);
  const omittedRoots = fields.list(most, readOmitted);
  if (parts.length + omittedRoots.length >= most) throw tooMany(parts.length + omittedRoots.length);
  const [omittedResults, omittedNotes] = [fields.u64(), fields.u64()];
  const root = fields.digest();
  fields.end();
  const sealed = sealManifest({ parts, omittedRoots, omittedResults, omittedNotes }, digest);
  if (!equalBytes(sealed.manifest.root, root)) throw badManifest('does not match its root', 'edited');
  if (!equalBytes(sealed.bytes, bytes)) throw badManifest('is not in the one form it has');
  return sealed.manifest;
}

/** Every item of a manifest as the fields that are hashed. */
function leavesOf({ parts, omittedRoots, omittedResults, omittedNotes }: ManifestContent): Uint8Array[] {
  const writer = new TlvWriter();
  const leaf = (write: (to: TlvWriter) => void): Uint8Array => {
    write(writer.beginFields());
    return writer.copy();
  };
  return [
    ...parts.map((part) => leaf((to) => writePart(to, part))),
    ...omittedRoots.map((omitted) => leaf((to) => writeOmitted(to, omitted))),
    leaf((to) => void to.u64(omittedResults).u64(omittedNotes)),
  ];
}

const writeLength = (to: TlvWriter, length: number): void => void to.u64(length);

function writePart(to: TlvWriter, { kind, digest, dtype, shape, sizeBytes }: BundlePart): void {
  const mark = to.openList();
  to.u8(kind).digest(digest).string(dtype).list(shape, writeLength).u64(sizeBytes).close(mark);
}

function writeOmitted(to: TlvWriter, { why, seq, contentId, dtype, shape }: OmittedRoot): void {
  const mark = to.openList();
  to.u8(REASONS.indexOf(why)).u64(seq);
  if (contentId === undefined) to.null();
  else to.digest(contentId);
  to.string(dtype).list(shape, writeLength).close(mark);
}

const readPart = (items: FieldReader): BundlePart =>
  items.record((fields) => {
    const kind = fields.u8();
    if (kind !== PART.trace && kind !== PART.tensor) throw badManifest(`has a part of kind ${kind}`);
    return {
      kind,
      digest: fields.digest(),
      dtype: fields.string(MAX_DTYPE_BYTES),
      shape: fields.list(MAX_RANK, (lengths) => lengths.u64()),
      sizeBytes: fields.u64(),
    };
  });

const readOmitted = (items: FieldReader): OmittedRoot =>
  items.record((fields) => {
    const why = REASONS[fields.u8()];
    if (why === undefined || why === '') throw badManifest('does not say why a root was left out');
    return {
      why,
      seq: fields.u64(),
      contentId: fields.digestOrNull(),
      dtype: fields.string(MAX_DTYPE_BYTES),
      shape: fields.list(MAX_RANK, (lengths) => lengths.u64()),
    };
  });

const badManifest = (what: string, code = 'malformed'): FormatError =>
  new FormatError(`The manifest of this bundle ${what}; take the file from where it was written.`, { code, what });

const tooMany = (items: number): LimitError =>
  new LimitError(`A bundle of ${items} tensors; it has at most ${MANIFEST_LIMITS.items}. Split the program.`, {
    items,
    limit: MANIFEST_LIMITS.items,
  });
