// How each op is differentiated: a pullback by name, and which ops have gradients that are 0 wherever they exist.
import { DECOMPOSITION_PULLBACKS } from './decompositions.ts';
import { ELEMENTWISE_PULLBACKS } from './elementwise.ts';
import { MOVEMENT_PULLBACKS } from './movement.ts';
import { PRODUCT_PULLBACKS } from './products.ts';
import type { Pullback } from './pullback.ts';
import { REDUCTION_PULLBACKS } from './reductions.ts';
import { SPECTRUM_PULLBACKS } from './spectra.ts';
import { WINDOW_PULLBACKS } from './windows.ts';

const PULLBACKS: ReadonlyMap<string, Pullback> = new Map(
  [
    ELEMENTWISE_PULLBACKS,
    REDUCTION_PULLBACKS,
    MOVEMENT_PULLBACKS,
    PRODUCT_PULLBACKS,
    WINDOW_PULLBACKS,
    DECOMPOSITION_PULLBACKS,
    SPECTRUM_PULLBACKS,
  ].flatMap((family) => Object.entries(family)),
);

/** Ops of floats that are constant between their jumps. */
const CONSTANT = new Set(
  'floor ceil trunc round sign floor_divide zeros_like ones_like full_like stop_gradient searchsorted'.split(' '),
);

/** Pullbacks of ops that the program defined. */
const defined = new Map<string, Pullback>();

/** Gives an op of the program's own its pullback; the caller knows that it is one. */
export const addPullback = (op: string, pullback: Pullback): void => void defined.set(op, pullback);

/** The pullback of an op, `constant` where its gradient is 0, undefined where none is known. */
export const pullbackOf = (op: string): Pullback | 'constant' | undefined =>
  CONSTANT.has(op) ? 'constant' : (PULLBACKS.get(op) ?? defined.get(op));
