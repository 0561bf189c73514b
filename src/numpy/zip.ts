// Zip archives of files that are stored or deflated, which is what .npz files are (PKWARE's APPNOTE 6.3.10).
import { FormatError, LimitError } from '../kit.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
/** What 32 bits hold; more is said elsewhere, in archives of more than 4 GB. */
const MOST = 0xffffffff;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crcOf(bytes: Uint8Array): number {
  let crc = MOST;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ MOST) >>> 0;
}

/** A stream of the platform that is given bytes and gives others. */
interface ByteTransform {
  readonly readable: AsyncIterable<Uint8Array>;
  readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> } };
}

type TransformName = 'CompressionStream' | 'DecompressionStream';

/** Bytes, deflated or inflated by the platform. */
async function transformed(name: TransformName, bytes: Uint8Array): Promise<Uint8Array> {
  const Stream = (globalThis as unknown as Record<TransformName, new (format: string) => ByteTransform>)[name];
  const { readable, writable } = new Stream('deflate-raw');
  const writer = writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const parts: Uint8Array[] = [];
  const read = (async () => {
    for await (const part of readable) parts.push(part);
  })();
  await Promise.all([written, read]);
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** An archive of files by name. */
export async function writeZip(files: ReadonlyMap<string, Uint8Array>, isCompressed: boolean): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  for (const [name, bytes] of files) {
    const stored = isCompressed ? await transformed('CompressionStream', bytes) : bytes;
    const label = new TextEncoder().encode(name);
    const header = headerOf({ label, crc: crcOf(bytes), packed: stored.length, size: bytes.length, isCompressed });
    entries.push(joined([word(CENTRAL), half(20), header, word(0), half(0), half(0), word(0), word(at), label]));
    const local = joined([word(LOCAL), header, half(0), label, stored]);
    parts.push(local);
    at += local.length;
  }
  const index = joined(entries);
  if (at + index.length > MOST)
    throw new LimitError('np.savez: an archive has at most 4 GB; save arrays by themselves.', { at });
  const count = half(files.size);
  return joined([...parts, index, word(END), word(0), count, count, word(index.length), word(at), half(0)]);
}

interface Described {
  readonly label: Uint8Array;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly isCompressed: boolean;
}

/** What both headers of a file have: version 2.0, names in UTF-8, the first day there is. */
const headerOf = ({ label, crc, packed, size, isCompressed }: Described): Uint8Array =>
  joined([
    half(20),
    half(0x800),
    half(isCompressed ? 8 : 0),
    half(0),
    half(33),
    word(crc),
    word(packed),
    word(size),
    half(label.length),
  ]);

const half = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >>> 8);
const word = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);

/** The files of an archive by name; a FormatError says what is wrong with it. */
export async function readZip(bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  const files = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) throw damaged('its index is damaged');
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    files.set(name, await fileAt(view, bytes, at, name));
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}

function endOf(view: DataView): number {
  for (let at = view.byteLength - END_BYTES; at >= Math.max(0, view.byteLength - END_BYTES - 0xffff); at--)
    if (view.getUint32(at, true) === END) return at;
  throw damaged('it has no index: the end of the file is missing');
}

async function fileAt(view: DataView, bytes: Uint8Array, entry: number, name: string): Promise<Uint8Array> {
  const [method, crc] = [view.getUint16(entry + 10, true), view.getUint32(entry + 16, true)];
  const [packed, size] = [view.getUint32(entry + 20, true), view.getUint32(entry + 24, true)];
  const local = view.getUint32(entry + 42, true);
  if (packed === MOST || size === MOST || local === MOST)
    throw new LimitError(`np.load: ${name} is in an archive of more than 4 GB; save arrays by themselves.`, { name });
  if (local + 30 > view.byteLength || view.getUint32(local, true) !== LOCAL)
    throw damaged(`${name} is not where its index says`);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const stored = bytes.subarray(start, start + packed);
  if (stored.length < packed || (method !== 0 && method !== 8))
    throw damaged(`${name} is cut off, or packed as no zip is here`);
  const file = method === 0 ? stored : await transformed('DecompressionStream', stored).catch(() => new Uint8Array(0));
  if (file.length !== size || crcOf(file) !== crc) throw damaged(`${name} is not what was written`);
  return file;
}

const damaged = (what: string): FormatError =>
  new FormatError(`np.load: the archive is damaged: ${what}; write it again with np.savez.`, { what });
