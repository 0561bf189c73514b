// Formulas, on Node.
import './ops.ts';

export * from './formula/surface.ts';
