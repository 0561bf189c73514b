// Gradients: what people import.
export { grad, gradients, hessian, hessianVectorProduct, jacobian, jvp, valueAndGrad, variable, vjp } from './grad.ts';
export { definePullback } from './own-pullback.ts';
export type { Like, Parameters } from './tree.ts';
