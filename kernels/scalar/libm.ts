// Functions of the bodies that a page does not load at first, and those beside math.ts that it does, in one place.
export { cbrt } from './cube-root.ts';
export { erf, erfc, gelu, geluTanh } from './error-function.ts';
export { acos, acosh, asin, asinh, atan, atan2, atanh } from './inverse.ts';
export { pow } from './power.ts';
