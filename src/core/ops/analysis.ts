// The ops of data analysis: what elements say about places, sets, order, bins and distances.
import { ARRANGING } from './arranging.ts';
import type { Composite } from './composite.ts';
import type { OpRow } from './define.ts';
import { DISTANCES } from './distances.ts';
import { HISTOGRAMS } from './histograms.ts';
import { NAN_AWARE } from './nan-aware.ts';
import { QUANTILES } from './quantiles.ts';
import { SELECTION, SELECTIONS } from './selection.ts';
import { SETS } from './sets.ts';
import { STATISTICS } from './statistics.ts';

/** Rows by what they are listed under. */
export const ANALYSIS_ROWS = {
  Places: SELECTION,
} as const satisfies Record<string, readonly OpRow[]>;

/** Composites by what they are listed under. */
export const ANALYSIS_COMPOSITES = {
  Selection: SELECTIONS,
  Sets: SETS,
  Quantiles: QUANTILES,
  'Reductions of what is not NaN': NAN_AWARE,
  Statistics: STATISTICS,
  Histograms: HISTOGRAMS,
  Distances: DISTANCES,
  'Apart, together and laid out': ARRANGING,
} as const satisfies Record<string, readonly Composite[]>;
