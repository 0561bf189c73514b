// Writes tests/golden/fingerprint.json: inputs and their encodings, digests, content ids and keys. Run: npx tsx scripts/make-golden-fingerprints.ts
// A change of an existing vector is a change of format: it needs a new version in the header of its kind, in the same commit.
import { writeFileSync } from 'node:fs';
import { contentId, panelDigests, rowDigests } from '../src/core/fingerprint/content.ts';
import { toHex } from '../src/core/fingerprint/digest.ts';
import type { Digest } from '../src/core/fingerprint/digest.ts';
import { TlvWriter } from '../src/core/fingerprint/encode.ts';
import { resultKey } from '../src/core/fingerprint/key.ts';
import { encodeValue } from '../src/core/fingerprint/value.ts';
import { openNodeDigest } from '../src/host/node/digest.ts';
import { DTYPES } from '../src/core/tensor/dtype.ts';
import type { DType } from '../src/core/tensor/dtype.ts';

const VALUES = [
  'null', 'true', 'false', '0', '1', '-1.5', '1e300', '""', '"a"', '"é"', '"😀"', '"e\\u0301"', '"\\u0000"', '[]', '[[]]', '[1,[2,3]]', '[[1,2],3]',
  '["a","b"]', '["ab"]', '{}', '{"a":null}', '{"b":1,"a":2}', '{"10":0,"9":0}', '{"a":{"b":[true,"x"]},"":[]}', '{"__proto__":1}', '{"é":1,"z":2}',
];
const NUMBERS = ['-0', 'NaN', 'Infinity', '-Infinity', '5e-324', '9007199254740993'];

/** dtype, shape; the bytes are i mod 251. */
const CONTENTS: readonly [DType, readonly number[]][] = [
  ['float32', []], ['float32', [1]], ['int32', [1]], ['float32', [4]], ['float32', [2, 2]], ['float32', [4, 1]], ['float32', [0]], ['float32', [0, 5]],
  ['float32', [5, 0]], ['float64', [3, 2]], ['int64', [2]], ['uint8', [8]], ['int8', [8]], ['bool', [8]], ['uint32', [2, 1, 2]],
  ['float32', [256, 256]], ['float32', [257, 256]], ['float32', [511, 256]], ['float32', [4, 128, 256]], ['uint8', [3, 262_144]], ['uint8', [3, 262_145]],
  ['uint8', [262_145, 1]], ['float32', [300_000]], ['uint8', [700, 1000]],
];
const ROWS: readonly [DType, readonly number[]][] = [['float32', [3, 256]], ['uint8', [2, 2, 1025]], ['uint8', [2, 1023]]];

const semantics = (numerics: string) => ({ numerics, precision: 'float32', rewrite: 'ieee' });
const RESULTS = [
  { op: 'matmul', version: 1, attrs: '{}', operands: [0, 1], output: 0, semantics: semantics('tolerance') },
  { op: 'matmul', version: 1, attrs: '{}', operands: [1, 0], output: 0, semantics: semantics('tolerance') },
  { op: 'matmul', version: 2, attrs: '{}', operands: [0, 1], output: 0, semantics: semantics('tolerance') },
  { op: 'matmul', version: 1, attrs: '{}', operands: [0, 1], output: 0, semantics: semantics('exact:sqs-num/1') },
  { op: 'sum', version: 1, attrs: '{"axis":[0],"keepdims":true}', operands: [0], output: 0, semantics: semantics('tolerance') },
  { op: 'svd', version: 1, attrs: '{}', operands: [0], output: 2, semantics: semantics('tolerance') },
  { op: 'zeros', version: 1, attrs: '{"dtype":"float32","shape":[2,2]}', operands: [], output: 0, semantics: semantics('exact:sqs-num/1') },
];

const cycle = (lengthBytes: number): Uint8Array => Uint8Array.from({ length: lengthBytes }, (_, i) => i % 251);
const bytesFor = (dtype: DType, shape: readonly number[]): Uint8Array => cycle(shape.reduce((a, b) => a * b, DTYPES[dtype].itemBytes));

function encoded(value: unknown): Uint8Array {
  const writer = new TlvWriter().beginFields();
  encodeValue(writer, value);
  return writer.copy();
}

function contentVector(dtype: DType, shape: readonly number[], digest: Digest) {
  const panels = panelDigests(bytesFor(dtype, shape), shape, dtype, digest);
  return { dtype, shape, panels: toHex(panels), contentId: toHex(contentId(panels, shape, dtype, digest)) };
}

function resultVector(row: (typeof RESULTS)[number], digest: Digest) {
  const operands = row.operands.map((byte) => digest.hash(Uint8Array.of(byte)));
  const attrs = encoded(JSON.parse(row.attrs));
  return { ...row, operands: operands.map(toHex), key: toHex(resultKey({ ...row, attrs, operands }, digest)) };
}

function rowVector(dtype: DType, shape: readonly number[], digest: Digest) {
  const rows = rowDigests(bytesFor(dtype, shape), shape, dtype, digest);
  return { dtype, shape, rows: rows === undefined ? null : toHex(rows) };
}

async function main(): Promise<void> {
  const digest = await openNodeDigest();
  const golden = {
    about: 'Vectors of docs/format/fingerprint.md. Tensor bytes are i mod 251; attrs are JSON encoded as values; digests are BLAKE3-256.',
    values: VALUES.map((json) => ({ json, encoded: toHex(encoded(JSON.parse(json))) })),
    numbers: NUMBERS.map((text) => ({ text, encoded: toHex(encoded(Number(text))) })),
    contents: CONTENTS.map(([dtype, shape]) => contentVector(dtype, shape, digest)),
    rows: ROWS.map(([dtype, shape]) => rowVector(dtype, shape, digest)),
    results: RESULTS.map((row) => resultVector(row, digest)),
  };
  writeFileSync(new URL('../tests/golden/fingerprint.json', import.meta.url), `${JSON.stringify(golden, null, 1)}\n`);
}

await main();
