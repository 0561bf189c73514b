// Reads back one value of the canonical encoding (docs/format/fingerprint.md), as attributes and heads of traces are
// written.
import { TAG } from '../fingerprint/encode.ts';
import { decodeUtf8 } from '../tensor/utf8.ts';
import { malformed } from './payload.ts';

const HEADER_BYTES = 9;
/** Deeper than any value that was written. */
const MAX_DEPTH = 128;

/** The one value in these bytes. Fields of 8 `bytes` are bigints. A FormatError for anything else. */
export function decodeFields(bytes: Uint8Array): unknown {
  const values = readValues(bytes, 0);
  if (values.length !== 1) throw malformed(`${values.length} values where one belongs`);
  return values[0];
}

function readValues(bytes: Uint8Array, depth: number): unknown[] {
  if (depth > MAX_DEPTH) throw malformed('values nested too deeply');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + HEADER_BYTES > bytes.length) throw malformed('half a field');
    const start = at + HEADER_BYTES;
    const end = start + view.getUint32(at + 1, true);
    if (end > bytes.length || view.getUint32(at + 5, true) !== 0) throw malformed('a field longer than its frame');
    values.push(readValue(bytes[at]!, bytes.subarray(start, end), depth));
    at = end;
  }
  return values;
}

function readValue(tag: number, body: Uint8Array, depth: number): unknown {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  switch (tag) {
    case TAG.null:
      return null;
    case TAG.boolean:
      return body[0] === 1;
    case TAG.f64:
      return sized(body, 8) && view.getFloat64(0, true);
    case TAG.bytes:
      return sized(body, 8) && view.getBigInt64(0, true);
    case TAG.string:
      return readText(body);
    case TAG.list:
      return readValues(body, depth + 1);
    case TAG.map:
      return recordOf(readValues(body, depth + 1));
    default:
      throw malformed(`a field of tag ${tag}`);
  }
}

function sized(body: Uint8Array, lengthBytes: number): true {
  if (body.length === lengthBytes) return true;
  throw malformed(`a number of ${body.length} bytes`);
}

function readText(body: Uint8Array): string {
  const text = decodeUtf8(body);
  if (text === undefined) throw malformed('text that is not UTF-8');
  return text;
}

function recordOf(fields: readonly unknown[]): Readonly<Record<string, unknown>> {
  const entries: [string, unknown][] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (typeof fields[at] !== 'string') throw malformed('a map whose key is no text');
    entries.push([fields[at] as string, fields[at + 1]]);
  }
  if (fields.length % 2 !== 0) throw malformed('a map with a key and no value');
  return Object.fromEntries(entries);
}
