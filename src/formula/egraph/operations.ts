// Operations of expressions: what each is in any reading. Names are those of FPCore (fpbench.org, FPCore 2.0).
import { FUNCTIONS_BY_NAME as f } from '../../../kernels/readings/functions.ts';
import type { Algebra } from '../../kit.ts';

type Operation = <T, M>(m: Algebra<T, M>, x: readonly T[]) => T;

const hypotenuse: Operation = (m, x) => {
  const [a, b] = [m.abs(x[0]!), m.abs(x[1]!)];
  const [large, small] = [m.max(a, b), m.min(a, b)];
  const ratio = m.div(small, m.select(m.eq(large, m.constant(0)), m.constant(1), large));
  return m.mul(large, m.sqrt(m.add(m.constant(1), m.mul(ratio, ratio))));
};

const call =
  (name: keyof typeof f): Operation =>
  (m, x) =>
    m.call(f[name], x[0]!, x[1]);

/** By name. `where<` takes its third operand where the first is below the second, else the fourth. */
export const CORE_OPERATIONS: Readonly<Record<string, Operation>> = {
  '+': (m, x) => m.add(x[0]!, x[1]!),
  '-': (m, x) => m.sub(x[0]!, x[1]!),
  '*': (m, x) => m.mul(x[0]!, x[1]!),
  '/': (m, x) => m.div(x[0]!, x[1]!),
  neg: (m, x) => m.neg(x[0]!),
  fabs: (m, x) => m.abs(x[0]!),
  sqrt: (m, x) => m.sqrt(x[0]!),
  cbrt: call('cbrt'),
  exp: call('exp'),
  expm1: call('expm1'),
  log: call('log'),
  log1p: call('log1p'),
  sin: call('sin'),
  cos: call('cos'),
  tan: call('tan'),
  asin: call('asin'),
  acos: call('acos'),
  atan: call('atan'),
  sinh: call('sinh'),
  cosh: call('cosh'),
  tanh: call('tanh'),
  asinh: call('asinh'),
  acosh: call('acosh'),
  atanh: call('atanh'),
  erf: call('erf'),
  erfc: call('erfc'),
  pow: call('pow'),
  atan2: call('atan2'),
  hypot: hypotenuse,
  'where<': (m, x) => m.select(m.lt(x[0]!, x[1]!), x[2]!, x[3]!),
};

/** Operations of two operands whose order does not matter. */
export const COMMUTATIVE: ReadonlySet<string> = new Set(['+', '*', 'hypot']);
