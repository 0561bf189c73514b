// The canonical encoding of attributes, in keys and in traces. Specification: docs/format/fingerprint.md.
import type { AttributeValue } from '../ops/attribute-values.ts';
import { TlvWriter } from './encode.ts';

const writer = new TlvWriter();

/**
 * Canonical attributes: a map of null, boolean, f64, string, list, and bytes (8, little-endian, two's complement) for a
 * bigint. The bytes are valid until the next call.
 */
export function encodeAttributes(values: Readonly<Record<string, AttributeValue>>): Uint8Array {
  writer.beginFields().map(values, writeAttribute);
  return writer.view();
}

function writeAttribute(to: TlvWriter, value: AttributeValue): void {
  if (value === null) to.null();
  else if (typeof value === 'number') to.f64(value);
  else if (typeof value === 'boolean') to.boolean(value);
  else if (typeof value === 'string') to.string(value);
  else if (typeof value === 'bigint') to.bytes(new Uint8Array(BigInt64Array.of(value).buffer));
  else to.list(value, writeAttribute);
}
