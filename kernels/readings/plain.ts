// Bodies read as plain arithmetic: what a function gives for float64 numbers.
import type { ElementFunction } from '../scalar/algebra.ts';
import { floatAlgebra } from '../scalar/js-algebra.ts';
import { readIn } from './apply.ts';

/** What an element function gives for numbers; a test gives 1 or 0. */
export const valueFor = (f: ElementFunction, x: readonly number[]): number => readIn(floatAlgebra, f, x);
