# Which calls are asked: shapes around SIMD widths, broadcast pairs both ways, strided views, special values, mixed dtypes, literals.
FLOATS = ['float64', 'float32', 'float16']
INTEGERS = ['int64', 'int32', 'uint32', 'uint8', 'int8']
NUMERIC = FLOATS + INTEGERS
ANY = [*NUMERIC, 'bool']
# Integers that are asked a sample of what the others are.
SAMPLED = ['int16', 'uint16', 'uint64']
LIMITS = {'int64': (-2**63, 2**63 - 1), 'int32': (-2**31, 2**31 - 1), 'uint32': (0, 2**32 - 1), 'uint8': (0, 255), 'int8': (-128, 127),
          'int16': (-2**15, 2**15 - 1), 'uint16': (0, 2**16 - 1), 'uint64': (0, 2**64 - 1)}

VECTORS = [[], [0], [1], [2], [3], [4], [5], [7], [8], [9], [15], [16], [17], [31], [33]]
GRIDS = [[3, 5], [1, 7], [7, 1], [0, 3], [3, 0], [2, 3, 4], [4, 1, 3]]
VIEWS = [([5, 3], 'T'), ([2, 3, 4], 'T'), ([9], 'step'), ([3, 5], 'step'), ([17], 'flip'), ([2, 3, 4], 'flip'), ([5, 3], 'stretch'), ([3, 2, 4], 'stretch')]
PAIRS = [([], [5]), ([1], [7]), ([3, 1], [1, 5]), ([4], [3, 4]), ([2, 1, 4], [3, 1]), ([0], [1]), ([2, 0], [1, 1]), ([9, 1], [17]), ([1, 3], [4, 1, 1])]


def tensor(dtype, shape, fill, view=''):
    return [dtype, list(shape), fill, view] if view else [dtype, list(shape), fill]


def literal(value):
    """A plain value beside tensors, as JSON: numbers, texts of bigints and of what JSON lacks."""
    if isinstance(value, bool) or (isinstance(value, (int, float)) and abs(value) < 2**53 and not is_negative_zero(value)):
        return {'v': value}
    if isinstance(value, int):
        return {'big': str(value)}
    return {'n': {'inf': 'Infinity', '-inf': '-Infinity', 'nan': 'NaN'}.get(str(value), str(value))}


def is_negative_zero(value):
    return isinstance(value, float) and str(value) == '-0.0'


def turn(items, i):
    return items[i % len(items)]


def unary(dtype, count=1):
    """Calls with one operand of every shape class; `count` fills for each shape."""
    fills = ['spread', 'special', 'wide', 'edge', 'bits']
    for i, shape in enumerate(VECTORS + GRIDS):
        for k in range(count):
            yield [tensor(dtype, shape, turn(fills, i + k))], {}
    for i, (shape, view) in enumerate(VIEWS):
        yield [tensor(dtype, shape, turn(['spread', 'special'], i), view)], {}
    yield [tensor(dtype, [24], 'sweep')], {}
    yield [tensor(dtype, [67], 'bits')], {}
    yield [tensor(dtype, [130], 'unit')], {}


def binary(dtype):
    """Two operands of a dtype: shapes, broadcasting both ways, views on either side, every pair of special values."""
    fills = [('spread', 'small'), ('special', 'spread'), ('edge', 'edge'), ('wide', 'wide'), ('small', 'special')]
    for i, shape in enumerate(VECTORS + GRIDS):
        a, b = turn(fills, i)
        yield [tensor(dtype, shape, a), tensor(dtype, shape, b)], {}
    for i, (left, right) in enumerate(PAIRS):
        a, b = turn(fills, i)
        yield [tensor(dtype, left, a), tensor(dtype, right, b)], {}
        yield [tensor(dtype, right, b), tensor(dtype, left, a)], {}
    for i, (shape, view) in enumerate(VIEWS):
        operands = [tensor(dtype, shape, 'spread', view), tensor(dtype, shape, 'special')]
        yield (operands if i % 2 else operands[::-1]), {}
    yield [tensor(dtype, [24, 24], 'sweep'), tensor(dtype, [24, 24], 'sweep2')], {}
    yield [tensor(dtype, [256], 'normal'), tensor(dtype, [256], 'normal2')], {}


def mixed(dtype, others):
    """An operand of a dtype beside one of every other, both ways."""
    for i, other in enumerate(others):
        if other == dtype:
            continue
        for k, fill in enumerate(['small', 'special', 'wide']):
            left, right = turn([([5], [5]), ([9], []), ([3, 1], [4]), ([], [7])], i + k)
            yield [tensor(dtype, left, fill), tensor(other, right, 'special' if fill == 'wide' else fill)], {}


FLOAT_LITERALS = [0, -0.0, 1, -1, 0.1, 2.5, float('nan'), float('inf'), float('-inf'), 1e300, 16777217, 1e-45, True]
FRACTIONS = [0.5, -2.5]


def held_literals(dtype):
    """Literals that a dtype holds."""
    if dtype == 'bool':
        return [True, False]
    if dtype.startswith('float'):
        return FLOAT_LITERALS
    low, high = LIMITS[dtype]
    return [0, 1, 7, low, high, *([-1, -3] if low < 0 else []), True]


def outer_literals(dtype):
    """Integers that a dtype does not hold."""
    if dtype not in LIMITS:
        return []
    low, high = LIMITS[dtype]
    return [low - 1, high + 1, 2**70, -2**70, *([-1, -300] if low == 0 else [300 if high < 300 else high + 45])]


def with_literals(dtype, values, fill='special'):
    for i, value in enumerate(values):
        operands = [tensor(dtype, turn([[5], [], [17], [2, 3]], i), fill), literal(value)]
        yield operands, {}
        if i % 2 == 0:
            yield operands[::-1], {}
