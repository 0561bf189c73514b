// Writes tests/golden/fingerprint.json: inputs and their encodings, digests, content ids and keys. Run: npx tsx
// scripts/make-golden-fingerprints.ts A change of an existing vector is a change of format: it needs a new version in
// the header of its kind, in the same commit.
import { writeFileSync } from 'node:fs';
import { contentId, panelDigests, rowDigests } from '../src/core/fingerprint/content.ts';
import { portableSemantics } from '../src/core/expr/node.ts';
import { encodeAttributes } from '../src/core/fingerprint/attributes.ts';
import { digestFromHex, toHex } from '../src/core/fingerprint/digest.ts';
import type { Digest } from '../src/core/fingerprint/digest.ts';
import { TlvWriter } from '../src/core/fingerprint/encode.ts';
import type { OpRow } from '../src/core/ops/define.ts';
import { resultKey } from '../src/core/fingerprint/key.ts';
import { encodeValue } from '../src/core/fingerprint/value.ts';
import { openNodeDigest } from '../src/host/node/digest.ts';
import { type CalledResult, callOf } from '../tests/fingerprint/calls.ts';
import { DTYPES } from '../src/core/tensor/dtype.ts';
import type { DType } from '../src/core/tensor/dtype.ts';

const VALUES = [
  'null',
  'true',
  'false',
  '0',
  '1',
  '-1.5',
  '1e300',
  '""',
  '"a"',
  '"é"',
  '"😀"',
  '"e\\u0301"',
  '"\\u0000"',
  '[]',
  '[[]]',
  '[1,[2,3]]',
  '[[1,2],3]',
  '["a","b"]',
  '["ab"]',
  '{}',
  '{"a":null}',
  '{"b":1,"a":2}',
  '{"10":0,"9":0}',
  '{"a":{"b":[true,"x"]},"":[]}',
  '{"__proto__":1}',
  '{"é":1,"z":2}',
];
const NUMBERS = ['-0', 'NaN', 'Infinity', '-Infinity', '5e-324', '9007199254740993'];

/** dtype, shape; the bytes are i mod 251. */
const CONTENTS: readonly [DType, readonly number[]][] = [
  ['float32', []],
  ['float32', [1]],
  ['int32', [1]],
  ['float32', [4]],
  ['float32', [2, 2]],
  ['float32', [4, 1]],
  ['float32', [0]],
  ['float32', [0, 5]],
  ['float32', [5, 0]],
  ['float64', [3, 2]],
  ['int64', [2]],
  ['uint8', [8]],
  ['int8', [8]],
  ['bool', [8]],
  ['uint32', [2, 1, 2]],
  ['float32', [256, 256]],
  ['float32', [257, 256]],
  ['float32', [511, 256]],
  ['float32', [4, 128, 256]],
  ['uint8', [3, 262_144]],
  ['uint8', [3, 262_145]],
  ['uint8', [262_145, 1]],
  ['float32', [300_000]],
  ['uint8', [700, 1000]],
];
const ROWS: readonly [DType, readonly number[]][] = [
  ['float32', [3, 256]],
  ['uint8', [2, 2, 1025]],
  ['uint8', [2, 1023]],
];

/** Calls, each of an op, its arguments and the class and rewrites they are called under; A and B are roots. */
const RESULTS: readonly CalledResult[] = [
  { op: 'matmul', args: ['A', 'B'], class: 'tolerance', rewrites: 'offer' },
  { op: 'matmul', args: ['B', 'A'], class: 'tolerance', rewrites: 'offer' },
  { op: 'matmul', args: ['A', 'B'], class: 'exact', rewrites: 'offer' },
  { op: 'matmul', args: ['A', 'B'], class: 'exact', rewrites: 'apply' },
  { op: 'matmul', args: ['A', 'B', { precision: 'float16' }], class: 'tolerance', rewrites: 'offer' },
  { op: 'add', args: ['A', 'B'], class: 'tolerance', rewrites: 'offer' },
  { op: 'subtract', args: ['A', 'B'], class: 'tolerance', rewrites: 'offer' },
  { op: 'sum', args: ['A', { axis: 0, keepdims: true }], class: 'tolerance', rewrites: 'offer' },
  { op: 'concat', args: [['A', 'B', 'A'], { axis: 0 }], class: 'tolerance', rewrites: 'offer' },
  { op: 'zeros', args: [{ shape: [2, 2] }], class: 'exact', rewrites: 'offer' },
];

const cycle = (lengthBytes: number): Uint8Array => Uint8Array.from({ length: lengthBytes }, (_, i) => i % 251);
const bytesFor = (dtype: DType, shape: readonly number[]): Uint8Array =>
  cycle(shape.reduce((a, b) => a * b, DTYPES[dtype].itemBytes));

function encoded(value: unknown): Uint8Array {
  const writer = new TlvWriter().beginFields();
  encodeValue(writer, value);
  return writer.copy();
}

function contentVector(dtype: DType, shape: readonly number[], digest: Digest) {
  const panels = panelDigests(bytesFor(dtype, shape), shape, dtype, digest);
  return { dtype, shape, panels: toHex(panels), contentId: toHex(contentId(panels, shape, dtype, digest)) };
}

async function resultVector(called: CalledResult, digest: Digest) {
  const { engine, call } = await callOf(called);
  const { row, attributes, operands, semantics } = call;
  const attrs = toHex(encodeAttributes(attributes.values));
  const { name: op, version, laws } = row as OpRow;
  const keys = operands.map((operand) => engine.keyOf(operand));
  if (laws.includes('commutative')) keys.sort();
  const parts = {
    op,
    version,
    attrs: encodeAttributes(attributes.values),
    operands: keys.map(digestFromHex),
    semantics: portableSemantics(semantics),
  };
  return {
    called,
    op,
    version,
    attrs,
    operands: keys,
    semantics: parts.semantics,
    key: toHex(resultKey(parts, digest)),
  };
}

function rowVector(dtype: DType, shape: readonly number[], digest: Digest) {
  const rows = rowDigests(bytesFor(dtype, shape), shape, dtype, digest);
  return { dtype, shape, rows: rows === undefined ? null : toHex(rows) };
}

async function main(): Promise<void> {
  const digest = await openNodeDigest();
  const golden = {
    about:
      'Vectors of docs/format/fingerprint.md. Tensor bytes are i mod 251; results are of calls on sheets, their ' +
      'roots A and B in tests/fingerprint/calls.ts; digests are BLAKE3-256.',
    values: VALUES.map((json) => ({ json, encoded: toHex(encoded(JSON.parse(json))) })),
    numbers: NUMBERS.map((text) => ({ text, encoded: toHex(encoded(Number(text))) })),
    contents: CONTENTS.map(([dtype, shape]) => contentVector(dtype, shape, digest)),
    rows: ROWS.map(([dtype, shape]) => rowVector(dtype, shape, digest)),
    results: await Promise.all(RESULTS.map((called) => resultVector(called, digest))),
  };
  writeFileSync(new URL('../tests/golden/fingerprint.json', import.meta.url), `${JSON.stringify(golden, null, 1)}\n`);
}

await main();
