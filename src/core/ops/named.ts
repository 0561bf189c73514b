// Rows that other layers refer to: as constants, so that no op is named outside this folder.
import type { OpRow } from './define.ts';
import { OPS } from './index.ts';

const row = (name: string): OpRow => OPS.get(name)!;

export const ADD = row('add');
export const SUBTRACT = row('subtract');
export const MULTIPLY = row('multiply');
export const DIVIDE = row('divide');
export const NEGATIVE = row('negative');
export const SQUARE = row('square');
export const SQRT = row('sqrt');
export const POW = row('pow');
export const EXP = row('exp');
export const EXPM1 = row('expm1');
export const LOG = row('log');
export const LOG1P = row('log1p');
export const LOGADDEXP = row('logaddexp');
export const HYPOT = row('hypot');
export const SIN = row('sin');
export const COS = row('cos');
export const SIGMOID = row('sigmoid');
export const SOFTPLUS = row('softplus');
export const SUM = row('sum');
export const MEAN = row('mean');
export const VAR = row('var');
export const NORM = row('norm');
export const LOGSUMEXP = row('logsumexp');
export const SOFTMAX = row('softmax');
export const LOG_SOFTMAX = row('log_softmax');
export const TAKE = row('take');

/** Undefined where it is not loaded (`symbolic-sheet/ops`). */
export const scatterRow = (): OpRow | undefined => OPS.get('scatter');
