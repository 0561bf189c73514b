// The functions of formulas: elementwise ops, with what calculus knows of them.
import type { Term, Terms } from './term.ts';

/** A function by the name of its op. */
interface FormulaFunction {
  readonly least: number;
  readonly most: number;
  /** Derivatives by each operand, as formulas of the operands x, y and z and of the value f. */
  readonly slopes: readonly string[];
  /** The call of operands as they are written. */
  make(terms: Terms, name: string, args: readonly Term[]): Term;
}

const plain = (terms: Terms, name: string, args: readonly Term[]): Term => terms.call(name, args);
const made = (slopes: readonly string[], arity = slopes.length): FormulaFunction => ({
  least: arity,
  most: arity,
  slopes,
  make: plain,
});
/** Constant between its steps, where it has no derivative. */
const stepped = (arity: number): FormulaFunction => made(new Array<string>(arity).fill('0'));
/** Several operands, two at a time from the left. */
const folded = (slopes: readonly string[]): FormulaFunction => ({
  ...made(slopes, 2),
  most: 64,
  make: (terms, name, args) => args.slice(1).reduce((left, right) => terms.call(name, [left, right]), args[0]!),
});

/**
 * By name. Conventions at places without a derivative: |x|′ = sign x, so 0 at 0; relu′(0) = 0; of equal operands the
 * first is the greatest and the least; steps have derivative 0.
 */
export const FORMULA_FUNCTIONS: ReadonlyMap<string, FormulaFunction> = new Map<string, FormulaFunction>([
  ['add', made(['1', '1'])],
  ['subtract', made(['1', '-1'])],
  ['multiply', made(['y', 'x'])],
  ['divide', made(['1/y', '-(x/y)/y'])],
  ['negative', made(['-1'])],
  ['pow', made(['y*x^(y - 1)', 'f*log(x)'])],
  ['square', made(['2*x'])],
  ['sqrt', made(['1/(2*f)'])],
  ['cbrt', made(['1/(3*f^2)'])],
  ['reciprocal', made(['-f^2'])],
  ['abs', made(['sign(x)'])],
  ['sign', stepped(1)],
  ['exp', made(['f'])],
  ['exp2', made(['log(2)*f'])],
  ['expm1', made(['exp(x)'])],
  ['log', made(['1/x'])],
  ['log1p', made(['1/(1 + x)'])],
  ['log2', made(['1/(x*log(2))'])],
  ['log10', made(['1/(x*log(10))'])],
  ['logaddexp', made(['sigmoid(x - y)', 'sigmoid(y - x)'])],
  ['hypot', made(['x/f', 'y/f'])],
  ['sin', made(['cos(x)'])],
  ['cos', made(['-sin(x)'])],
  ['tan', made(['1 + f^2'])],
  ['asin', made(['1/sqrt(1 - x^2)'])],
  ['acos', made(['-1/sqrt(1 - x^2)'])],
  ['atan', made(['1/(1 + x^2)'])],
  ['atan2', made(['y/(x^2 + y^2)', '-x/(x^2 + y^2)'])],
  ['sinh', made(['cosh(x)'])],
  ['cosh', made(['sinh(x)'])],
  ['tanh', made(['1 - f^2'])],
  ['asinh', made(['1/sqrt(x^2 + 1)'])],
  ['acosh', made(['1/(sqrt(x - 1)*sqrt(x + 1))'])],
  ['atanh', made(['1/(1 - x^2)'])],
  ['sigmoid', made(['f*(1 - f)'])],
  ['softplus', made(['sigmoid(x)'])],
  ['silu', made(['sigmoid(x)*(1 + x*(1 - sigmoid(x)))'])],
  ['relu', made(['where(x > 0, 1, 0)'])],
  ['gelu', made(['erfc(-x/sqrt(2))/2 + x*exp(-x^2/2)/sqrt(2*pi)'])],
  ['erf', made(['2*exp(-x^2)/sqrt(pi)'])],
  ['erfc', made(['-2*exp(-x^2)/sqrt(pi)'])],
  ['maximum', folded(['where(x >= y, 1, 0)', 'where(x >= y, 0, 1)'])],
  ['minimum', folded(['where(x <= y, 1, 0)', 'where(x <= y, 0, 1)'])],
  ['where', made(['0', 'where(x, 1, 0)', 'where(x, 0, 1)'])],
  ['floor', stepped(1)],
  ['ceil', stepped(1)],
  ['round', stepped(1)],
  ['trunc', stepped(1)],
  ['remainder', made(['1', '-floor(x/y)'])],
  ['less', stepped(2)],
  ['less_equal', stepped(2)],
  ['greater', stepped(2)],
  ['greater_equal', stepped(2)],
  ['equal', stepped(2)],
  ['not_equal', stepped(2)],
  ['logical_and', stepped(2)],
  ['logical_or', stepped(2)],
  ['logical_not', stepped(1)],
]);
