// The ops of neural networks: rows, and composites that the suites of tests/conformance judge.
import type { Composite } from './composite.ts';
import { CONVOLUTION } from './convolution.ts';
import type { OpRow } from './define.ts';
import { PADDING } from './padding.ts';
import { POOLING } from './pooling.ts';
import { RECURRENT } from './recurrent.ts';
import { SLIDING } from './sliding.ts';

/** Rows by what they are listed under. */
export const NETWORK_ROWS = {
  Padding: PADDING,
  'Sliding windows': SLIDING,
  Pooling: POOLING,
} as const satisfies Record<string, readonly OpRow[]>;

/** Composites by what they are listed under. */
export const NETWORK_COMPOSITES = {
  Convolution: CONVOLUTION,
  'Recurrent layers': RECURRENT,
} as const satisfies Record<string, readonly Composite[]>;
