# Tensors taken apart, put together, written to and laid out, in NumPy.
import numpy as np

from .cases import ANY, FLOATS, NUMERIC, tensor, turn
from .elementwise import LONG, Refused, converted, joined, rounded
from .inputs import DTYPES


def arranged(op, operands, attrs, _notes):
    x = operands[0]
    try:
        if op == 'unstack':
            return list(np.unstack(x, axis=attrs.get('axis', 0)))
        if op == 'rot90':
            return np.rot90(x, attrs.get('k', 1), tuple(attrs.get('axes', [0, 1])))
        if op == 'diag':
            return np.diag(x, attrs.get('k', 0))
        return list(np.meshgrid(*operands, indexing=attrs.get('indexing', 'xy')))
    except (ValueError, np.exceptions.AxisError) as error:
        raise Refused from error


def triangle(_op, _operands, attrs, notes):
    notes.add('float32')
    return np.tri(attrs['rows'], attrs.get('columns'), attrs.get('k', 0), dtype=DTYPES[attrs.get('dtype', 'float32')])


def integral(_op, operands, attrs, notes):
    dtype = joined(operands, notes)
    y, *x = (each.astype(LONG) for each in operands)
    try:
        return rounded(np.trapezoid(y, *x, attrs.get('dx', 1.0), axis=attrs.get('axis', -1)) if x else np.trapezoid(y, dx=attrs.get('dx', 1.0), axis=attrs.get('axis', -1)), dtype)
    except (ValueError, np.exceptions.AxisError) as error:
        raise Refused from error


def polynomial(_op, operands, _attrs, notes):
    p, x = operands
    if p.ndim != 1:
        raise Refused
    dtype = joined(operands, notes)
    p, x = converted(p, dtype), converted(x, dtype)
    value = np.zeros_like(x)
    for c in p:
        value = value * x + c
    return value


def written(op, operands, attrs, notes):
    x, indices, values = operands
    axis, indices, out = attrs.get('axis', -1 if op == 'put_along_axis' else 0), indices.astype(np.int64), x.copy()
    try:
        if op == 'put_along_axis':
            np.put_along_axis(out, indices, values, axis)
        else:
            np.add.at(np.moveaxis(out, axis, 0), indices, np.moveaxis(values, axis, 0))
    except (IndexError, ValueError, np.exceptions.AxisError) as error:
        raise Refused from error
    return out


def parts(op):
    for dtype in ANY:
        for i, shape in enumerate([[3], [3, 4], [2, 3, 4], [1, 1], [2, 2, 0]] if op != 'diag' else [[3], [0], [3, 4], [4, 2], [1, 1], [2, 2, 2]]):
            for k in range(3):
                attrs = {'unstack': {'axis': turn([0, -1, 1], k)}, 'diag': {'k': turn([0, 1, -2], k)}, 'rot90': {'k': turn([1, 2, -1, 4], i + k), 'axes': turn([[0, 1], [-1, 0], [1, 0]], k)}}[op]
                yield [tensor(dtype, shape, turn(['special', 'bits'], k))], attrs


def grids():
    for dtype in ANY:
        for shapes in [[3], [4]], [[3]], [[2], [3], [4]], [[0], [2]], [[], [3]]:
            for indexing in 'xy', 'ij':
                yield [tensor(dtype, shape, 'special') for shape in shapes], {'indexing': indexing}


def triangles():
    for dtype in ANY:
        for rows, columns, k in (3, None, 0), (2, 4, 1), (4, 2, -1), (0, 3, 0):
            yield [], {'rows': rows, **({} if columns is None else {'columns': columns}), 'k': k, 'dtype': dtype}


def integrals():
    for dtype in FLOATS:
        for shape in [1], [5], [3, 4], [2, 3, 4]:
            for axis in (0, -1):
                yield [tensor(dtype, shape, 'positive')], {'axis': axis, 'dx': 0.5}
                yield [tensor(dtype, shape, 'positive'), tensor(dtype, [shape[axis]], 'rising')], {'axis': axis}
                yield [tensor(dtype, shape, 'positive'), tensor(dtype, shape, 'rising')], {'axis': axis}
        yield [tensor(dtype, [3, 4], 'positive'), tensor(dtype, [3], 'rising')], {}


def polynomials():
    for d, dtype in enumerate(NUMERIC):
        for p, shape in ([1], [3]), ([4], [5]), ([3], [2, 3]), ([2], []), ([0], [2]), ([2, 2], [3]):
            yield [tensor(dtype, p, 'few'), tensor(dtype, shape, 'few')], {}
        yield [tensor(dtype, [3], 'few'), tensor(turn(NUMERIC, d + 1), [4], 'few')], {}


def writings(op):
    for dtype in NUMERIC:
        for x, indices, values, axis in [([3, 4], [3, 2], [3, 2], 1), ([3, 4], [1, 4], [1, 4], 0), ([2, 3, 4], [2, 3, 1], [2, 3, 1], -1)] if op == 'put_along_axis' else [([5], [1], [1], 0), ([3, 4], [2], [2, 4], 0), ([3, 4], [3], [3, 3], 1)]:
            # Of indices that occur twice the last one is written by both.
            yield [tensor(dtype, x, 'few'), tensor('int32', indices, 'index'), tensor(dtype, values, 'few')], {'axis': axis}
        yield [tensor(dtype, [4], 'few'), tensor('int32', [5], 'small'), tensor(dtype, [5], 'few')], {'axis': 0}


def by(answer, op):
    return lambda operands, attrs, notes: answer(op, operands, attrs, notes)


def arranging():
    yield from ((op, parts(op), by(arranged, op)) for op in ('unstack', 'rot90', 'diag'))
    yield 'meshgrid', grids(), by(arranged, 'meshgrid')
    yield 'tri', triangles(), by(triangle, 'tri')
    yield 'trapezoid', integrals(), by(integral, 'trapezoid')
    yield 'polyval', polynomials(), by(polynomial, 'polyval')
    yield from ((op, writings(op), by(written, op)) for op in ('put_along_axis', 'index_add'))
