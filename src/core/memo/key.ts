// What a memo is asked for: arguments become keys by name, deps and content, never by the text of the function.
import type { Digest } from '../env.ts';
import { type Author, portableSemantics } from '../expr/node.ts';
import { toHex } from '../fingerprint/digest.ts';
import { TlvWriter } from '../fingerprint/encode.ts';
import { encodeValue } from '../fingerprint/value.ts';
import { bytesOf, dtypeOfArray } from '../tensor/dtype.ts';
import { checkReadable } from '../tensor/foreign-dtypes.ts';
import { readForeign } from '../tensor/foreign.ts';
import { tensorType } from '../tensor/type.ts';
import { copyView, kindOf } from './kinds.ts';
import { asGiven, copyTree, isMadeOfDims, part } from './leaves.ts';
import { readElements } from '../inputs/operands.ts';
import type { Contents } from '../engine/contents.ts';
import { Tensor } from '../handle/tensor.ts';

const writer = new TlvWriter();

/**
 * Makes keys: digests of typed fields (docs/format/fingerprint.md), tensors and arrays by their content ids and, as
 * arguments, by their kinds.
 */
export class MemoKeys {
  readonly #digest: Digest;
  readonly #contents: Contents;

  constructor(digest: Digest, contents: Contents) {
    this.#digest = digest;
    this.#contents = contents;
  }

  /** The definition of a memo: `sqs.memo.v4` of its name and deps. */
  definition(name: string, deps: readonly unknown[]): Uint8Array {
    return this.#hash(1, (to) => void to.string(name), deps, `memo "${name}": deps`, undefined);
  }

  /**
   * The key of a call: `sqs.memo.v4` of the definition, what bits results of the author's calls may have, and the
   * arguments.
   */
  call(definition: Uint8Array, author: Author, args: readonly unknown[], name: string): Uint8Array {
    const { numerics, rewrites } = portableSemantics(author.semantics);
    return this.#hash(
      2,
      (to) => void to.digest(definition).string(numerics).string(rewrites).string(precisionOf(author)),
      args,
      `memo "${name}": arguments`,
      author,
    );
  }

  /** The key of one row of a call: the key of the call without its rows, and the row. */
  row(rest: Uint8Array, author: Author, row: unknown, name: string): string {
    return toHex(this.#hash(3, (to) => void to.digest(rest), row, `memo "${name}": row`, author));
  }

  /** The same for a row that is given by its content id. */
  contentRow(rest: Uint8Array, id: Uint8Array): string {
    return toHex(this.#digest.hash(writer.begin('memo', 4).u8(4).digest(rest).digest(id).view()));
  }

  /** `role` keeps definitions, calls and rows apart; leaves follow the skeleton with their paths. */
  #hash(
    role: number,
    begin: (to: TlvWriter) => void,
    value: unknown,
    owner: string,
    author: Author | undefined,
  ): Uint8Array {
    const { skeleton, leaves } = part(value);
    // Leaves are hashed before the writer begins: content ids have a writer of their own, foreign getters may run code.
    const marks = leaves.map(({ path, leaf }) => [
      path,
      typeof leaf === 'bigint'
        ? `n${leaf}`
        : `t${toHex(this.#contentOf(leaf, owner))}${author === undefined ? '' : ` ${kindIn(leaf, author)}`}`,
    ]);
    writer.begin('memo', 4).u8(role);
    begin(writer);
    encodeValue(writer, skeleton, owner);
    encodeValue(writer, marks, owner);
    return this.#digest.hash(writer.view());
  }

  /** The content id of an array's bytes, whatever its elements are. */
  bytesId(view: ArrayBufferView, owner: string): Uint8Array {
    checkReadable(view, owner);
    return this.#contents.contentId(bytesOf(view), tensorType('uint8', [view.byteLength]));
  }

  #contentOf(leaf: object, owner: string): Uint8Array {
    if (leaf instanceof Tensor) return leaf.call.contentId as Uint8Array;
    if (ArrayBuffer.isView(leaf) && dtypeOfArray(leaf) === undefined) return this.bytesId(leaf, owner);
    const { array, dtype, shape } = readElements(leaf, owner);
    return this.#contents.contentId(array, tensorType(dtype, shape));
  }
}

/**
 * What an argument is beside its elements: a function may ask an array, a tensor of ours and one of another library for
 * different things.
 */
export function kindIn(leaf: object, author: Author): string {
  return leaf instanceof Tensor ? `sheet${abroad(leaf, author)}` : kindOf(leaf);
}

const precisionOf = ({ precision = 'float32' }: Author): string => precision;

/** Its methods compute as its own view does: a tensor of a view of another class or precision is another argument. */
function abroad(leaf: Tensor, author: Author): string {
  const own = leaf.owner.author;
  return own.semantics === author.semantics && precisionOf(own) === precisionOf(author)
    ? ''
    : ` ${Object.values(portableSemantics(own.semantics)).join(' ')} ${precisionOf(own)}`;
}

/** Tensors of ours in a tree whose content is not known yet. */
export function unidentified(value: unknown): Tensor[] {
  return part(value)
    .leaves.map(({ leaf }) => leaf)
    .filter((leaf) => leaf instanceof Tensor)
    .filter((tensor) => tensor.call.contentId === undefined);
}

/** Computes what is missing until every tensor of ours in a tree has its content id. */
export async function identify(tensors: readonly Tensor[]): Promise<void> {
  await Promise.all(tensors.map((tensor) => tensor.owner.contentIdOf(tensor.call)));
}

/**
 * Arguments with every list and plain object read once: a getter cannot give the key one value and the function
 * another.
 */
export const settleArguments = (args: readonly unknown[]): readonly unknown[] =>
  copyTree(args, (leaf) => leaf) as readonly unknown[];

/** Arguments as they are now, whatever the caller writes to them later. Tensors that cannot be written to are kept. */
export function copyArguments<A extends readonly unknown[]>(args: A): A {
  return args.map((arg) => copyTree(arg, copyLeaf)) as unknown as A;
}

function copyLeaf(leaf: object): unknown {
  if (ArrayBuffer.isView(leaf)) return copyView(leaf, 'memo');
  const elements = isMadeOfDims(leaf) ? readForeign(leaf, 'memo') : undefined;
  return elements === undefined ? leaf : asGiven(leaf, elements);
}
