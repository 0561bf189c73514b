// The ops of data analysis: what elements say about places, sets, order, bins and distances.
import { ARRANGING } from './movement/arranging.ts';
import type { Composite } from './composite.ts';
import type { OpRow } from './define.ts';
import { DISTANCES } from './matrices/distances.ts';
import { GROUPED_FURTHER } from './reductions/grouping.ts';
import { HISTOGRAMS } from './reductions/histograms.ts';
import { NAN_AWARE } from './reductions/nan-aware.ts';
import { QUANTILES } from './reductions/quantiles.ts';
import { SELECTION, SELECTIONS } from './order/selection.ts';
import { SETS } from './order/sets.ts';
import { STATISTICS } from './reductions/statistics.ts';

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
  'Means and extremes of groups': GROUPED_FURTHER,
  Distances: DISTANCES,
  'Apart, together and laid out': ARRANGING,
} as const satisfies Record<string, readonly Composite[]>;
