// Bytes of a file, from whatever holds or gives them: text, bytes, a Blob or Response, a stream.
import { describe, LimitError, SourceError } from '../kit.ts';

/** What gives its bytes as a whole, as a Blob, a File and a Response do. */
interface Giver {
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What gives its bytes in chunks where a loop does not: a ReadableStream of older browsers. */
interface Readable {
  getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: unknown }> };
}

/** What a table is read from: its text, its bytes in UTF-8, a Blob or Response, or a stream of either. */
export type TableSource = string | ArrayBuffer | Uint8Array | Giver | Readable | AsyncIterable<string | Uint8Array>;

/** Limit of what is read, in bytes. */
interface Limit {
  readonly owner: string;
  readonly maxBytes: number;
}

/** The bytes of a source; the caller's own where they are bytes. Throws a LimitError for more than `maxBytes`. */
export async function readSource(source: TableSource, limit: Limit): Promise<Uint8Array> {
  const bytes = await readAll(source, limit);
  checkSize(bytes.length, limit);
  return bytes;
}

async function readAll(source: TableSource, limit: Limit): Promise<Uint8Array> {
  if (typeof source === 'string') return new TextEncoder().encode(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (hasMethod<Giver>(source, 'arrayBuffer')) return new Uint8Array(await source.arrayBuffer());
  if (hasMethod<AsyncIterable<string | Uint8Array>>(source, Symbol.asyncIterator)) return joined(source, limit);
  if (hasMethod<Readable>(source, 'getReader')) return joined(chunksOf(source), limit);
  throw new SourceError(
    `${limit.owner}: ${describe(source)} is nothing that a table is read from; give its text, its bytes, a Blob, a ` +
      'Response, or a stream; a file on Node by its path: readTable(path, { sheet }).',
    { kind: typeof source },
  );
}

const hasMethod = <T>(value: unknown, name: string | symbol): value is T =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Record<symbol, unknown>)[name as symbol] === 'function';

async function* chunksOf(source: Readable): AsyncGenerator<string | Uint8Array> {
  const reader = source.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value as string | Uint8Array;
  }
}

/** Chunks as one: all texts, or all bytes. */
async function joined(chunks: AsyncIterable<string | Uint8Array>, limit: Limit): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let [length, text] = [0, ''];
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') text += chunk;
    else parts.push(chunk);
    length += chunk.length;
    checkSize(length, limit);
  }
  if (parts.length === 0) return new TextEncoder().encode(text);
  if (text !== '')
    throw new SourceError(`${limit.owner}: this stream gives texts and bytes; have it give one of them.`, {});
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function checkSize(sizeBytes: number, { owner, maxBytes }: Limit): void {
  if (sizeBytes > maxBytes)
    throw new LimitError(
      `${owner}: this is more than ${maxBytes} bytes, the most that is read; raise { maxBytes }, or read parts.`,
      { sizeBytes, maxBytes },
    );
}
