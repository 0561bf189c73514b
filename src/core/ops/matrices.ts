// Linear algebra that a page loads when it asks for it.
import type { Composite } from './composite.ts';
import { DECOMPOSITIONS } from './decompositions.ts';
import type { OpRow } from './define.ts';
import { EINSUMS } from './einsum.ts';
import { MATRIX_NORMS } from './matrix-norms.ts';
import { MATRIX_PARTS } from './matrix-parts.ts';
import { PRODUCTS } from './products.ts';

/** Its rows. */
export const MATRIX_ROWS: readonly OpRow[] = DECOMPOSITIONS;

/** Its composites. */
export const MATRIX_COMPOSITES: readonly Composite[] = [MATRIX_PARTS, MATRIX_NORMS, PRODUCTS, EINSUMS].flat();
