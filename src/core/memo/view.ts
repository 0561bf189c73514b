// What the parts of a memo pass to each other. Types only.
import type { Author } from '../expr/node.ts';
import type { Engine } from '../engine/engine.ts';
import type { Roots } from '../inputs/roots.ts';
import type { MemoKeys } from './key.ts';
import type { Definition, Memos } from './store.ts';
import type { ViewOptions } from '../engine/settings.ts';
import type { Owner, Tensor } from '../handle/tensor.ts';

/** What a memo needs of the view it was made from. */
export interface MemoView {
  readonly engine: Engine;
  readonly roots: Roots;
  readonly memos: Memos;
  readonly memoKeys: MemoKeys;
  readonly owner: Owner;
  readonly author: Author;
  readonly reuse: boolean;
  readonly signal: AbortSignal | undefined;
  /** Throws when the sheet is closed. */
  checkOpen(): void;
  /** Whether a tensor is of this sheet. */
  owns(tensor: Tensor): boolean;
  with(options: ViewOptions): MemoView;
}

/** One memo, settled. */
export interface MemoCall {
  readonly view: MemoView;
  readonly name: string;
  readonly rows: number;
  /** The share of hits at which the function runs all the same. */
  readonly check: number;
  readonly run: (...args: readonly unknown[]) => unknown;
  readonly definition: Definition;
}
