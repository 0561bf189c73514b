# Every op with the calls that are asked of it and the function that answers them.
from . import decompositions, elementwise, fourier, ordering, reductions, selection, structure
from .cases import ANY, FLOATS, FRACTIONS, INTEGERS, LIMITS, NUMERIC, SAMPLED, VIEWS, binary, held_literals, literal, mixed, outer_literals, tensor, turn, unary, with_literals

UNARY_NUMERIC = ['negative', 'abs', 'sign', 'square', 'floor', 'ceil', 'trunc', 'round', 'relu', 'isnan']
UNARY_FLOAT = ['sqrt', 'reciprocal', 'isinf', 'isfinite', 'exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan',
               'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'erf', 'sigmoid', 'silu', 'softplus', 'gelu']
BINARY_NUMERIC = ['add', 'subtract', 'multiply', 'divide', 'floor_divide', 'remainder', 'maximum', 'minimum']
COMPARISONS = ['equal', 'not_equal', 'less', 'less_equal', 'greater', 'greater_equal']
BINARY_FLOAT = ['logaddexp', 'pow', 'hypot', 'atan2', 'leaky_relu', 'elu']
BITWISE = ['bitwise_and', 'bitwise_or', 'bitwise_xor']


def one(dtypes, count=1):
    for dtype in dtypes:
        yield from unary(dtype, count)


def few(dtypes):
    """As `one`, for ops that share their form with others."""
    for dtype in dtypes:
        for shape, fill in ([17], 'spread'), ([3, 5], 'special'), ([24], 'sweep'), ([67], 'bits'), ([130], 'unit'), ([], 'wide'), ([0], 'small'):
            yield [tensor(dtype, shape, fill)], {}
        yield [tensor(dtype, [5, 3], 'spread', 'T')], {}


def few_pairs(dtypes):
    for dtype in dtypes:
        for left, right, fills in ([9], [9], ('spread', 'small')), ([3, 1], [1, 5], ('special', 'special')), ([24, 24], [24, 24], ('sweep', 'sweep2')), ([64], [64], ('wide', 'spread')), ([], [0], ('small', 'small')):
            yield [tensor(dtype, left, fills[0]), tensor(dtype, right, fills[1])], {}
        yield [tensor(dtype, [5, 3], 'spread', 'T'), tensor(dtype, [3], 'small', 'flip')], {}
        yield [tensor(dtype, [7], 'small'), tensor(turn(dtypes, dtypes.index(dtype) + 1), [7], 'small')], {}
        yield from with_literals(dtype, held_literals(dtype)[:3])


def two(dtypes, literals=(), refused=True):
    for dtype in dtypes:
        yield from binary(dtype)
        yield from mixed(dtype, dtypes)
        yield from with_literals(dtype, [*held_literals(dtype), *literals] if dtype not in INTEGERS else held_literals(dtype))
        if dtype in INTEGERS:
            yield from with_literals(dtype, literals, 'small')
        if refused:
            yield from with_literals(dtype, outer_literals(dtype))


def clips():
    for dtype in NUMERIC:
        for i, fill in enumerate(['spread', 'special', 'edge', 'wide', 'small']):
            for shapes in ([[9], [], []], [[3, 5], [5], [3, 1]], [[], [7], [1]], [[17], [17], [17]], [[0], [1], []], [[2, 3, 4], [3, 1], [4]]):
                yield [tensor(dtype, shape, fill) for shape in shapes], {}
            yield [tensor(dtype, *turn(VIEWS, i)[:1], fill, turn(VIEWS, i)[1]), literal(1), literal(3)], {}
        yield from ([[tensor(dtype, [13], 'special'), literal(low), literal(high)], {}] for low in held_literals(dtype)[:4] for high in held_literals(dtype)[1:5])
        for beyond in outer_literals(dtype):
            yield [tensor(dtype, [13], 'special'), literal(0), literal(beyond)], {}


def choices():
    shapes = ([[5], [5], [5]], [[], [7], []], [[3, 1], [5], [3, 5]], [[17], [], [17]], [[0], [1], [0]], [[2, 1, 4], [3, 1], []])
    for dtype in ANY:
        for i, (c, x, y) in enumerate(shapes):
            fill = turn(['special', 'bits', 'small'], i)
            yield [tensor('bool', c, 'small'), tensor(dtype, x, fill), tensor(dtype, y, fill)], {}
            other = turn(ANY, ANY.index(dtype) + i + 1)
            yield [tensor('bool', c, 'small'), tensor(dtype, x, 'special'), tensor(other, y, 'special')], {}
        for value in [*held_literals(dtype), *outer_literals(dtype)]:
            yield [tensor('bool', [9], 'small'), tensor(dtype, [9], 'special'), literal(value)], {}
            yield [tensor('bool', [3, 1], 'small'), literal(value), tensor(dtype, [5], 'special')], {}
        for shape, view in VIEWS:
            yield [tensor('bool', shape, 'small', view), tensor(dtype, shape, 'special', view), tensor(dtype, shape, 'small')], {}


def reduced(op, dtypes):
    fills = {'var': ['small', 'positive'], 'std': ['small', 'positive'], 'prod': ['few', 'positive', 'holes']}.get(op, ['small', 'positive', 'holes'])
    for dtype in dtypes:
        for i, shape in enumerate(reductions.SHAPES):
            for k, attrs in enumerate(reductions.ways(shape)):
                if op in ('argmax', 'argmin') and isinstance(attrs.get('axis'), list):
                    attrs = {**attrs, 'axis': attrs['axis'][0]}
                if op in ('var', 'std') and k % 2:
                    attrs = {**attrs, 'correction': 1}
                yield [tensor(dtype, shape, turn(fills, i + k))], attrs
        for k, (shape, view) in enumerate(VIEWS):
            yield [tensor(dtype, shape, turn(fills, k), view)], {'axis': turn([0, -1], k)}
        for fill in fills:
            yield [tensor(dtype, [1031], fill)], {}
            yield [tensor(dtype, [41, 37], fill)], {'axis': 0}


def by_rows():
    for dtype in FLOATS:
        for i, shape in enumerate(reductions.SHAPES[1:]):
            for axis in sorted({0, -1, len(shape) // 2}):
                for fill in ('spread', 'wide' if i % 2 and dtype != 'float64' else 'holes'):
                    yield [tensor(dtype, shape, fill)], {'axis': axis}
        for k, (shape, view) in enumerate(VIEWS):
            yield [tensor(dtype, shape, 'spread', view)], {'axis': turn([0, -1], k)}


PRODUCTS = [([3, 5], [5, 4]), ([1, 1], [1, 1]), ([5], [5]), ([5], [5, 3]), ([3, 5], [5]), ([0, 3], [3, 4]), ([3, 0], [0, 4]), ([2, 3, 5], [5, 4]), ([3, 5], [2, 5, 4]),
            ([2, 1, 3, 5], [3, 5, 4]), ([1, 3, 5], [4, 5, 2]), ([17, 9], [9, 33]), ([16, 16], [16, 16]), ([2, 0, 3], [3, 4]), ([5], [2, 5, 3]), ([2, 4, 5], [5])]


def products():
    for dtype in NUMERIC:
        for i, (a, b) in enumerate(PRODUCTS):
            for fill in ('small', 'positive', 'holes' if i % 2 else 'few'):
                yield [tensor(dtype, a, fill), tensor(dtype, b, fill)], {}
            if len(a) > 1 and len(b) > 1:
                yield [tensor(dtype, [*a[:-2], a[-1], a[-2]], 'small'), tensor(dtype, b, 'small')], {'transposeA': True}
                yield [tensor(dtype, a, 'small'), tensor(dtype, [*b[:-2], b[-1], b[-2]], 'small')], {'transposeB': True}
                yield [tensor(dtype, a, 'small', 'T' if len(a) == 2 else 'flip'), tensor(dtype, b, 'small', 'step')], {}
        for i, other in enumerate(NUMERIC):
            if other != dtype:
                yield [tensor(dtype, [3, 5], 'small'), tensor(other, [5, 2], 'small')], {}


def outers():
    for dtype in NUMERIC:
        for a, b in ([3], [5]), ([1], [1]), ([0], [4]), ([17], [9]), ([33], [7]):
            for fill in ('small', 'wide', 'special'):
                yield [tensor(dtype, a, fill), tensor(dtype, b, fill)], {}
        for other in NUMERIC:
            if other != dtype:
                yield [tensor(dtype, [4], 'small'), tensor(other, [3], 'small')], {}


def traces():
    for dtype in NUMERIC:
        for shape in [3, 3], [1, 1], [0, 0], [2, 4, 4], [17, 17], [3, 5], [5, 3], [2, 4, 3]:
            for fill in ('small', 'positive', 'holes'):
                yield [tensor(dtype, shape, fill)], {}
        yield [tensor(dtype, [5, 5], 'small', 'flip')], {}


SYSTEMS = [([1, 1], [1]), ([3, 3], [3]), ([5, 5], [5, 2]), ([2, 3, 3], [3]), ([2, 3, 3], [2, 3, 4]), ([2, 1, 3, 3], [3, 3, 2]), ([2, 3, 4, 4], [3, 4, 1]), ([3, 4, 4], [2, 3, 4, 2]),
           ([4, 4], [3, 4, 2]), ([1, 4, 4], [3, 4, 2]), ([17, 17], [17]), ([33, 33], [33, 3]), ([9, 9], [9, 9]), ([2, 2, 2], [2])]


def systems(op):
    for dtype in FLOATS:
        for a, b in SYSTEMS:
            for fill in ('dominant', 'definite'):
                for attrs in [{}] if op == 'solve' else [{}, {'lower': False}, {'transposeA': True}, {'lower': False, 'transposeA': True}]:
                    yield [tensor(dtype, a, fill), tensor(dtype, b, 'small')], attrs
        yield [tensor(dtype, [5, 5], 'dominant'), tensor('float64' if dtype == 'float32' else 'float32', [5], 'small')], {}


def roots_of_matrices():
    for dtype in FLOATS:
        for shape in [1, 1], [2, 2], [3, 3], [2, 4, 4], [9, 9], [17, 17], [33, 33], [2, 3, 5, 5], [65, 65]:
            yield [tensor(dtype, shape, 'definite')], {}


SQUARES = [[1, 1], [2, 2], [3, 3], [2, 4, 4], [5, 5], [9, 9], [2, 3, 3, 3]]
OBLONGS = [[3, 4], [4, 3], [1, 2], [2, 5, 4]]


def decomposed(op):
    is_square = op in ('eigh_packed', 'eigvalsh', 'det', 'expm', 'eig_packed', 'eigvals_packed')
    for dtype in FLOATS:
        for shape in SQUARES if is_square else [*SQUARES, *OBLONGS, [9, 2], [2, 9]]:
            # Of more than one column without a value any turn is as good.
            is_open = op in ('qr_packed', 'svd_packed') and abs(shape[-1] - shape[-2]) > 1
            if op in ('eigvalsh', 'svdvals', 'det') and shape == [9, 9]:
                yield from ([[tensor(dtype, [n, n], 'spread')], {}] for n in (17, 33))
            for fill in ('spread', 'unit')[: 1 if shape == [9, 9] else 2]:
                if op == 'svd_packed':
                    yield from ([[tensor(dtype, shape, fill)], {'fullMatrices': full}] for full in ([False] if is_open else [True, False]))
                elif op == 'qr_packed':
                    yield from ([[tensor(dtype, shape, fill)], {'mode': mode}] for mode in (['reduced'] if is_open else ['reduced', 'complete']))
                else:
                    yield [tensor(dtype, shape, fill)], {}
        yield [tensor(dtype, [4, 4], 'spread', 'T')], {}
        yield [tensor(dtype, [5], 'spread')], {}
        if is_square:
            yield [tensor(dtype, [3, 4], 'spread')], {}


MOVES = {
    'permute_dims': [([3, 5], {}), ([2, 3, 4], {}), ([2, 3, 4], {'axes': [1, 0, 2]}), ([2, 3, 4], {'axes': [-1, 0, 1]}), ([5], {}), ([], {}), ([0, 3], {}), ([17, 9], {'axes': [1, 0]})],
    'slice': [([9], {'start': [2]}), ([9], {'stop': [-2]}), ([9], {'step': [3]}), ([9], {'step': [-1]}), ([9], {'start': [-3], 'stop': [100]}), ([9], {'start': [7], 'stop': [2], 'step': [-2]}),
              ([5, 7], {'start': [1, 2], 'stop': [4, None]}), ([5, 7], {'start': [None, 5], 'step': [1, -2]}), ([2, 3, 4], {'start': [1]}), ([5], {'start': [5]}), ([5], {'start': [3], 'stop': [1]}),
              ([0], {'start': [0]}), ([33], {'start': [1], 'step': [2]}), ([5, 7], {'stop': [0, 3]}), ([9], {'start': [100], 'stop': [-100], 'step': [-4]})],
    'reshape': [([6], {'shape': [2, 3]}), ([2, 3, 4], {'shape': [-1]}), ([2, 3, 4], {'shape': [4, -1]}), ([1], {'shape': []}), ([], {'shape': [1, 1]}), ([0, 3], {'shape': [3, 0]}), ([6], {'shape': [4]}), ([0], {'shape': [2, 0]})],
    'moveaxis': [([2, 3, 4], {'source': 0, 'destination': 2}), ([2, 3, 4], {'source': -1, 'destination': 0}), ([3, 5], {'source': 1, 'destination': 0}), ([5], {'source': 0, 'destination': 0})],
    'flip': [([5], {}), ([3, 5], {}), ([3, 5], {'axis': 0}), ([2, 3, 4], {'axis': [0, -1]}), ([], {}), ([0], {}), ([33], {'axis': -1})],
    'broadcast_to': [([], {'shape': [3]}), ([1], {'shape': [0]}), ([5], {'shape': [3, 5]}), ([3, 1], {'shape': [2, 3, 4]}), ([1], {'shape': [17]}), ([2], {'shape': [3]}), ([3, 4], {'shape': [3, 4]})],
    'expand_dims': [([5], {}), ([5], {'axis': -1}), ([2, 3], {'axis': 1}), ([], {'axis': 0}), ([0], {'axis': 1})],
    'squeeze': [([1, 5, 1], {}), ([1, 5, 1], {'axis': 0}), ([1, 5, 1], {'axis': [-1]}), ([1], {}), ([], {}), ([2, 1], {'axis': 0})],
    'diagonal': [([3, 3], {}), ([3, 5], {'offset': 1}), ([5, 3], {'offset': -2}), ([2, 4, 4], {'offset': 3}), ([3, 3], {'offset': 9}), ([0, 3], {}), ([17, 9], {'offset': -1})],
    'repeat': [([5], {'repeats': 3}), ([3, 4], {'repeats': 2, 'axis': 1}), ([3, 4], {'repeats': 2}), ([3], {'repeats': 0}), ([2, 3, 4], {'repeats': 5, 'axis': -1}), ([0], {'repeats': 2})],
    'tril': [([3, 3], {}), ([3, 5], {'k': 1}), ([5, 3], {'k': -1}), ([2, 4, 4], {}), ([4, 4], {'k': -9}), ([17, 9], {'k': 2}), ([0, 3], {})],
    'triu': [([3, 3], {}), ([3, 5], {'k': 1}), ([5, 3], {'k': -1}), ([2, 4, 4], {}), ([4, 4], {'k': 9}), ([17, 9], {'k': -2}), ([0, 3], {})],
    'roll': [([5], {'shift': 2}), ([5], {'shift': [-1], 'axis': 0}), ([3, 4], {'shift': 5}), ([3, 4], {'shift': [1, -6], 'axis': [0, 1]}), ([2, 3, 4], {'shift': 1, 'axis': [-1, 0]}), ([2, 3, 4], {'shift': [1, 1], 'axis': [1, 1]}), ([0, 3], {'shift': 2, 'axis': 0}), ([17], {'shift': 16})],
    'tile': [([3], {'repetitions': 2}), ([3], {'repetitions': [2, 2]}), ([2, 3], {'repetitions': [2, 1]}), ([2, 3, 4], {'repetitions': [2]}), ([2, 3], {'repetitions': [0, 2]}), ([0], {'repetitions': 3}), ([], {'repetitions': [2, 3]}), ([17], {'repetitions': 5})],
    'zeros_like': [([], {}), ([0], {}), ([3, 5], {}), ([17], {})],
    'ones_like': [([], {}), ([0], {}), ([3, 5], {}), ([17], {})],
}


def moves(op):
    for dtype in ANY:
        for shape, attrs in MOVES[op]:
            for fill in ('special', 'bits'):
                yield [tensor(dtype, shape, fill)], attrs
        for shape, view in VIEWS:
            fitting = next((attrs for own, attrs in MOVES[op] if len(own) == len(shape)), None)
            if fitting is not None and op not in ('reshape', 'broadcast_to', 'squeeze'):
                yield [tensor(dtype, shape, 'special', view)], fitting


def orders(op):
    dtypes = ANY if op in ('sort', 'argsort', 'cumulative_sum') else NUMERIC
    fills = {'cumulative_prod': ['few', 'positive', 'holes'], 'cumulative_sum': ['small', 'positive', 'holes']}.get(op, ['special', 'few', 'bits'])
    extra = {'sort': {'descending': True}, 'argsort': {'descending': True}, 'cumulative_sum': {'includeInitial': True}, 'cumulative_prod': {'includeInitial': True}}.get(op)
    for dtype in dtypes:
        for i, shape in enumerate([[], *reductions.SHAPES]):
            for axis in sorted({0, -1, len(shape) // 2}) if len(shape) > 1 else [0, None]:
                attrs = {} if axis is None else {'axis': axis}
                yield [tensor(dtype, shape, turn(fills, i))], attrs
                if extra is not None and i % 3 == 1:
                    yield [tensor(dtype, shape, turn(fills, i + 1))], {**attrs, **extra}
        for k, (shape, view) in enumerate(VIEWS):
            yield [tensor(dtype, shape, turn(fills, k), view)], {'axis': turn([0, -1], k)}
        yield [tensor(dtype, [1031], fills[0])], {'axis': 0}
        yield [tensor(dtype, [41, 37], fills[1])], {'axis': 0}


def searches():
    for dtype in NUMERIC:
        for k, length in enumerate([0, 1, 2, 5, 17, 33]):
            for shape in [], [5], [3, 4], [0]:
                for side in 'left', 'right':
                    yield [tensor(dtype, [length], 'rising'), tensor(dtype, shape, turn(['small', 'special', 'few'], k))], {'side': side}
        for other in NUMERIC:
            if other != dtype:
                yield [tensor(dtype, [9], 'rising'), tensor(other, [7], 'few')], {}


def combinations(op):
    for dtype in ANY:
        for shape in [5], [3, 4], [2, 3, 4], [0], [17]:
            for axis in sorted({0, -1, len(shape) // 2}):
                yield [tensor(dtype, shape, 'special'), tensor(dtype, shape, 'bits'), tensor(dtype, shape, 'small')], {'axis': axis}
        yield [tensor(dtype, [4], 'bits')], {}
        if op == 'concat':
            yield [tensor(dtype, [3, 4], 'special'), tensor(dtype, [0, 4], 'special'), tensor(dtype, [2, 4], 'bits')], {}
        for other in ANY:
            yield [tensor(dtype, [3], 'special'), tensor(other, [3], 'special')], {}


def takes():
    for dtype in ANY:
        for k, (shape, places) in enumerate([([5], [3]), ([5], []), ([5], [2, 3]), ([3, 4], [5]), ([2, 3, 4], [2, 2]), ([33], [17]), ([5], [0]), ([0, 3], [0])]):
            indices = tensor(turn(INTEGERS, k), places, 'index')
            yield [tensor(dtype, shape, 'special'), indices], {}
            yield [tensor(dtype, shape, 'bits'), indices], {'axis': -1}
        yield [tensor(dtype, [3], 'bits'), tensor('int32', [40], 'small')], {}


def along():
    for dtype in ANY:
        for k, (shape, places, axis) in enumerate([([5], [3], 0), ([3, 4], [3, 2], 1), ([3, 4], [2, 4], 0), ([3, 4], [1, 5], 1), ([2, 3, 4], [2, 1, 4], -2), ([2, 1, 4], [2, 3, 2], -1), ([33], [17], -1), ([5], [0], 0)]):
            yield [tensor(dtype, shape, turn(['special', 'bits'], k)), tensor(turn(INTEGERS, k), places, 'index')], {'axis': axis}
        yield [tensor(dtype, [4], 'bits'), tensor('int32', [40], 'small')], {'axis': 0}


def groups(op):
    for k, index in enumerate(INTEGERS):
        for rows in (0, 1, 5, 17, 130):
            for count in (2, 4, 9):
                number = tensor(index, [rows], 'positive' if count == 9 else 'index')
                if op == 'bincount':
                    yield [number], {'count': count + 1}
                    continue
                for j, dtype in enumerate(ANY):
                    yield [tensor(dtype, [rows, *turn([[], [3], [2, 2]], j + k)], turn(['small', 'positive', 'holes'], j)), number], {'count': count + 1}


def hots():
    for dtype in INTEGERS:
        for shape in [], [5], [2, 3], [0]:
            for to in ANY:
                yield [tensor(dtype, shape, 'index')], {'depth': 3, 'dtype': to}
        yield [tensor(dtype, [17], 'special')], {'depth': 4}


def casts():
    for dtype in ANY:
        for to in ANY:
            for shape, fill in ([9], 'small'), ([40], 'sweep'), ([], 'special'), ([0], 'small'), ([33], 'bits'), ([2, 3], 'wide'):
                yield [tensor(dtype, shape, fill)], {'dtype': to}


def creations(op):
    shapes = [[], [0], [5], [3, 4], [17], [2, 0]]
    if op in ('zeros', 'ones'):
        yield from (([], {'shape': shape, 'dtype': dtype}) for shape in shapes for dtype in ANY)
        yield [], {'shape': [3]}
    if op in ('full', 'full_like'):
        for dtype in ANY:
            for value in [0, 1] if dtype == 'bool' else [0, 1, 2.7, 300, -1, 0.1, 70000, *([] if dtype.startswith('u') else [-2.7])]:
                if op == 'full':
                    yield from (([], {'shape': shape, 'value': value, 'dtype': dtype}) for shape in ([], [5]))
                else:
                    yield [tensor(dtype, [2, 3], 'small')], {'value': value}
    if op == 'eye':
        yield from (([], {'rows': rows, 'columns': columns, 'k': k, 'dtype': dtype}) for rows in (0, 1, 3, 9) for columns in (None, 2, 5) for k in (-1, 0, 2) for dtype in ANY)
    if op == 'arange':
        for dtype in NUMERIC:
            for start, stop, step in (5, None, 1), (0, None, 1), (2, 9, 1), (2, 9, 3), (9, 2, -2), (3, 3, 1), (5, 2, 1), (0, 100, 1), (0, 17, 0.5), (0, 3, 0.25):
                if isinstance(step, int) or dtype.startswith('float'):
                    yield [], {'start': start, **({} if stop is None else {'stop': stop, 'step': step}), 'dtype': dtype}
    if op == 'linspace':
        for dtype in NUMERIC:
            for start, stop, count in (0, 1, 5), (0, 10, 11), (3, 3, 4), (5, 0, 6), (0, 1, 1), (0, 1, 0), (0, 100, 33), (1, 2, 2), (0.1, 0.7, 7), *([] if dtype.startswith('u') else [(-3, 2, 9), (-1, 1, 8)]):
                yield [], {'start': start, 'stop': stop, 'count': count, 'dtype': dtype}


def draws(op):
    for seed in (0, 1, 7, 2**32 + 5, 2**40):
        if op == 'random_permutation':
            yield from (([], {'n': n, 'seed': seed}) for n in (0, 1, 2, 9, 33, 100))
        elif op == 'random_integers':
            yield from (([], {'shape': shape, 'low': low, 'high': high, 'seed': seed}) for shape in ([], [0], [7], [3, 5], [33]) for low, high in ((0, 10), (-5, 5), (-2**31, 2**31), (3, 4)))
        else:
            yield from (([], {'shape': shape, 'seed': seed, 'dtype': dtype}) for shape in ([], [0], [7], [3, 5], [33], [130]) for dtype in ('float32', 'float64'))


def transforms(op):
    """Lengths with small and large prime factors, along every axis; complex numbers are pairs in the last axis."""
    pair = [] if op == 'rfft' else [2]
    for dtype in ['float64', 'float32']:
        for length in (1, 2, 3, 4, 5, 6, 8, 9, 12, 15, 16, 25, 29, 30, 31, 49, 64, 97, 120, 128, 243, 360, 529, 1009):
            if op != 'irfft' or length > 1:
                yield [tensor(dtype, [length, *pair], 'spread' if length % 2 else 'small')], {'norm': turn(['backward', 'ortho', 'forward'], length)}
        for shape, attrs in ([3, 5], {}), ([3, 5], {'axis': 0}), ([2, 3, 4], {'axis': 1}), ([2, 3, 4], {'axis': -2, 'n': 5}), ([4, 6], {'n': 3, 'norm': 'ortho'}), ([0, 4], {}), ([7], {'n': 1}), ([5], {'n': 12}):
            yield [tensor(dtype, [*shape, *pair], 'unit')], attrs
        yield [tensor(dtype, [9, *pair], 'positive')], {}
        yield [tensor(dtype, [4, 6, *pair], 'spread', 'step')], {}
    yield [tensor('int32', [6, *pair], 'small')], {}
    yield [tensor('float16', [8, *pair], 'small')], {}


def frequencies():
    for n in 1, 2, 5, 8, 33:
        yield [], {'n': n}
        yield [], {'n': n, 'd': 0.1, 'dtype': 'float64'}


def by(function, op):
    return lambda operands, attrs, notes: function(op, operands, attrs, notes)


REDUCED = {'sum': ANY, 'prod': NUMERIC, 'mean': [*FLOATS, 'bool'], 'var': FLOATS, 'std': FLOATS, 'min': NUMERIC, 'max': NUMERIC, 'argmin': NUMERIC, 'argmax': NUMERIC,
           'all': ANY, 'any': ANY, 'logsumexp': FLOATS, 'norm': FLOATS, 'norm1': FLOATS, 'norm_inf': FLOATS}


def all_calls():
    """Every op with its calls, and the function that answers them."""
    element = elementwise.answer
    yield from ((op, one(NUMERIC), by(element, op)) for op in UNARY_NUMERIC)
    yield from ((op, one(FLOATS, 2), by(element, op)) for op in UNARY_FLOAT)
    yield from ((op, two(NUMERIC, FRACTIONS), by(element, op)) for op in BINARY_NUMERIC)
    yield from ((op, two(ANY, FRACTIONS), by(element, op)) for op in COMPARISONS)
    yield from ((op, two(FLOATS), by(element, op)) for op in BINARY_FLOAT)
    yield from ((op, two([*INTEGERS, 'bool']), by(element, op)) for op in BITWISE)
    yield from ((op, two(['bool']), by(element, op)) for op in ('logical_and', 'logical_or', 'logical_xor'))
    yield from ((op, few(FLOATS), by(element, op)) for op in ('exp2', 'cbrt', 'erfc', 'sinc', 'logit', 'log_sigmoid', 'gamma', 'lgamma', 'digamma', 'erfinv', 'i0', 'deg2rad', 'rad2deg', 'signbit'))
    yield from ((op, few_pairs(FLOATS), by(element, op)) for op in ('copysign', 'nextafter', 'heaviside'))
    yield from ((op, few_pairs(NUMERIC), by(element, op)) for op in ('fmod', 'fmax', 'fmin'))
    yield from ((op, few_pairs(INTEGERS), by(element, op)) for op in ('bitwise_left_shift', 'bitwise_right_shift', 'gcd', 'lcm'))
    yield 'bitwise_count', few(INTEGERS), by(reductions.bits, 'bitwise_count')
    yield 'positive', few(NUMERIC), by(element, 'positive')
    yield 'logical_not', one(['bool']), by(element, 'logical_not')
    yield 'clip', clips(), by(element, 'clip')
    yield 'where', choices(), lambda operands, _attrs, notes: elementwise.where(operands, notes)
    yield from ((op, reduced(op, dtypes), by(reductions.reduction, op)) for op, dtypes in REDUCED.items())
    yield from ((op, by_rows(), by(reductions.rows, op)) for op in ('softmax', 'log_softmax'))
    yield 'matmul', products(), by(reductions.matmul, 'matmul')
    yield 'outer', outers(), by(reductions.matmul, 'outer')
    yield 'trace', traces(), by(reductions.trace, 'trace')
    yield from ((op, systems(op), by(reductions.factored, op)) for op in ('solve', 'solve_triangular'))
    yield 'cholesky', roots_of_matrices(), by(reductions.factored, 'cholesky')
    yield from ((op, decomposed(op), by(decompositions.decomposed, op)) for op in decompositions.PARTS)
    yield from ((op, moves(op), by(structure.moved, op)) for op in MOVES)
    yield from ((op, combinations(op), by(structure.combined, op)) for op in ('concat', 'stack'))
    yield from ((op, orders(op), by(ordering.ordered, op)) for op in ('sort', 'argsort'))
    yield from ((op, orders(op), by(ordering.running, op)) for op in ('cumulative_sum', 'cumulative_prod', 'cumulative_min', 'cumulative_max'))
    yield 'searchsorted', searches(), by(ordering.searched, 'searchsorted')
    yield 'take_along_axis', along(), by(structure.taken_along, 'take_along_axis')
    yield from ((op, groups(op), by(structure.grouped, op)) for op in ('segment_sum', 'bincount'))
    yield 'first_nonzero', selection.of_one('first_nonzero'), by(selection.first_nonzero, 'first_nonzero')
    yield 'take', takes(), by(structure.taken, 'take')
    yield 'one_hot', hots(), by(structure.one_hot, 'one_hot')
    yield 'astype', casts(), by(structure.cast, 'astype')
    yield from ((op, creations(op), by(structure.created, op)) for op in ('full', 'full_like', 'zeros', 'ones', 'eye', 'arange', 'linspace'))
    yield from ((op, transforms(op), by(fourier.transformed, op)) for op in ('fft', 'ifft', 'rfft', 'irfft'))
    yield from ((op, frequencies(), by(fourier.frequencies, op)) for op in ('fftfreq', 'rfftfreq'))
    yield from ((op, draws(op), by(structure.drawn, op)) for op in ('random_uniform', 'random_normal', 'random_integers', 'random_permutation'))


LITERALS = {'int16': [-7, 32767], 'uint16': [7, 65535], 'uint64': [7, 2**64 - 1]}


def sampled_unary(dtype):
    yield from (([tensor(dtype, shape, fill)], {}) for shape, fill in (([24], 'sweep'), ([67], 'bits'), ([], 'special')))


def sampled_binary(dtype):
    yield [tensor(dtype, [14, 14], 'sweep'), tensor(dtype, [14, 14], 'sweep2')], {}
    yield [tensor(dtype, [3, 1], 'special'), tensor(dtype, [17], 'small')], {}
    for other in [*INTEGERS, *SAMPLED, 'float32', 'float64']:
        yield [tensor(dtype, [9], 'special'), tensor(other, [9], 'special' if other in LIMITS else 'small')], {}
    for value in LITERALS[dtype]:
        yield [tensor(dtype, [17], 'special'), literal(value)], {}
    for value in [outer_literals(dtype)[0], 0.5]:
        yield [tensor(dtype, [5], 'special'), literal(value)], {}


def sampled_pairs(dtype):
    yield [tensor(dtype, [30], 'sweep'), tensor(dtype, [30], 'positive')], {}
    yield [tensor(dtype, [30], 'bits'), tensor(dtype, [30], 'positive')], {}


def sampled_reduced(dtype):
    for shape, attrs in ([17], {}), ([41, 3], {'axis': 0}), ([3, 37], {'axis': 1}):
        yield from (([tensor(dtype, shape, fill)], attrs) for fill in ('bits', 'small'))


def sampled_ordered(dtype):
    yield [tensor(dtype, [40], 'sweep')], {}
    yield [tensor(dtype, [3, 7], 'bits')], {'axis': 0}


def sampled_casts(dtype):
    for other in [*ANY, *SAMPLED]:
        yield [tensor(dtype, [40], 'sweep')], {'dtype': other}
        if other != dtype:
            yield [tensor(other, [40], 'sweep')], {'dtype': dtype}


def sampled_products(dtype):
    for a, b in ([3, 5], [5, 4]), ([17, 9], [9, 33]), ([2, 3, 5], [5, 4]):
        yield [tensor(dtype, a, 'bits'), tensor(dtype, b, 'bits')], {}


def sampled_joins(dtype):
    for other in dtype, 'uint8', 'int8', 'uint32':
        yield [tensor(dtype, [2, 3], 'special'), tensor(other, [2, 3], 'special')], {}


SAMPLES = {
    **dict.fromkeys(UNARY_NUMERIC, sampled_unary), **dict.fromkeys([*BINARY_NUMERIC, *COMPARISONS], sampled_binary),
    **dict.fromkeys(['sum', 'prod', 'min', 'max', 'argmin', 'argmax', 'all', 'any'], sampled_reduced),
    **dict.fromkeys(['sort', 'argsort', 'cumulative_sum', 'cumulative_prod', 'cumulative_min', 'cumulative_max'], sampled_ordered),
    'bitwise_count': sampled_unary,
    **dict.fromkeys(['bitwise_left_shift', 'bitwise_right_shift', 'gcd', 'lcm'], sampled_pairs),
    'astype': sampled_casts, 'matmul': sampled_products, 'concat': sampled_joins, 'stack': sampled_joins,
    **dict.fromkeys(BITWISE, lambda dtype: ((operands, attrs) for operands, attrs in sampled_binary(dtype) if not is_fraction(operands))),
}


def is_fraction(operands):
    return any(isinstance(spec, dict) and isinstance(spec.get('v'), float) or isinstance(spec, list) and spec[0].startswith('float') for spec in operands)


def plan():
    """As `all_calls`, with those of the integers that are sampled at the end of each op."""
    for op, calls, answer in all_calls():
        yield op, [*calls, *(call for dtype in SAMPLED if op in SAMPLES for call in SAMPLES[op](dtype))], answer
