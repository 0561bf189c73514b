// What the parts of a memo pass to each other. Types only.
import type { Author } from '../../expr/expression.ts';
import type { Core } from '../core.ts';
import type { Definition } from './store.ts';
import type { ViewOptions } from '../options.ts';
import type { Owner, Tensor } from '../tensor.ts';

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
