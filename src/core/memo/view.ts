// What the parts of a memo pass to each other. Types only.
import type { Author } from '../expr/node.ts';
import type { Core } from '../engine/engine.ts';
import type { Definition } from './store.ts';
import type { ViewOptions } from '../sheet/options.ts';
import type { Owner, Tensor } from '../handle/tensor.ts';

/** What a memo needs of the view it was made from. */
export interface MemoView {
  readonly core: Core;
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
  readonly run: (...args: readonly unknown[]) => unknown;
  readonly definition: Definition;
}
