# Order statistics and differences in NumPy: places between elements in float64, their values rounded once.
import numpy as np

from .cases import ANY, NUMERIC, tensor, turn
from .elementwise import Refused, dtype_of, is_float, rounded
from .ordering import order_of

METHODS = ['linear', 'lower', 'higher', 'nearest', 'midpoint']
SHAPES = [[], [1], [2], [5], [8], [3, 4], [4, 1], [2, 3, 4], [3, 0], [0, 3]]


def wide_of(x, notes):
    """Elements in float64, and the dtype of what is told of them."""
    dtype = dtype_of(x)
    if is_float(dtype):
        return x.astype(np.float64), dtype
    notes.add('float32')
    return x.astype(np.float32).astype(np.float64), 'float32'


def quantile(op, operands, attrs, notes):
    wide, dtype = wide_of(operands[0], notes)
    axis, keep = attrs.get('axis'), attrs.get('keepdims', False)
    q = 0.5 if 'median' in op else np.asarray(attrs['q'], dtype=np.float64) / (100 if 'percentile' in op else 1)
    of_numbers = lambda wide, q, **how: np.stack([np.nanquantile(wide, each, **how) for each in q]) if np.ndim(q) else np.nanquantile(wide, q, **how)
    asked = of_numbers if op.startswith('nan') else np.quantile
    if wide.size == 0 and (axis is None or wide.shape[axis] == 0):
        raise Refused
    try:
        low, high = (asked(wide, q, axis=axis, keepdims=keep, method=end) for end in ('lower', 'higher'))
        value = asked(wide, q, axis=axis, keepdims=keep, method=attrs.get('method', 'linear'))
    except (ValueError, np.exceptions.AxisError) as error:
        raise Refused from error
    if attrs.get('method') == 'midpoint':
        half = np.where(np.isnan(value), low / 2 + high / 2, value)
        if not np.array_equal(value, half, equal_nan=True):
            notes.add('infinities')
        value = half
    if np.any((low == high) & np.isnan(value)):
        notes.add('infinities')
    return rounded(np.where(low == high, low, value), dtype)


def top_k(_op, operands, attrs, notes):
    (x,) = operands
    axis, k = attrs.get('axis', -1), attrs['k']
    notes.add('int32')
    if x.ndim == 0 or not 0 <= k <= x.shape[axis]:
        raise Refused
    places = np.apply_along_axis(lambda row: order_of(row, attrs.get('largest', True)), axis, x) if x.size else np.zeros(x.shape)
    indices = np.take(places.astype(np.int64), range(k), axis=axis)
    return {'values': np.take_along_axis(x, indices, axis), 'indices': indices.astype(np.int32)}


def diff(_op, operands, attrs, _notes):
    try:
        return np.diff(operands[0], attrs.get('n', 1), attrs.get('axis', -1))
    except (ValueError, np.exceptions.AxisError) as error:
        raise Refused from error


def axes(shape):
    return [{}] if not shape else [{}, {'axis': 0}, {'axis': -1}, {'axis': len(shape) // 2 - len(shape), 'keepdims': True}]


def quantiles(op):
    shares = [0, 1, 0.5, 0.25, 0.1, 0.9, [0.2, 0.75, 1 / 3], [], 1.5, [0.5, -0.1]]
    shares = [None] if 'median' in op else shares if 'quantile' in op else [[100 * p for p in q] if isinstance(q, list) else 100 * q for q in shares if q != []]
    for d, dtype in enumerate(NUMERIC):
        for i, shape in enumerate(SHAPES):
            for k, attrs in enumerate(axes(shape)):
                q, method = turn(shares, 3 * i + k + d), turn(METHODS, i + 2 * k + d)
                fill = turn(['small', 'few', 'holes', 'special'], i + k)
                yield [tensor(dtype, shape, fill)], {**attrs, **({} if q is None or q == [] else {'q': q}), **({} if 'median' in op else {'method': method, **({'q': 0.3} if q == [] else {})})}
        yield [tensor(dtype, [5, 3], 'small', 'T')], {'axis': 1, **({} if 'median' in op else {'q': 0.4 if 'quantile' in op else 40})}


def tops():
    for dtype in NUMERIC:
        for i, shape in enumerate([[], *SHAPES]):
            for axis in (-1, 0):
                yield [tensor(dtype, shape, turn(['few', 'special', 'small'], i))], {'k': turn([1, 2, 0, 3, 9], i + axis), 'axis': axis, 'largest': i % 2 == 0}


def diffs():
    for dtype in ANY:
        for i, shape in enumerate(SHAPES):
            yield [tensor(dtype, shape, turn(['small', 'special', 'few'], i))], {'n': turn([1, 2, 0, 3, -1], i), 'axis': turn([-1, 0], i)}
            yield [tensor(dtype, shape, 'few')], {}


def statistics():
    yield from ((op, quantiles(op), lambda operands, attrs, notes, op=op: quantile(op, operands, attrs, notes)) for op in ('quantile', 'percentile', 'median', 'nanquantile', 'nanpercentile', 'nanmedian'))
    yield 'top_k', tops(), lambda operands, attrs, notes: top_k('top_k', operands, attrs, notes)
    yield 'diff', diffs(), lambda operands, attrs, notes: diff('diff', operands, attrs, notes)
