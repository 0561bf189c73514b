// Keys of results: what a result is, from the operation, its attributes, its operands and the semantics it was computed
// under. A key means the same in every process. Specification with test vectors: docs/format/fingerprint.md.
import { type Node, portableSemantics, type PortableSemantics } from '../expr/node.ts';
import type { AttributeValues, OpRow } from '../ops/define.ts';
import { DTYPES, isDType } from '../tensor/dtype.ts';
import { encodeAttributes } from './attributes.ts';
import type { Digest } from './digest.ts';
import { TlvWriter } from './encode.ts';

/** The name of a result outside the process: 64 lower-case hexadecimal digits of a result key, or of a content id. */
export type Key = string;

/** The parts of a result's key. */
export interface ResultKeyParts {
  readonly op: string;
  readonly version: number;
  /** Attributes as bare fields, as `encodeAttributes` writes them. */
  readonly attrs: Uint8Array;
  /** Content ids or result keys, 32 bytes each, in operand order. */
  readonly operands: readonly Uint8Array[];
  readonly semantics: PortableSemantics;
  /** Which output, for an op with several; 0 by default. */
  readonly output?: number;
}

const writer = new TlvWriter();

/** The key of a result, 32 bytes (`sqs.result.v2`). */
export function resultKey(parts: ResultKeyParts, digest: Digest): Uint8Array {
  const { numerics, rewrites } = parts.semantics;
  writer
    .begin('result', 2)
    .string(parts.op)
    .u32(parts.version)
    .u32(parts.output ?? 0)
    .bytes(parts.attrs);
  const mark = writer.openList();
  for (const operand of parts.operands) writer.digest(operand);
  writer.close(mark).string(numerics).string(rewrites);
  return digest.hash(writer.view());
}

/** A node whose operands are of its own layer. */
type Layered<N> = Node & { readonly operands: readonly N[] };

/** Keys of the nodes of one layer. Each is taken when somebody first asks for it, and once. */
export class NodeKeys<N extends Layered<N>> {
  readonly #known = new WeakMap<N, Uint8Array>();
  readonly #digest: Digest;
  readonly #contentOf: (root: N) => Uint8Array;

  /** `contentOf` gives the content id of a node that is not computable: a root. It may throw, and then `of` does. */
  constructor(digest: Digest, contentOf: (root: N) => Uint8Array) {
    this.#digest = digest;
    this.#contentOf = contentOf;
  }

  /** The key of a node, 32 bytes; of a root, its content id. Operands come first, without recursion. */
  of(target: N): Uint8Array {
    const stack: N[] = [target];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const before = stack.length;
      if (!this.#known.has(top)) for (const operand of top.operands) if (!this.#known.has(operand)) stack.push(operand);
      if (stack.length > before) continue;
      stack.pop();
      if (!this.#known.has(top)) this.#known.set(top, this.#keyFrom(top));
    }
    return this.#known.get(target)!;
  }

  /** The key of a node whose operands have theirs. */
  #keyFrom(node: N): Uint8Array {
    const { row } = node;
    if (row === undefined || !node.isComputable) return this.#contentOf(node);
    const operands = (node.operands as readonly N[]).map((operand) => this.#known.get(operand)!);
    // One node whichever way round it was called: so it has one key.
    if (operands.length === 2 && row.laws.includes('commutative')) operands.sort(byBytes);
    const attrs = encodeAttributes(namedAttributes(row, node.attributes.values));
    const semantics = portableSemantics(node.semantics);
    return resultKey({ op: row.name, version: row.version, attrs, operands, semantics }, this.#digest);
  }
}

/** Attributes with the identities of defined dtypes in the place of their names, which others may have elsewhere. */
function namedAttributes({ attributes }: OpRow, values: AttributeValues): AttributeValues {
  const named: Record<string, AttributeValues[string]> = {};
  for (const [name, value] of Object.entries(values)) {
    const isName = attributes[name]?.kind === 'dtype' && isDType(value);
    named[name] = isName ? (DTYPES[value].identity ?? value) : value;
  }
  return named;
}

function byBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
