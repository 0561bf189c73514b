// The ops that a page loads when it asks for them (`symbolic-sheet/ops`); on Node they are always there.
import { GROUPING } from './grouping.ts';
import { addRows } from './index.ts';
import { ORDERING } from './ordering.ts';
import { REARRANGING } from './rearranging.ts';

addRows([ORDERING, REARRANGING, GROUPING].flat());
