# Histograms and distances in NumPy.
import numpy as np

from .cases import FLOATS, NUMERIC, tensor, turn
from .elementwise import LONG, Refused, dtype_of, is_float, joined, rounded
from .ordering import order_of

METRICS = ['euclidean', 'sqeuclidean', 'manhattan', 'chebyshev', 'cosine']
MISSING = {'v': None}


def floating(dtype, notes):
    if is_float(dtype):
        return dtype
    notes.add('float32')
    return 'float32'


def digitized(_op, operands, attrs, notes):
    x, edges = operands
    notes.add('int32')
    if edges.ndim != 1:
        raise Refused
    return np.searchsorted(edges, x, side='left' if attrs.get('right', False) else 'right').astype(np.int32)


def histogram(_op, operands, attrs, notes):
    x, edges, weights = [*operands, None, None][:3]
    notes.add('int32')
    dtype = floating(dtype_of(x), notes) if edges is None else dtype_of(edges)
    try:
        counts, bounds = np.histogram(x.astype(np.float64), attrs.get('bins', 10) if edges is None else edges, tuple(attrs['range']) if 'range' in attrs else None,
                                      weights=None if weights is None else weights.astype(np.float64), density=attrs.get('density', False))
    except ValueError as error:
        raise Refused from error
    bounds = rounded(bounds, dtype)
    if attrs.get('density', False):
        return {'counts': counts.astype(np.float64 if dtype == 'float64' else np.float32), 'edges': bounds}
    return {'counts': counts.astype(np.int32 if weights is None else weights.dtype), 'edges': bounds}


def distances(a, b, metric):
    a, b = a.astype(LONG), b.astype(LONG)
    if metric == 'cosine':
        unit = lambda rows: rows / np.sqrt(np.sum(rows * rows, axis=1, keepdims=True))
        return 1 - unit(a) @ unit(b).T
    apart = a[:, None, :] - b[None, :, :]
    if metric == 'manhattan':
        return np.sum(np.abs(apart), axis=-1)
    if metric == 'chebyshev':
        return np.max(np.abs(apart), axis=-1, initial=0)
    squares = np.sum(apart * apart, axis=-1)
    return np.sqrt(squares) if metric == 'euclidean' else squares


def measured(op, operands, attrs, notes):
    a, b = operands[0], operands[-1]
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise Refused
    dtype = floating(joined(operands, notes), notes)
    all_pairs = rounded(distances(a, b, attrs.get('metric', 'euclidean')), dtype)
    if op == 'cdist':
        return all_pairs
    if op == 'pdist':
        return all_pairs[np.triu_indices(len(a), 1)]
    notes.add('int32')
    if not 0 <= attrs['k'] <= len(b):
        raise Refused
    places = np.array([order_of(row, False)[:attrs['k']] for row in all_pairs], dtype=np.int64).reshape(len(a), attrs['k'])
    return {'distances': np.take_along_axis(all_pairs, places, 1), 'indices': places.astype(np.int32)}


def digits():
    for d, dtype in enumerate(NUMERIC):
        for i, shape in enumerate([[], [0], [17], [3, 5]]):
            yield [tensor(dtype, shape, turn(['small', 'few'], i)), tensor(dtype, [turn([9, 4, 0, 1], i + d)], 'rising')], {'right': (i + d) % 2 == 0}
        yield [tensor(dtype, [7], 'special'), tensor(dtype, [9], 'rising')], {}
        yield [tensor(dtype, [7], 'few'), tensor(dtype, [3, 3], 'few')], {}


def histograms():
    for dtype in NUMERIC:
        for i, shape in enumerate([[33], [3, 5], [1], [0]]):
            yield [tensor(dtype, shape, 'few'), MISSING, MISSING], turn([{}, {'bins': 4}, {'bins': 8, 'density': True}], i)
            yield [tensor(dtype, shape, 'small'), MISSING, MISSING], {'bins': 4, 'range': turn([[-4, 4], [0, 2], [-1, 15]], i)}
            yield [tensor(dtype, shape, 'small'), tensor(dtype, [turn([9, 4, 2], i)], 'rising')], {}
            if dtype in FLOATS:
                yield [tensor(dtype, shape, 'small'), tensor(dtype, [7], 'rising'), tensor(dtype, shape, 'few')], {}
        yield [tensor(dtype, [5], 'small')], {'bins': 0}
        yield [tensor(dtype, [5], 'small')], {'range': [2, 1]}
        yield [tensor(dtype, [7], 'small'), MISSING, MISSING], {'bins': 3, 'range': [1, 1]}
        if dtype in FLOATS:
            yield [tensor(dtype, [33], 'holes'), tensor(dtype, [9], 'rising')], {}


def rows(op):
    for d, dtype in enumerate(NUMERIC):
        for i, (a, b) in enumerate([([5, 3], [4, 3]), ([1, 1], [2, 1]), ([0, 3], [2, 3]), ([9, 17], [7, 17]), ([3, 0], [2, 0]), ([3, 2], [3, 3]), ([3], [3, 3])]):
            for k in range(2):
                metric = turn(METRICS, d + 2 * i + k)
                if (metric == 'cosine' and 0 in a) or (metric == 'cosine' and op == 'knn'):
                    metric = 'manhattan'
                operands = [tensor(dtype, a, 'positive'), tensor(turn(NUMERIC, d + k), b, 'positive')]
                yield operands[:1] if op == 'pdist' else operands, {'metric': metric, **({'k': turn([1, 2, 0, 9], i + k)} if op == 'knn' else {})}


def by(answer, op):
    return lambda operands, attrs, notes: answer(op, operands, attrs, notes)


def measures():
    yield 'digitize', digits(), by(digitized, 'digitize')
    yield 'histogram', histograms(), by(histogram, 'histogram')
    yield from ((op, rows(op), by(measured, op)) for op in ('cdist', 'pdist', 'knn'))
