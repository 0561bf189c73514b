// Bodies read over float64 numbers: what they compute.
export { floatAlgebra } from '../scalar/js-algebra.ts';
