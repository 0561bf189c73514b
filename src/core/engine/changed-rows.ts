// In which rows an array differs from one before it: by their bytes, by digests of panels, or by those of rows.
import { changedPanels, panelLayout } from '../fingerprint/content.ts';
import type { Value } from '../tensor/block.ts';
import { bytesOf, type TypedArray } from '../tensor/dtype.ts';
import { ROW_DIGEST_BYTES } from './kept-revisions.ts';

/** What is known of the array before. */
interface Before {
  readonly value: Value | undefined;
  readonly panels: Uint8Array | undefined;
  readonly digests: Uint8Array | undefined;
  readonly rowCount: number;
}

/**
 * Rows that an array before does not have at the same place; undefined where that cannot be told. `digests`: those of
 * its rows.
 */
export function changedRows(
  is: Value,
  panels: Uint8Array | undefined,
  before: Before,
  digests: () => Uint8Array,
): number[] | undefined {
  const { shape, dtype } = is.type;
  const { rowBytes, rowsPerPanel } = panelLayout(shape, dtype);
  const [rowCount, old] = [shape[0]!, before.value];
  const isThere = old?.block.isLocal === true && old.type.dtype === dtype;
  if (!isThere && before.digests !== undefined) return byDigests(digests(), before.digests);
  const known = panels !== undefined && before.panels !== undefined;
  if (!isThere && !known) return undefined;
  const [words, oldWords] = [wordsOf(is.array, rowBytes), isThere ? wordsOf(old.array, rowBytes) : undefined];
  const length = rowBytes / words.BYTES_PER_ELEMENT;
  const isComparable = oldWords?.BYTES_PER_ELEMENT === words.BYTES_PER_ELEMENT;
  const changed: number[] = [];
  const suspects = known ? changedPanels(before.panels, panels) : [...Array(Math.ceil(rowCount / rowsPerPanel)).keys()];
  for (const panel of suspects) {
    const end = Math.min((panel + 1) * rowsPerPanel, rowCount);
    for (let row = panel * rowsPerPanel; row < end; row++) {
      const isSame = isComparable && row < before.rowCount && isSameRow(words, oldWords, row * length, length);
      if (!isSame) changed.push(row);
    }
  }
  return changed;
}

function byDigests(is: Uint8Array, was: Uint8Array): number[] {
  const changed: number[] = [];
  for (let at = 0; at < is.length; at += ROW_DIGEST_BYTES)
    if (at >= was.length || !isSameRow(is, was, at, ROW_DIGEST_BYTES)) changed.push(at / ROW_DIGEST_BYTES);
  return changed;
}

/** Elements as words of four bytes where they are made of such. */
function wordsOf(array: TypedArray, rowBytes: number): Uint8Array | Uint32Array {
  const bytes = bytesOf(array);
  return rowBytes % 4 === 0 && bytes.byteOffset % 4 === 0
    ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    : bytes;
}

type Words = ArrayLike<number>;

function isSameRow(a: Words, b: Words, from: number, length: number): boolean {
  for (let i = from; i < from + length; i++) if (a[i] !== b[i]) return false;
  return true;
}
