# What elements say about places, and elements as sets, in NumPy; NaNs are distinct, as the array API has them.
import numpy as np

from .cases import ANY, VIEWS, tensor, turn
from .elementwise import Refused, converted, joined

SHAPES = [[], [0], [1], [5], [17], [3, 4], [0, 3], [2, 3, 4]]


def places(op, operands, attrs, notes):
    (x,) = operands
    notes.add('int32')
    if op == 'count_nonzero':
        axis = attrs.get('axis')
        return np.count_nonzero(x, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=attrs.get('keepdims', False)).astype(np.int32) if x.ndim or axis is None else refuse()
    if op == 'flatnonzero':
        return np.flatnonzero(x).astype(np.int32)
    if x.ndim == 0:
        refuse()
    return [i.astype(np.int32) for i in np.nonzero(x)] if op == 'nonzero' else np.argwhere(x).astype(np.int32)


def refuse():
    raise Refused


def first_nonzero(_op, operands, attrs, notes):
    notes.add('int32')
    count = attrs['count']
    if count < 0:
        raise Refused
    found = np.flatnonzero(operands[0])[:count]
    return np.concatenate([found, np.full(count - len(found), -1)]).astype(np.int32)


def selected(_op, operands, attrs, _notes):
    x, mask = operands
    axis = attrs.get('axis')
    if axis is not None:
        if mask.ndim != 1 or x.ndim == 0 or mask.shape[0] != x.shape[axis]:
            raise Refused
        return np.compress(mask, x, axis=axis)
    try:
        return x[np.broadcast_to(mask, x.shape)].reshape(-1)
    except ValueError as error:
        raise Refused from error


def unique(op, operands, _attrs, notes):
    (x,) = operands
    notes.add('int32')
    values, indices, inverse, counts = np.unique(x, True, True, True, equal_nan=False)
    told = {'values': values, 'indices': indices.astype(np.int32), 'inverse': inverse.reshape(x.shape).astype(np.int32), 'counts': counts.astype(np.int32)}
    wanted = {'unique_values': [], 'unique_counts': ['values', 'counts'], 'unique_inverse': ['values', 'inverse'], 'unique_all': list(told)}[op]
    return {name: told[name] for name in wanted} if wanted else values


def factorized(_op, operands, _attrs, notes):
    """As pandas does, by a dictionary."""
    (x,) = operands
    notes.add('int32')
    found, codes, firsts = {}, [], []
    for i, value in enumerate(x.reshape(-1).tolist()):
        if value != value:
            codes.append(-1)
            continue
        if value not in found:
            found[value] = len(found)
            firsts.append(i)
        codes.append(found[value])
    return {'codes': np.array(codes, dtype=np.int32).reshape(x.shape), 'uniques': x.reshape(-1)[np.array(firsts, dtype=np.int64)]}


def sets(op, operands, attrs, notes):
    x, y = operands
    dtype = joined([x, y], notes)
    a, b = converted(x, dtype), converted(y, dtype)
    if op == 'isin':
        return np.isin(a, b, invert=attrs.get('invert', False))
    notes.add('nans')
    values = np.unique(np.concatenate([a.reshape(-1), b.reshape(-1)]) if op == 'union1d' else a, equal_nan=False)
    return values if op == 'union1d' else values[np.isin(values, b, invert=op == 'setdiff1d')]


def of_one(op):
    for d, dtype in enumerate(ANY):
        for i, shape in enumerate(SHAPES):
            for fill in ('few', 'special'):
                extra = {'count': turn([0, 3, 30, 5, -1], i + d)} if op == 'first_nonzero' else {}
                yield [tensor(dtype, shape, fill)], extra
                if op == 'count_nonzero' and shape:
                    yield [tensor(dtype, shape, fill)], turn([{'axis': 0}, {'axis': -1, 'keepdims': True}, {'axis': [0, len(shape) - 1] if len(shape) > 1 else [0]}], i)
        for shape, view in VIEWS[:4]:
            yield [tensor(dtype, shape, 'few', view)], {'count': 4} if op == 'first_nonzero' else {}


def selections():
    for dtype in ANY:
        for i, (shape, mask, axis) in enumerate([([5], [5], None), ([3, 4], [3, 4], None), ([3, 4], [4], None), ([3, 4], [3, 1], None), ([3, 4], [3], 0), ([3, 4], [4], -1), ([2, 3, 4], [3], 1),
                                                 ([0, 3], [3], 1), ([], [], None), ([4], [], None), ([3, 4], [3], 1), ([4], [2, 4], None), ([5], [5, 1], 0)]):
            yield [tensor(dtype, shape, turn(['special', 'bits'], i)), tensor('bool', mask, 'small')], {} if axis is None else {'axis': axis}


def pairs(op):
    for d, dtype in enumerate(ANY):
        for i, (a, b) in enumerate([([9], [5]), ([0], [3]), ([3], [0]), ([3, 4], [2, 2]), ([], [4]), ([17], [17])]):
            fill = turn(['few', 'special'], i + d)
            yield [tensor(dtype, a, fill), tensor(dtype, b, fill)], {'invert': True} if op == 'isin' and i % 2 else {}
            yield [tensor(dtype, a, 'few'), tensor(turn(ANY, d + i + 1), b, 'few')], {}


def by(answer, op):
    return lambda operands, attrs, notes: answer(op, operands, attrs, notes)


def selection():
    yield from ((op, of_one(op), by(places, op)) for op in ('count_nonzero', 'flatnonzero', 'nonzero', 'argwhere'))
    yield 'mask_select', selections(), by(selected, 'mask_select')
    yield from ((op, of_one(op), by(unique, op)) for op in ('unique_values', 'unique_counts', 'unique_inverse', 'unique_all'))
    yield 'factorize', of_one('factorize'), by(factorized, 'factorize')
    yield from ((op, pairs(op), by(sets, op)) for op in ('isin', 'setdiff1d', 'intersect1d', 'union1d'))
