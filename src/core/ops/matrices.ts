// Linear algebra that a page loads when it asks for it.
import type { Composite } from './composite.ts';
import { DECOMPOSITIONS } from './matrices/decompositions.ts';
import type { OpRow } from './define.ts';
import { EINSUMS } from './matrices/einsum.ts';
import { MATRIX_NORMS } from './matrices/matrix-norms.ts';
import { MATRIX_PARTS } from './matrices/matrix-parts.ts';
import { PRODUCTS } from './matrices/products.ts';

/** Its rows. */
export const MATRIX_ROWS: readonly OpRow[] = DECOMPOSITIONS;

/** Its composites. */
export const MATRIX_COMPOSITES: readonly Composite[] = [MATRIX_PARTS, MATRIX_NORMS, PRODUCTS, EINSUMS].flat();
