// Formulas, in a page.
import './ops.ts';

export * from './formula/surface.ts';
