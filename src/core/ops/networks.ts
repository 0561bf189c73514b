// The ops of neural networks: rows, and composites that the suites of tests/conformance judge.
import { ACTIVATIONS } from './elementwise/activations.ts';
import { ATTENTION } from './networks/attention.ts';
import type { Composite } from './composite.ts';
import { CONVOLUTION } from './networks/convolution.ts';
import type { OpRow } from './define.ts';
import { GRID_SAMPLING } from './networks/grid-sampling.ts';
import { LOSSES } from './networks/losses.ts';
import { NORMALISATION } from './networks/normalisation.ts';
import { PADDING } from './movement/padding.ts';
import { POOLING } from './networks/pooling.ts';
import { QUANTIZING } from './elementwise/quantizing.ts';
import { RECURRENT } from './networks/recurrent.ts';
import { RESAMPLED, RESAMPLING } from './networks/resampling.ts';
import { SCATTERED, SCATTERING } from './movement/scattering.ts';
import { SLIDING } from './movement/sliding.ts';

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
  'Sampling at places': GRID_SAMPLING,
  'Gathering and scattering': SCATTERED,
  'Losses and dropout': LOSSES,
  Quantisation: QUANTIZING,
} as const satisfies Record<string, readonly Composite[]>;
