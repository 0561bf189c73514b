// Packing: a trace with the elements of its roots as one file, the same file for the same trace.
import { FormatError } from '../core/errors.ts';
import { type Digest, toHex } from '../core/fingerprint/digest.ts';
import { encodeUtf8 } from '../core/tensor/utf8.ts';
import { CHAIN_START } from '../core/trace/chain.ts';
import { traceToJson } from '../core/trace/json-export.ts';
import { ROOT_NAME } from '../core/trace/records.ts';
import { sealAnnotations, sealProgram } from '../core/trace/reseal.ts';
import { contentOf } from '../core/trace/roots.ts';
import type { Trace, TraceRoot } from '../core/trace/trace.ts';
import { joinPieces } from './container.ts';
import { type BundlePart, type Manifest, type OmittedRoot, PART, sealManifest } from './manifest.ts';
import { contentsIn, redact, type Redaction } from './redact.ts';

/** A bundle that was made. */
interface Packed {
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** Signs the root of a manifest; answers the piece of the file that says so. */
export type SignRoot = (root: Uint8Array) => Uint8Array;

/** The bundle of a trace. Throws a FormatError for a trace that is damaged. */
export function pack(trace: Trace, digest: Digest, redaction: Redaction, sign?: SignRoot): Packed {
  if (trace.damage !== undefined)
    throw new FormatError(`A damaged trace is not packed: ${trace.damage.message}`, { code: trace.damage.code });
  const left = redact(trace, redaction);
  const contents = contentsIn(trace);
  const hidden = new Set([...left.roots].map((seq) => hexOf(contents.get(seq))));
  const used = new Set([...contents.values()].map(toHex));
  const roots = [...new Map(trace.roots.map((root) => [toHex(root.contentId), root]))]
    .filter(([id]) => used.has(id))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const tensors = roots.flatMap(([id, root]) => (hidden.has(id) ? [] : tensorOf(root, digest)));
  const there = new Set(tensors.map(({ part }) => toHex(part.digest)));
  const listed = roots.map(([, { contentId, dtype, shape }]): TraceRoot => ({ contentId, dtype, shape }));
  const text = encodeUtf8(traceToJson(resealed({ ...trace, annotations: left.annotations, roots: listed }, digest)));
  const { manifest, bytes } = sealManifest(
    {
      parts: [tracePart(text, digest), ...tensors.map(({ part }) => part)],
      omittedRoots: omittedRoots(trace, there, left.roots),
      omittedResults: left.results,
      omittedNotes: left.notes,
    },
    digest,
  );
  const signature = sign?.(manifest.root) ?? new Uint8Array(0);
  return { bytes: joinPieces(bytes, signature, [text, ...tensors.map(({ elements }) => elements)]), manifest };
}

const hexOf = (id: Uint8Array | undefined): string | undefined => id && toHex(id);

const tracePart = (text: Uint8Array, digest: Digest): BundlePart => ({
  kind: PART.trace,
  digest: digest.hash(text),
  dtype: '',
  shape: [],
  sizeBytes: text.length,
});

/** A root as a part, where its elements are there; they are checked, for nothing says who put them there. */
function tensorOf(
  { contentId, dtype, shape, bytes }: TraceRoot,
  digest: Digest,
): { readonly part: BundlePart; readonly elements: Uint8Array }[] {
  if (bytes === undefined) return [];
  if (contentOf({ contentId, dtype, shape }, bytes, digest) === undefined)
    throw new FormatError(
      `The root ${toHex(contentId)} does not have the content its name says; load the trace again.`,
      {
        code: 'edited',
      },
    );
  const part = { kind: PART.tensor, digest: contentId, dtype, shape, sizeBytes: bytes.length };
  return [{ part, elements: bytes }];
}

/** The roots of a trace whose elements are not among these, in the order of their numbers. */
export function omittedRoots(
  trace: Pick<Trace, 'events' | 'annotations' | 'roots'>,
  there: ReadonlySet<string>,
  redacted: ReadonlySet<number>,
): OmittedRoot[] {
  const contents = contentsIn(trace);
  const types = new Map(trace.roots.map((root) => [toHex(root.contentId), root]));
  const seqs = new Map(trace.events.flatMap((event) => (event.op === ROOT_NAME ? [[event.seq, event]] : [])));
  return [...new Set([...seqs.keys(), ...contents.keys()])]
    .sort((a, b) => a - b)
    .flatMap((seq) => {
      const contentId = contents.get(seq);
      // A root whose call is no longer in the trace is known by its content alone.
      const type = seqs.get(seq) ?? types.get(hexOf(contentId) ?? '');
      if (type === undefined || there.has(hexOf(contentId) ?? '')) return [];
      const why = redacted.has(seq) ? 'redacted' : 'missing';
      return [{ why, seq, contentId, dtype: type.dtype, shape: type.shape } as const];
    });
}

/** The trace under seals of its own: records were left out of it, or it has runs with seals of theirs. */
function resealed({ runs, ...trace }: Trace, digest: Digest): Trace {
  const { seals } = trace;
  const isWhole = (runs?.length ?? 1) > 1;
  const from = {
    program: isWhole ? CHAIN_START : seals.program.start,
    annotations: isWhole ? CHAIN_START : seals.annotations.start,
  };
  return {
    ...trace,
    seals: {
      program: { start: from.program, blocks: sealProgram(trace.events, digest, from).blocks },
      annotations: {
        start: from.annotations,
        blocks: sealAnnotations(trace.annotations, trace.head, digest, from).blocks,
      },
    },
  };
}
