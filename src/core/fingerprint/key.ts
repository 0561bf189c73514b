// Keys of results: what a result is, from the operation, its attributes, its operands and the semantics it was computed under.
// Specification with test vectors: docs/format/fingerprint.md.
import type { Digest } from './digest.ts';
import { TlvWriter } from './encode.ts';

/** What bits a result may have. All three are part of the key; policy, salts and kernel text are not. */
export interface Semantics {
  /** Numerics class or specification: 'tolerance', 'exact:sqs-num/1', 'producer:<library and build>'. */
  readonly numerics: string;
  /** Precision floor: the least precise dtype that may be used inside, as 'float32'. */
  readonly precision: string;
  /** Rewrite mode: which laws may change the expression, as 'ieee' or 'real'. */
  readonly rewrite: string;
}

/** The parts of a result's key. */
export interface ResultKeyParts {
  readonly op: string;
  readonly version: number;
  /** Typed attributes as bare fields: TlvWriter.beginFields() … view(). */
  readonly attrs: Uint8Array;
  /** Content ids or result keys, 32 bytes each, in operand order. */
  readonly operands: readonly Uint8Array[];
  readonly semantics: Semantics;
  /** Which output, for an op with several; 0 by default. */
  readonly output?: number;
}

const writer = new TlvWriter();

/** The key of a result, 32 bytes (`sqs.result.v1`). */
export function resultKey(parts: ResultKeyParts, digest: Digest): Uint8Array {
  const { numerics, precision, rewrite } = parts.semantics;
  writer.begin('result', 1).string(parts.op).u32(parts.version).u32(parts.output ?? 0).bytes(parts.attrs);
  const mark = writer.openList();
  for (const operand of parts.operands) writer.digest(operand);
  writer.close(mark).string(numerics).string(precision).string(rewrite);
  return digest.hash(writer.view());
}
