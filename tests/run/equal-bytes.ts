// Typed arrays of the same bytes are equal at once: vitest compares them element by element, some microseconds each.
import { expect } from 'vitest';

/** Says nothing where bytes differ: NaN has many, and what differs is found, and shown, element by element. */
export function sameBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  if (a.byteLength !== b.byteLength) return undefined;
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0 ? true : undefined;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Files that share a process share what `expect` was told. */
const told = globalThis as { testsCompareBytes?: true };
if (told.testsCompareBytes === undefined) expect.addEqualityTesters([sameBytes]);
told.testsCompareBytes = true;
