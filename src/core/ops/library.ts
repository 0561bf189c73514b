// The ops that a page loads when it asks for them (`symbolic-sheet/ops`); on Node they are always there.
import { GROUPING } from './grouping.ts';
import { addComposites, addRows } from './index.ts';
import { MARKS } from './marks.ts';
import { MATRIX_COMPOSITES, MATRIX_ROWS } from './matrices.ts';
import { NETWORK_COMPOSITES, NETWORK_ROWS } from './networks.ts';
import { NUMBER_COMPOSITES, NUMBER_ROWS } from './numbers.ts';
import { ORDERING } from './ordering.ts';
import { REARRANGING } from './rearranging.ts';
import { SELECTION, SELECTIONS } from './selection.ts';
import { SETS } from './sets.ts';
import { STATISTICS } from './statistics.ts';

for (const rows of [...Object.values(NUMBER_ROWS), ...Object.values(NETWORK_ROWS)]) addRows(rows);
addRows([ORDERING, REARRANGING, GROUPING, MATRIX_ROWS, SELECTION, MARKS].flat());
for (const composites of [...Object.values(NUMBER_COMPOSITES), ...Object.values(NETWORK_COMPOSITES)])
  addComposites(composites);
addComposites([STATISTICS, SELECTIONS, SETS, MATRIX_COMPOSITES].flat());
