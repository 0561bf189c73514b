# Means and extremes of groups of rows in NumPy.
import numpy as np

from .cases import INTEGERS, NUMERIC, tensor, turn
from .elementwise import LONG, Refused, dtype_of, is_float, rounded


def grouped(op, operands, attrs, notes):
    x, groups = operands[0], operands[1].astype(np.int64)
    count = attrs['count']
    if groups.ndim != 1 or (groups.size and (groups.min() < 0 or groups.max() >= count)):
        raise Refused
    if op == 'segment_mean':
        dtype = dtype_of(x)
        if not is_float(dtype):
            notes.add('float32')
            dtype = 'float32'
        totals = np.zeros((count, *x.shape[1:]), dtype=LONG)
        np.add.at(totals, groups, x.astype(LONG))
        counts = np.bincount(groups, minlength=count).reshape(-1, *[1] * (x.ndim - 1))
        return rounded(totals / counts, dtype)
    limits = (-np.inf, np.inf) if x.dtype.kind == 'f' else (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)
    least = op == 'segment_min'
    notes.add('identity')
    best = np.full((count, *x.shape[1:]), limits[least], dtype=x.dtype)
    for row, group in zip(x, groups):
        best[group] = (np.minimum if least else np.maximum)(best[group], row)
    return best


def groups():
    for k, index in enumerate(INTEGERS):
        for rows in (0, 1, 5, 17):
            for j, dtype in enumerate(NUMERIC):
                shape = [rows, *turn([[], [3], [2, 2]], j + k)]
                yield [tensor(dtype, shape, turn(['small', 'positive', 'few'], j)), tensor(index, [rows], 'index')], {'count': turn([3, 5, 2], k + j)}


def grouping():
    yield from ((op, groups(), lambda operands, attrs, notes, op=op: grouped(op, operands, attrs, notes)) for op in ('segment_mean', 'segment_min', 'segment_max'))
