// Every function of NumPy that is here.
import type { Row } from '../context.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { FILES } from './files.ts';
import { MATRICES } from './linalg.ts';
import { REDUCTIONS } from './reductions.ts';
import { CREATING, SHAPES } from './shape.ts';

/** One row a function; names with a dot are in a namespace. */
export const ROWS: readonly Row[] = [...CREATING, ...ELEMENTWISE, ...REDUCTIONS, ...SHAPES, ...MATRICES, ...FILES];
