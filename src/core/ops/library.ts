// The ops that a page loads when it asks for them (`symbolic-sheet/ops`); on Node they are always there.
import { addRows } from './index.ts';
import { ORDERING } from './ordering.ts';

addRows([ORDERING].flat());
