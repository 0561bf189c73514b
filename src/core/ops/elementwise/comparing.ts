// Composites of elementwise ops: bits inverted, numbers in place of those that are none, and what is nearly equal.
import { DTYPES, type DType, isFloat } from '../../tensor/dtype.ts';
import { rangeOf } from '../../tensor/range.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';

const bitwiseInvert = composite({
  name: 'bitwise_invert',
  doc: 'Bits that are set become unset and others set; false becomes true and true false.',
  operands: [{ name: 'x', kind: 'integerOrBool' }],
  result: 'same',
  expand: (call, [x]) => {
    const { dtype } = x!.type;
    const { kind } = DTYPES[dtype];
    if (kind === 'bool') return call('logical_not', [x!]);
    return call('bitwise_xor', [x!, kind === 'uint' ? rangeOf(dtype).most : -1]);
  },
});

/** An element in place of an infinity; null is the largest finite one of its sign. */
const replacement = (attrs: AttributeValues, name: 'posinf' | 'neginf', dtype: DType): number => {
  const largest = DTYPES[dtype].largest ?? Infinity;
  return attrs[name] === null ? (name === 'posinf' ? largest : -largest) : numberAttribute(attrs, name);
};

const nanToNum = composite({
  name: 'nan_to_num',
  doc: 'Numbers in place of NaN and infinities.',
  attributes: {
    nan: { kind: 'float', fallback: 0, doc: 'what stands for NaN' },
    posinf: { kind: 'float', fallback: null, doc: 'what stands for +∞; null = the largest finite number' },
    neginf: { kind: 'float', fallback: null, doc: 'what stands for −∞; null = the least finite number' },
  },
  result: 'same',
  expand: (call, [x], attrs) => {
    const { dtype } = x!.type;
    if (!isFloat(dtype)) return call('positive', [x!]);
    const numbers = call('where', [call('isnan', [x!]), numberAttribute(attrs, 'nan'), x!]);
    const below = call('where', [call('equal', [x!, Infinity]), replacement(attrs, 'posinf', dtype), numbers]);
    return call('where', [call('equal', [x!, -Infinity]), replacement(attrs, 'neginf', dtype), below]);
  },
});

const TOLERANCES: Readonly<Record<string, AttributeSpec>> = {
  rtol: { kind: 'float', fallback: 1e-5, doc: 'difference allowed, relative to y' },
  atol: { kind: 'float', fallback: 1e-8, doc: 'difference allowed beside that' },
  equalNan: { kind: 'bool', fallback: false, doc: 'NaN is near NaN' },
};

/** As floats, where both are none: differences of integers wrap. */
function asFloats<C extends Called>(call: Calls<C>, x: C, y: C): readonly [C, C] {
  if (isFloat(x.type.dtype) || isFloat(y.type.dtype)) return [x, y];
  const wide = (t: C): C => call('astype', [t], { dtype: 'float64' });
  return [wide(x), wide(y)];
}

function nearness<C extends Called>(call: Calls<C>, operands: readonly C[], attrs: AttributeValues): C {
  const [x, y] = asFloats(call, operands[0]!, operands[1]!);
  const scaled = call('multiply', [call('abs', [y]), numberAttribute(attrs, 'rtol')]);
  const allowed = call('add', [scaled, numberAttribute(attrs, 'atol')]);
  const isNear = call('less_equal', [call('abs', [call('subtract', [x, y])]), allowed]);
  // Beside an infinity everything would be within what is allowed.
  const within = call('logical_and', [isNear, call('isfinite', [isFloat(y.type.dtype) ? y : allowed])]);
  const near = call('logical_or', [within, call('equal', [x, y])]);
  if (attrs['equalNan'] !== true) return near;
  return call('logical_or', [near, call('logical_and', [isNaNOf(call, x), isNaNOf(call, y)])]);
}

const isNaNOf = <C extends Called>(call: Calls<C>, x: C): C => call('not_equal', [x, x]);

const isclose = composite({
  name: 'isclose',
  doc: 'Whether |x − y| ≤ atol + rtol · |y|; infinities are near themselves.',
  operands: [
    { name: 'x', kind: 'any' },
    { name: 'y', kind: 'any' },
  ],
  attributes: TOLERANCES,
  result: 'bool',
  expand: (call, operands, attrs) => nearness(call, operands, attrs),
});

const allclose = composite({
  name: 'allclose',
  doc: 'Whether `isclose` is true of all elements.',
  operands: [
    { name: 'x', kind: 'any' },
    { name: 'y', kind: 'any' },
  ],
  attributes: TOLERANCES,
  result: 'bool',
  expand: (call, operands, attrs) => call('all', [nearness(call, operands, attrs)]),
});

/** Composites of this family. */
export const COMPARING: readonly Composite[] = [bitwiseInvert, nanToNum, isclose, allclose];
