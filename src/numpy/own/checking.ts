// Functions of numpy.testing: promises that fail where arrays are not what they should be.
import { AttributeError, NumericError } from '../../kit.ts';
import type { Tensor } from '../../surface.ts';
import type { Arguments, Context, Own } from '../context.ts';
import { truthOf } from './reductions.ts';

/** What both sides are, and how far they are apart. */
async function complain(np: Context, given: Arguments, what: string, equal: Tensor): Promise<never> {
  const [x, y] = [given.array('actual', 'float64'), given.array('desired', 'float64')];
  const wrong = Number(await np.call('sum', equal.logicalNot()).item());
  const apart = np.call('max', np.call('fmax', np.call('abs', x.subtract(y)), 0));
  const [most, left, right] = await Promise.all([
    apart.item(),
    np.call('array_str', x) as unknown as Promise<string>,
    np.call('array_str', y) as unknown as Promise<string>,
  ]);
  throw new NumericError(
    `np.testing: not ${what}: ${wrong} of ${equal.size} elements differ, the most by ${Number(most)}.\n` +
      ` actual: ${left}\n desired: ${right}`,
    { wrong, size: equal.size, most },
  );
}

const checked =
  (what: string, compare: (np: Context, given: Arguments) => Tensor): Own =>
  async (np, given) => {
    const equal = compare(np, given);
    if (!(await truthOf(equal))) await complain(np, given, what, equal);
  };

export const assertAllclose: Own = checked('close', (np, given) =>
  np.call('isclose', given.operand('actual'), given.operand('desired'), {
    rtol: given.raw('rtol'),
    atol: given.raw('atol'),
    equal_nan: given.raw('equal_nan'),
  }),
);

export const assertArrayEqual: Own = checked('equal', (np, given) => {
  const [x, y] = [given.array('actual'), given.array('desired')];
  return np.call('equal', x, y).logicalOr(x.notEqual(x).logicalAnd(y.notEqual(y)));
});

export const assertArrayLess: Own = checked('less', (np, given) =>
  np.call('less', given.operand('actual'), given.operand('desired')),
);

export const assertAlmostEqual: Own = checked('almost equal', (np, given) => {
  const decimal = given.number('decimal');
  if (!Number.isInteger(decimal))
    throw new AttributeError(`np.testing: decimal is ${decimal}; give an integer.`, { decimal });
  return np.call('isclose', given.operand('actual'), given.operand('desired'), {
    rtol: 0,
    atol: 1.5 * 10 ** -decimal,
    equal_nan: true,
  });
});
