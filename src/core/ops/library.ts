// The ops that a page loads when it asks for them (`symbolic-sheet/ops`); on Node they are always there.
import { DECOMPOSITIONS } from './decompositions.ts';
import { ERROR_FUNCTIONS } from './error-functions.ts';
import { GROUPING } from './grouping.ts';
import { addComposites, addRows } from './index.ts';
import { INVERSE_FUNCTIONS } from './inverse-functions.ts';
import { NETWORK_COMPOSITES, NETWORK_ROWS } from './networks.ts';
import { ORDERING } from './ordering.ts';
import { REARRANGING } from './rearranging.ts';
import { SELECTION, SELECTIONS } from './selection.ts';
import { SETS } from './sets.ts';
import { STATISTICS } from './statistics.ts';

addRows(
  [
    INVERSE_FUNCTIONS,
    ERROR_FUNCTIONS,
    ORDERING,
    REARRANGING,
    GROUPING,
    DECOMPOSITIONS,
    SELECTION,
    ...Object.values(NETWORK_ROWS),
  ].flat(),
);
addComposites([STATISTICS, SELECTIONS, SETS, ...Object.values(NETWORK_COMPOSITES)].flat());
