# Reductions of what is not NaN, and weighted means, in NumPy: floats in extended precision, rounded once.
import numpy as np

from .cases import FLOATS, NUMERIC, tensor, turn
from .elementwise import LONG, Refused, dtype_of, is_float, joined, rounded
from .ordering import order_of
from .reductions import SHAPES, ways

OF_NUMBERS = {'nansum': np.nansum, 'nanprod': np.nanprod, 'nanmean': np.nanmean, 'nanvar': np.nanvar, 'nanstd': np.nanstd, 'nanmin': np.nanmin, 'nanmax': np.nanmax}


def axis_of(attrs):
    axis = attrs.get('axis')
    return tuple(axis) if isinstance(axis, list) else axis


def reduced(op, operands, attrs, notes):
    (x,) = operands
    dtype, axis, keep = dtype_of(x), axis_of(attrs), attrs.get('keepdims', False)
    if op in ('nansum', 'nanprod'):
        notes.add('width')
        dtype = 'int32' if dtype == 'bool' else dtype
        if not is_float(dtype):
            return OF_NUMBERS[op](x, axis=axis, keepdims=keep, dtype=np.int32 if x.dtype == np.bool_ else x.dtype)
    if op in ('nanmin', 'nanmax') and (0 in x.shape or not is_float(dtype)):
        if x.size == 0:
            raise Refused
        return OF_NUMBERS[op](x, axis=axis, keepdims=keep)
    more = {'ddof': attrs['correction']} if 'correction' in attrs else {}
    return rounded(OF_NUMBERS[op](x.astype(LONG), axis=axis, keepdims=keep, **more) + LONG(0), dtype)


def index_of(op, operands, attrs, notes):
    """By the place of the extreme; −1 where there is none."""
    (x,) = operands
    notes.add('int32')
    if x.size == 0:
        raise Refused
    axis, keep = attrs.get('axis'), attrs.get('keepdims', False)
    missing = np.all(np.isnan(x), axis=axis, keepdims=keep)
    if np.any(missing):
        notes.add('missing')
    rows = x.reshape(-1) if axis is None else x
    place = np.apply_along_axis(lambda row: order_of(row, op == 'nanargmax')[0], 0 if axis is None else axis, rows)
    place = place.reshape(missing.shape)
    return np.where(missing, -1, place).astype(np.int32)


def average(_op, operands, attrs, notes):
    x, *weights = operands
    axis, keep = axis_of(attrs), attrs.get('keepdims', False)
    w = weights[0] if weights else None
    dtype = joined([x, *weights], notes)
    if not is_float(dtype):
        notes.add('float32')
        dtype = 'float32'
    if w is not None and isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    try:
        return rounded(np.average(x.astype(LONG), axis=axis, weights=None if w is None else w.astype(LONG), keepdims=keep), dtype)
    except (TypeError, ValueError) as error:
        raise Refused from error


def spans(_op, operands, attrs, _notes):
    (x,) = operands
    if x.size == 0:
        raise Refused
    return np.ptp(x, axis=axis_of(attrs), keepdims=attrs.get('keepdims', False))


def reductions(op):
    dtypes = FLOATS if op in ('nanmean', 'nanvar', 'nanstd') else [*NUMERIC, 'bool'] if op == 'nansum' else NUMERIC
    fills = ['few', 'positive'] if op == 'nanprod' else ['small', 'positive']
    for dtype in dtypes:
        for i, shape in enumerate(SHAPES):
            if 0 in shape and op in ('nanmin', 'nanmax', 'nanargmin', 'nanargmax', 'ptp'):
                continue
            for k, attrs in enumerate(ways(shape)):
                if op.startswith('nanarg') and isinstance(attrs.get('axis'), list):
                    attrs = {**attrs, 'axis': attrs['axis'][0]}
                if op in ('nanvar', 'nanstd') and k % 2:
                    attrs = {**attrs, 'correction': 1}
                yield [tensor(dtype, shape, turn(['holes', *fills] if dtype in FLOATS and op != 'ptp' else fills, i + k))], attrs
        if op in ('nanmin', 'nanmax', 'nanargmin', 'nanargmax'):
            yield [tensor(dtype, [9, 4], 'special')], {'axis': 0}
            yield [tensor(dtype, [4, 3], 'sweep')], {'axis': 1}


def averages():
    for d, dtype in enumerate(NUMERIC):
        for i, shape in enumerate([[5], [3, 4], [2, 3, 4], [1], []]):
            for k, attrs in enumerate(ways(shape)):
                other = turn(NUMERIC, d + k)
                axis = attrs.get('axis')
                along = axis if isinstance(axis, int) else axis[0] if isinstance(axis, list) and len(axis) == 1 else None
                yield [tensor(dtype, shape, 'small')], attrs
                yield [tensor(dtype, shape, 'positive'), tensor(other, shape, 'positive')], attrs
                if along is not None:
                    yield [tensor(dtype, shape, 'positive'), tensor(other, [shape[along]], 'positive')], {**attrs, 'axis': along}
        yield [tensor(dtype, [3, 4], 'small'), tensor(dtype, [4], 'positive')], {}
        yield [tensor(dtype, [3, 4], 'small'), tensor(dtype, [3], 'positive')], {'axis': 1}


def by(answer, op):
    return lambda operands, attrs, notes: answer(op, operands, attrs, notes)


def nan_aware():
    yield from ((op, reductions(op), by(reduced, op)) for op in OF_NUMBERS)
    yield from ((op, reductions(op), by(index_of, op)) for op in ('nanargmin', 'nanargmax'))
    yield 'average', averages(), by(average, 'average')
    yield 'ptp', reductions('ptp'), by(spans, 'ptp')
