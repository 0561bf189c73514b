// The ops that a page loads when it asks for them (`symbolic-sheet/ops`); on Node they are always there.
import { ANALYSIS_COMPOSITES, ANALYSIS_ROWS } from './analysis.ts';
import { GROUPING } from './reductions/grouping.ts';
import { addComposites, addRows } from './index.ts';
import { MARKS } from './marks.ts';
import { MATRIX_COMPOSITES, MATRIX_ROWS } from './matrices.ts';
import { NETWORK_COMPOSITES, NETWORK_ROWS } from './networks.ts';
import { NUMBER_COMPOSITES, NUMBER_ROWS } from './numbers.ts';
import { ORDERING } from './order/ordering.ts';
import { REARRANGING } from './movement/rearranging.ts';
import { addSmallDTypes } from '../tensor/small-dtypes.ts';

addSmallDTypes();
for (const rows of [...Object.values(NUMBER_ROWS), ...Object.values(NETWORK_ROWS)]) addRows(rows);
addRows([ORDERING, REARRANGING, GROUPING, MATRIX_ROWS, MARKS].flat());
for (const rows of Object.values(ANALYSIS_ROWS)) addRows(rows);
for (const composites of [...Object.values(NUMBER_COMPOSITES), ...Object.values(NETWORK_COMPOSITES)])
  addComposites(composites);
addComposites(MATRIX_COMPOSITES);
for (const composites of Object.values(ANALYSIS_COMPOSITES)) addComposites(composites);
