// A bundle as its reader sees it: what is in it, and what was left out.
import { toHex } from '../core/fingerprint/digest.ts';
import type { Trace } from '../core/trace/trace.ts';
import type { Manifest } from './manifest.ts';

/** The elements of a root that are in a bundle. */
export interface BundleTensor {
  readonly contentId: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
}

/** A root whose elements are not: `redacted` as asked, or `missing` when the bundle was packed. */
export interface BundleOmission {
  readonly why: 'redacted' | 'missing';
  readonly seq: number;
  readonly contentId: string | undefined;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What is stated of a bundle. */
export interface BundleFigures {
  /** The digest under which everything in it is sealed. */
  readonly root: string;
  readonly tensors: readonly BundleTensor[];
  readonly omitted: {
    readonly roots: readonly BundleOmission[];
    /** Records of results that would have told of those roots, and notes. */
    readonly results: number;
    readonly notes: number;
  };
}

/** A verified bundle. */
export interface Bundle extends BundleFigures {
  /** The program with its roots: what `replayTrace`, `diffTraces` and the like take. */
  readonly trace: Trace;
  /** The id of the key that signed it: verified where `isTrusted`, and else what the file says. */
  readonly signer: string | undefined;
  readonly isTrusted: boolean;
  /** Calls that cannot be made again without the roots that were left out. */
  readonly unreplayable: number;
}

/** What a manifest says, as plain values. */
export const figuresOf = ({ root, parts, omittedRoots, omittedResults, omittedNotes }: Manifest): BundleFigures => ({
  root: toHex(root),
  tensors: parts
    .slice(1)
    .map(({ digest, dtype, shape, sizeBytes }) => ({ contentId: toHex(digest), dtype, shape, sizeBytes })),
  omitted: {
    roots: omittedRoots.map(({ contentId, ...omitted }) => ({ ...omitted, contentId: contentId && toHex(contentId) })),
    results: omittedResults,
    notes: omittedNotes,
  },
});
