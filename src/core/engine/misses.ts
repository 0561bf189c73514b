// Why a call was computed and not found, as it is remembered and as it is told.
import type { Attributes } from '../expr/attributes.ts';
import type { NodeId } from '../expr/interning.ts';
import { isExactIn, type Semantics } from '../expr/node.ts';
import { changedPanels, panelLayout } from '../fingerprint/content.ts';
import { formatType, type TensorType } from '../tensor/type.ts';

/** A call that was computed, as far as others are compared with it. */
export interface Computed {
  readonly seq: number;
  readonly attributes: Attributes;
  readonly semantics: Semantics;
  readonly operands: readonly NodeId[];
  readonly types: readonly TensorType[];
  /** Digests of the panels of operands from outside, where they were taken. */
  readonly panels: readonly (Uint8Array | undefined)[];
}

/** Why a call was not found. */
export type Miss =
  | { readonly kind: 'first' }
  /** Its result was known before: it was not kept, or had to go. */
  | { readonly kind: 'bypassed' }
  | { readonly kind: 'evicted' }
  | { readonly kind: 'differs'; readonly from: Computed; readonly is: Computed };

/** In how many of its parts a call differs from another. */
export function distance(from: Computed, is: Computed): number {
  let count = Number(from.attributes !== is.attributes) + Number(from.semantics !== is.semantics);
  for (let i = 0; i < Math.max(from.operands.length, is.operands.length); i++)
    count += Number(from.operands[i] !== is.operands[i]) + Number(from.types[i] !== is.types[i]);
  return count;
}

/** The same in words. */
export function explainMiss(miss: Miss): string {
  if (miss.kind === 'first') return 'nothing kept matches';
  if (miss.kind === 'evicted') return 'its result was kept before, and had to go for want of room';
  if (miss.kind === 'bypassed') return 'it was computed before, and its result was not kept';
  const differences = differencesOf(miss.from, miss.is);
  return `nothing kept matches; nearest is #${miss.from.seq}, with ${differences.join(' and ') || 'another result'}`;
}

function differencesOf(from: Computed, is: Computed): string[] {
  const found: string[] = [];
  if (from.operands.length !== is.operands.length) found.push(`${from.operands.length} operands`);
  for (const [i, node] of is.operands.entries()) {
    const [was, type] = [from.types[i], is.types[i]!];
    if (was === undefined || from.operands[i] === node) continue;
    found.push(was === type ? otherElements(i, from.panels[i], is.panels[i], type) : `operand ${i} ${formatType(was)}`);
  }
  const [old, own] = [from.attributes.values, is.attributes.values];
  for (const name of new Set([...Object.keys(old), ...Object.keys(own)]))
    if (JSON.stringify(text(old[name])) !== JSON.stringify(text(own[name])))
      found.push(`${name}: ${JSON.stringify(text(old[name]))}`);
  if (from.semantics !== is.semantics)
    found.push(isExactIn(from.semantics) === isExactIn(is.semantics) ? 'other rewrites' : 'another class');
  return found;
}

const text = (value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

/** Operand `i` has other elements, in these rows as far as panels tell. */
function otherElements(
  i: number,
  before: Uint8Array | undefined,
  now: Uint8Array | undefined,
  { shape, dtype }: TensorType,
): string {
  const changed = before === undefined || now === undefined ? [] : changedPanels(before, now);
  if (changed.length === 0) return `another operand ${i}`;
  const { rowsPerPanel } = panelLayout(shape, dtype);
  const [first, last] = [changed[0]! * rowsPerPanel, (changed.at(-1)! + 1) * rowsPerPanel];
  const rows = Math.max(1, shape[0] ?? 1);
  return `operand ${i} that differs in rows ${first} to ${Math.min(last, rows) - 1}`;
}
