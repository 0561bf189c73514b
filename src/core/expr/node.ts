// A node of the graph: an op on operands, or a root. It is pure: making one touches no table and takes no number of a
// trace, so that laws, gradients and symbolic layers may build as many candidates as they like.
import type { OpRow } from '../ops/define.ts';
import type { Precision } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';
import type { Attributes } from './attributes.ts';

/** What a result's bits may be, as a small number: numerics class and rewrite mode. It is part of a node's identity. */
export type Semantics = number;

/** Semantics as keys spell them (docs/format/fingerprint.md): what another process can read. */
export interface PortableSemantics {
  /** `tolerance`, or `exact:` and the numeric specification whose bits a result has. */
  readonly numerics: string;
  /** `written`: the call stands as it was made; `applied`: better forms took the place of written ones. */
  readonly rewrites: 'written' | 'applied';
}

/** The numeric specification whose bits results of class exact have (docs/format/numerics.md). */
const SPECIFICATION = 'sqs-num/1';

const EXACT = 1;
const REWRITTEN = 2;

/** The semantics of results of a numerics class; `rewritten` where better forms take the place of written ones. */
export const semanticsOf = (isExact: boolean, rewritten: boolean): Semantics =>
  (isExact ? EXACT : 0) | (rewritten ? REWRITTEN : 0);

/** Whether results of these semantics have the bits of the numeric specification. */
export const isExactIn = (semantics: Semantics): boolean => (semantics & EXACT) !== 0;

/** The one form in which semantics leave the process. */
export const portableSemantics = (semantics: Semantics): PortableSemantics => ({
  numerics: isExactIn(semantics) ? `exact:${SPECIFICATION}` : 'tolerance',
  rewrites: (semantics & REWRITTEN) === 0 ? 'written' : 'applied',
});

/** An op applied to operands, or a root, which has no row. */
export class Node {
  readonly row: OpRow | undefined;
  readonly attributes: Attributes;
  readonly type: TensorType;
  readonly semantics: Semantics;
  readonly operands: readonly Node[];
  /** Whether it stands for a plain number of a call: a scalar that was written where others are computed. */
  readonly isLiteral: boolean;
  #flops = -1;

  constructor(
    row: OpRow | undefined,
    attributes: Attributes,
    type: TensorType,
    semantics: Semantics,
    operands: readonly Node[],
    isLiteral = false,
  ) {
    this.row = row;
    this.attributes = attributes;
    this.type = type;
    this.semantics = semantics;
    this.operands = operands;
    this.isLiteral = isLiteral;
  }

  /** Whether the elements can be had again from operands or attributes once the value is gone. */
  get isComputable(): boolean {
    return this.row !== undefined && (this.row.source || this.operands.length > 0);
  }

  /** Floating-point operations of this op alone. */
  get flops(): number {
    if (this.#flops < 0) {
      const { row } = this;
      this.#flops =
        row === undefined || row.kernel.skeleton === 'alias'
          ? 0
          : row.flops(
              this.operands.map((operand) => operand.type),
              this.type,
              this.attributes.values,
            );
    }
    return this.#flops;
  }

  /** Takes over what a like node was found to cost. */
  costsLike(flops: number): this {
    this.#flops = flops;
    return this;
  }
}

/** Makes the nodes of one layer, and says in which semantics they are meant. */
export interface Author<N extends Node = Node> {
  readonly semantics: Semantics;
  /** What products may be computed in where a call does not say it. */
  readonly precision?: Precision | undefined;
  /** Whether better forms are used, offered in a note, or not looked for (the default). */
  readonly rewrites?: 'apply' | 'offer' | 'off';
  /** Calls stay as they were written, so that each can be judged: none is left out for being another's elements. */
  readonly asWritten?: boolean;
  make(row: OpRow, attributes: Attributes, type: TensorType, operands: readonly N[], isLiteral?: boolean): N;
  /** Is told what was done to a node that its text does not say: the rewrite it comes from, the better form it has. */
  noted(node: N, text: string): void;
}

/** The author of plain nodes. */
export const nodeAuthor = (semantics: Semantics): Author => ({
  semantics,
  make: (row, attributes, type, operands, isLiteral) => new Node(row, attributes, type, semantics, operands, isLiteral),
  noted: () => {},
});
