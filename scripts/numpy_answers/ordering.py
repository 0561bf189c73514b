# Order along an axis in NumPy: stable, NaN last in either direction; running reductions in extended precision, rounded once.
import numpy as np

from .elementwise import LONG, Refused, converted, dtype_of, is_float, joined, larger, rounded, smaller


def order_of(row, descending):
    """Places of a row in order; Python's sort keeps equal elements in theirs, reversed too."""
    isnan = np.isnan(row) if row.dtype.kind == 'f' else np.zeros(len(row), dtype=bool)
    numbers = sorted((int(i) for i in np.flatnonzero(~isnan)), key=lambda i: row[i].item(), reverse=descending)
    return [*numbers, *np.flatnonzero(isnan)]


def ordered(op, operands, attrs, notes):
    (x,) = operands
    axis = attrs.get('axis', -1)
    if not -x.ndim <= axis < x.ndim:
        raise Refused
    if op == 'argsort':
        notes.add('int32')
    places = np.apply_along_axis(lambda row: order_of(row, attrs.get('descending', False)), axis, x) if x.size else np.zeros(x.shape)
    places = places.astype(np.int32)
    return places if op == 'argsort' else np.take_along_axis(x, places.astype(np.int64), axis)


def searched(_op, operands, attrs, notes):
    notes.add('int32')
    dtype = joined(operands, notes)
    ranks, values = (converted(x, dtype) for x in operands)
    if ranks.ndim != 1:
        raise Refused
    return np.searchsorted(ranks, values, side=attrs.get('side', 'left')).astype(np.int32)


def running(op, operands, attrs, notes):
    x = operands[0]
    axis = attrs.get('axis')
    if x.ndim == 0 or (axis is None and x.ndim > 1):
        raise Refused
    axis = 0 if axis is None else axis
    if op in ('cumulative_min', 'cumulative_max'):
        if is_float(dtype_of(x)):
            notes.add('zeros')
        return extremes_so_far(smaller if op == 'cumulative_min' else larger, x, axis)
    notes.add('width')
    dtype = 'int32' if dtype_of(x) == 'bool' else dtype_of(x)
    wide = x.astype(LONG) if is_float(dtype) else converted(x, dtype)
    fold = np.add if op == 'cumulative_sum' else np.multiply
    result = fold.accumulate(wide, axis=axis, dtype=wide.dtype)
    if attrs.get('includeInitial', False):
        shape = [1 if a == axis % x.ndim else n for a, n in enumerate(x.shape)]
        result = np.concatenate([np.full(shape, fold.identity, dtype=wide.dtype), result], axis=axis)
    return rounded(result, dtype) if is_float(dtype) else result


def extremes_so_far(fold, x, axis):
    """By pairs, so that zeros are ordered as the ops order them."""
    x = np.moveaxis(x, axis, 0)
    rows = [x[:1]]
    for i in range(1, len(x)):
        rows.append(fold(rows[-1], x[i : i + 1]))
    return np.moveaxis(np.concatenate(rows), 0, axis)
