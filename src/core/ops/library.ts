// The ops that a page loads when it asks for them (`symbolic-sheet/ops`); on Node they are always there.
import { CONVOLUTION } from './convolution.ts';
import { DECOMPOSITIONS } from './decompositions.ts';
import { ERROR_FUNCTIONS } from './error-functions.ts';
import { GROUPING } from './grouping.ts';
import { addComposites, addRows } from './index.ts';
import { INVERSE_FUNCTIONS } from './inverse-functions.ts';
import { ORDERING } from './ordering.ts';
import { PADDING } from './padding.ts';
import { POOLING } from './pooling.ts';
import { REARRANGING } from './rearranging.ts';
import { RECURRENT } from './recurrent.ts';
import { SELECTION, SELECTIONS } from './selection.ts';
import { SETS } from './sets.ts';
import { SLIDING } from './sliding.ts';
import { STATISTICS } from './statistics.ts';

addRows(
  [
    INVERSE_FUNCTIONS,
    ERROR_FUNCTIONS,
    ORDERING,
    REARRANGING,
    GROUPING,
    PADDING,
    SLIDING,
    POOLING,
    DECOMPOSITIONS,
    SELECTION,
  ].flat(),
);
addComposites([STATISTICS, SELECTIONS, SETS, CONVOLUTION, RECURRENT].flat());
