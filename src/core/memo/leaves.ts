// Trees of tensors and plain JSON, as memo takes and gives them: told apart into a JSON skeleton and the leaves it
// lacks.
import { MAX_VALUE_DEPTH } from '../fingerprint/value.ts';
import { exportAs, type ForeignClass } from '../tensor/export.ts';
import type { Elements } from '../tensor/elements.ts';
import { Tensor } from '../handle/tensor.ts';

/** Keys and indices from the top of a tree down to a leaf. */
export type Path = readonly (string | number)[];

/** What JSON has no form for: a tensor of any library, a typed array, a bigint. */
export interface Leaf {
  readonly path: Path;
  readonly leaf: object | bigint;
}

/** A tree with null where its leaves were, and the leaves in the order of sorted keys. */
interface Parted {
  readonly skeleton: unknown;
  readonly leaves: readonly Leaf[];
}

/**
 * Parts a tree. What is no plain object, dense array or leaf stays in the skeleton, whose encoding refuses it by its
 * path.
 */
export function part(value: unknown): Parted {
  const leaves: Leaf[] = [];
  return { skeleton: strip(value, [], leaves, []), leaves };
}

/** Puts leaves back in place of the nulls of a skeleton, which is changed. */
export function join(skeleton: unknown, leaves: readonly { readonly path: Path; readonly leaf: unknown }[]): unknown {
  const top = { tree: skeleton };
  for (const { path, leaf } of leaves) {
    let at = top as Record<string | number, unknown>;
    const steps = ['tree', ...path];
    for (const step of steps.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
    at[steps.at(-1)!] = leaf;
  }
  return top.tree;
}

/**
 * True for a tensor of ours or of another library and for every array view; plain objects are JSON, whatever their
 * keys.
 */
export function isTensorLike(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Tensor || ArrayBuffer.isView(value)) return true;
  if (isPlain(value) || Array.isArray(value)) return false;
  return ('dims' in value && 'type' in value) || 'dataId' in value || ('data' in value && 'shape' in value);
}

/**
 * A tree whose arrays and plain objects are copies, so that neither side sees what the other writes; getters are asked
 * once.
 */
export const copyTree = (value: unknown, copyLeaf: (leaf: object) => unknown): unknown =>
  copyUnder(value, copyLeaf, []);

/** What is inside itself is left as it is, for its encoding to refuse. */
function copyUnder(value: unknown, copyLeaf: (leaf: object) => unknown, above: readonly object[]): unknown {
  if (isTensorLike(value)) return copyLeaf(value);
  if (!isWalkable(value) || isTooDeep(value, above)) return value;
  const below = [...above, value];
  if (Array.isArray(value)) return value.map((item) => copyUnder(item, copyLeaf, below));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyUnder(item, copyLeaf, below)]));
}

const isTooDeep = (value: object, above: readonly object[]): boolean =>
  above.length > MAX_VALUE_DEPTH || above.includes(value);

/** Elements as a tensor of the kind `given` is of: the class of onnxruntime and transformers.js. */
export const asGiven = (given: object, elements: Elements): unknown =>
  exportAs(given.constructor as ForeignClass<unknown>, elements);

/** True for a tensor that its own class can make: onnxruntime's and transformers.js'. */
export const isMadeOfDims = (value: object): boolean => 'dims' in value && 'type' in value && !isPlain(value);

function strip(value: unknown, path: Path, leaves: Leaf[], above: readonly object[]): unknown {
  if (typeof value === 'bigint' || isTensorLike(value)) {
    leaves.push({ path, leaf: value });
    return null;
  }
  if (!isWalkable(value) || isTooDeep(value, above)) return value;
  const below = [...above, value];
  const before = leaves.length;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? value.map((item, i) => strip(item, [...path, i], leaves, below))
    : stripRecord(value as Record<string, unknown>, path, leaves, below);
  return leaves.length > before ? copy : value;
}

function stripRecord(
  record: Readonly<Record<string, unknown>>,
  path: Path,
  leaves: Leaf[],
  above: readonly object[],
): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(record).sort()) copy[key] = strip(record[key], [...path, key], leaves, above);
  return copy;
}

/** Only what a copy would reproduce whole: no holes, named properties of arrays, symbols or classes. */
function isWalkable(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Object.getOwnPropertySymbols(value).length > 0) return false;
  return Array.isArray(value) ? Object.keys(value).length === value.length : isPlain(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'))
  );
}
