// The cube root as a body over the algebra; bits of specification sqs-num/1. The form is our own.
import { scalar, type Algebra, type Scalar } from './algebra.ts';
import { polynomial } from './math.ts';

/** Cube root, of negative numbers too. */
export const cbrt: Scalar = scalar('cbrt', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const t = m.abs(x);
  const subnormal = m.lt(t, c(2 ** -1022));
  const normal = m.select(subnormal, m.mul(t, c(2 ** 54)), t);
  const exponent = m.exponent(normal);
  const third = m.floor(m.div(exponent, c(3)));
  const r = m.mul(m.mantissa(normal), m.powerOfTwo(m.sub(exponent, m.mul(c(3), third)))); // in [1, 8)
  let root = polynomial(m, r, [-0.0157, 0.2841, 0.7316]);
  for (let round = 0; round < 2; round++) root = halley(m, root, r);
  const head = m.highHalf(root); // its square is exact
  const correction = m.div(r, m.mul(head, head));
  const y = m.add(head, m.div(m.mul(head, m.sub(correction, head)), m.add(m.add(head, head), correction)));
  const scaled = m.mul(y, m.powerOfTwo(m.sub(third, m.select(subnormal, c(18), c(0)))));
  const regular = m.and(m.gt(t, c(0)), m.lt(t, c(Infinity)));
  return m.select(regular, m.copySign(scaled, x), x);
});

/** One step of Halley's iteration for the cube root of r. */
function halley<T, M>(m: Algebra<T, M>, root: T, r: T): T {
  const cube = m.mul(root, m.mul(root, root));
  return m.div(m.mul(root, m.add(cube, m.add(r, r))), m.add(m.add(cube, cube), r));
}
