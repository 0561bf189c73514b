// The ops of neural networks: rows, and composites that the suites of tests/conformance judge.
import { ACTIVATIONS } from './activations.ts';
import { ATTENTION } from './attention.ts';
import type { Composite } from './composite.ts';
import { CONVOLUTION } from './convolution.ts';
import type { OpRow } from './define.ts';
import { LOSSES } from './losses.ts';
import { NORMALISATION } from './normalisation.ts';
import { PADDING } from './padding.ts';
import { POOLING } from './pooling.ts';
import { QUANTIZING } from './quantizing.ts';
import { RECURRENT } from './recurrent.ts';
import { RESAMPLED, RESAMPLING } from './resampling.ts';
import { SCATTERED, SCATTERING } from './scattering.ts';
import { SLIDING } from './sliding.ts';

/** Rows by what they are listed under. */
export const NETWORK_ROWS = {
  Padding: PADDING,
  'Sliding windows': SLIDING,
  Pooling: POOLING,
  Scattering: SCATTERING,
  Resizing: RESAMPLING,
} as const satisfies Record<string, readonly OpRow[]>;

/** Composites by what they are listed under. */
export const NETWORK_COMPOSITES = {
  Activations: ACTIVATIONS,
  Convolution: CONVOLUTION,
  'Recurrent layers': RECURRENT,
  Normalisation: NORMALISATION,
  Attention: ATTENTION,
  'Channels and space': RESAMPLED,
  'Gathering and scattering': SCATTERED,
  'Losses and dropout': LOSSES,
  Quantisation: QUANTIZING,
} as const satisfies Record<string, readonly Composite[]>;
