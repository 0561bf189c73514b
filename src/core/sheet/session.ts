// What all views of one open sheet share.
import type { Engine } from '../engine/engine.ts';
import type { Roots } from '../inputs/roots.ts';
import type { MemoKeys } from '../memo/key.ts';
import type { makeMemo } from '../memo/memo.ts';
import type { Memos } from '../memo/store.ts';
import type { EventFeed } from './event-feed.ts';
import type { Reported } from './stats.ts';

/** One open sheet: its engine, what comes into it, and the functions it remembers. */
export interface Session {
  readonly engine: Engine;
  readonly roots: Roots;
  readonly memos: Memos;
  readonly memoKeys: MemoKeys;
  /** What `events` answers: loaded when a sheet is opened. */
  readonly EventFeed: typeof EventFeed;
  /** Makes memoised functions: loaded when a sheet is opened, for only an open sheet has them. */
  readonly makeMemo: typeof makeMemo;
}

/** What a report of a session is made from. */
export const reportedOf = ({ engine, memos }: Session): Reported => ({ ...engine.parts, memos });
