# Elementwise ops in NumPy: what is exact in the dtype itself, functions in extended precision rounded once.
import mpmath
import numpy as np

from .inputs import DTYPES

mpmath.mp.prec = 200
LONG = np.longdouble
ORDER = ['float16', 'float32', 'float64']
# Bytes of the signed integers that hold a dtype.
SIGNED = {'int8': 1, 'int16': 2, 'int32': 4, 'int64': 8, 'uint8': 2, 'uint16': 4, 'uint32': 8}


class Refused(Exception):
    """NumPy has no answer: it raises, and so must a sheet."""


def is_float(dtype):
    return dtype.startswith('float')


def common(a, b):
    """The common dtype as this library has it: NumPy's, but a float keeps its width beside an integer, and uint64 has none with signed integers."""
    if a == b or b == 'bool':
        return a
    if a == 'bool':
        return b
    if is_float(a) or is_float(b):
        floats = [x for x in (a, b) if is_float(x)]
        return max(floats, key=ORDER.index)
    if a.startswith('u') == b.startswith('u'):
        return max(a, b, key=lambda x: DTYPES[x]().itemsize)
    if 'uint64' in (a, b):
        raise Refused
    return f'int{8 * max(SIGNED[a], SIGNED[b])}'


def dtype_of(x):
    return 'bool' if x.dtype == np.bool_ else x.dtype.name


def literal_dtype(value, strong):
    """A weak scalar takes the kind of what is beside it; a fraction beside integers is of the default floating dtype."""
    if isinstance(value, bool):
        return 'bool'
    floats = [x for x in strong if is_float(x)]
    if floats:
        return floats[0]
    integers = [x for x in strong if x != 'bool']
    if integers and isinstance(value, int):
        return integers[0]
    return 'float32'


def joined(operands, notes):
    """The common dtype of operands, noting where it is not NumPy's."""
    strong = [dtype_of(x) for x in operands if isinstance(x, np.ndarray)]
    result = strong[0]
    if any(x == 'uint64' for x in strong) and any(x.startswith('int') for x in strong) and not any(is_float(x) for x in strong):
        notes.add('uint64')
    for other in strong[1:]:
        result = common(result, other)
    for x in operands:
        if not isinstance(x, np.ndarray):
            result = common(result, literal_dtype(x, strong))
    if np.result_type(*operands) != DTYPES[result]:
        notes.add('promotion')
    return result


def converted(x, dtype):
    """An operand in a dtype; an integer that the dtype does not hold is refused, as NumPy 2 refuses it."""
    if isinstance(x, np.ndarray):
        return x if dtype_of(x) == dtype else x.astype(DTYPES[dtype])
    try:
        return np.array(x, dtype=DTYPES[dtype]) if not (is_float(dtype) and isinstance(x, int)) else np.array(float(x)).astype(DTYPES[dtype])
    except OverflowError as error:
        raise Refused from error


def rounded(x, dtype):
    """An extended result in a dtype; half precision is computed in float32 and rounded once more."""
    return np.asarray(x).astype(np.float32).astype(np.float16) if dtype == 'float16' else np.asarray(x).astype(DTYPES[dtype])


def larger(x, y):
    r = np.maximum(x, y)
    return np.where((x == 0) & (y == 0), np.where(np.signbit(x) & np.signbit(y), x, np.abs(x)), r) if r.dtype.kind == 'f' else r


def smaller(x, y):
    r = np.minimum(x, y)
    return np.where((x == 0) & (y == 0), np.where(np.signbit(x), x, y), r) if r.dtype.kind == 'f' else r


def sign(x):
    return np.where(x == 0, x, np.sign(x)) if x.dtype.kind == 'f' else np.sign(x)


def by_mpmath(function):
    """A function of one number in 200 bits, element by element, rounded to float64."""
    def apply(x):
        flat = [float(function(mpmath.mpf(float(v)))) if np.isfinite(v) else np.nan for v in x.astype(np.float64).reshape(-1)]
        return np.array(flat, dtype=np.float64).reshape(x.shape).astype(LONG)
    return apply


def with_limits(function, low, high):
    """A function with its limits at the infinities; zeros keep their sign."""
    return lambda x: np.where(x == 0, x, np.where(x == -np.inf, LONG(low), np.where(x == np.inf, LONG(high), function(x))))


def half_normal(x):
    """gelu; beyond 60 its tails are under every float64."""
    return x / 2 * mpmath.erfc(-x / mpmath.sqrt(2)) if abs(x) < 60 else x if x > 0 else -0.0


erf = with_limits(by_mpmath(lambda x: mpmath.erf(x) if abs(x) < 30 else mpmath.sign(x)), -1, 1)
gelu = with_limits(by_mpmath(half_normal), -0.0, np.inf)


def by_two(function):
    """As `by_mpmath`, of two numbers."""
    def apply(x, y):
        x, y = np.broadcast_arrays(x, y)
        flat = [function(mpmath.mpf(float(a)), mpmath.mpf(float(b))) for a, b in zip(x.reshape(-1), y.reshape(-1))]
        return np.array([float(v) for v in flat], dtype=np.float64).reshape(x.shape).astype(LONG)
    return apply


def at(function, *places):
    """A function with its values at some arguments, as where it is infinite; what is 0 is +0."""
    def apply(x):
        y = function(np.where(np.isin(x, [place for place, _ in places]), 0.5, x))
        for place, value in places:
            y = np.where(x == place, LONG(value), y)
        return np.where(y == 0, 0, y)
    return apply


erfc = at(by_mpmath(lambda x: mpmath.erfc(x) if abs(x) < 60 else 0 if x > 0 else 2), (-np.inf, 2), (np.inf, 0))
sinc = at(by_mpmath(lambda x: mpmath.sinpi(x) / (mpmath.pi * x)), (0, 1))
logit = at(by_mpmath(lambda p: mpmath.log(p / (1 - p)) if 0 < p < 1 else np.nan), (0, -np.inf), (1, np.inf))
log_sigmoid = at(by_mpmath(lambda x: -mpmath.log1p(mpmath.exp(-x)) if abs(x) < 800 else min(x, 0)), (-np.inf, -np.inf), (np.inf, 0))


def log_gamma(x):
    return np.inf if x <= 0 and x == mpmath.floor(x) else mpmath.loggamma(x).real


def gamma(x):
    return (np.nan if x < 0 and x == mpmath.floor(x) else mpmath.gamma(x) if -200 < x < 200 else np.inf if x > 0 else
            0.0 * (1 if mpmath.floor(x) % 2 == 0 else -1))


def digamma(x):
    return np.nan if x < 0 and x == mpmath.floor(x) else mpmath.digamma(x)


def signed_zeros(function, plus, minus):
    return lambda x: np.where(x == 0, np.where(np.signbit(x), minus, plus), function(np.where(x == 0, 1, x)))


SPECIAL = {
    'gamma': signed_zeros(lambda x: np.where(np.isposinf(x), np.inf, by_mpmath(gamma)(x)), np.inf, -np.inf), 'lgamma': signed_zeros(at(by_mpmath(log_gamma), (np.inf, np.inf), (-np.inf, np.inf)), np.inf, np.inf),
    'digamma': signed_zeros(at(by_mpmath(digamma), (np.inf, np.inf)), -np.inf, np.inf),
    'erfinv': signed_zeros(at(by_mpmath(lambda x: mpmath.erfinv(x) if abs(x) < 1 else np.nan), (1, np.inf), (-1, -np.inf)), 0.0, -0.0),
    'i0': at(by_mpmath(lambda x: mpmath.besseli(0, x) if abs(x) < 800 else np.inf), (np.inf, np.inf), (-np.inf, np.inf)),
}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# Ops whose NumPy function is exact (or rounds once) in the dtype itself.
NATIVE = {
    'add': np.add, 'subtract': np.subtract, 'multiply': np.multiply, 'floor_divide': np.floor_divide, 'remainder': np.remainder,
    'negative': np.negative, 'abs': np.abs, 'sign': sign, 'square': np.square, 'sqrt': np.sqrt, 'maximum': larger, 'minimum': smaller,
    'reciprocal': lambda x: np.divide(x.dtype.type(1), x), 'divide': np.divide, 'clip': lambda x, low, high: smaller(larger(x, low), high),
    'floor': np.floor, 'ceil': np.ceil, 'trunc': np.trunc, 'round': np.round, 'bitwise_and': np.bitwise_and, 'bitwise_or': np.bitwise_or,
    'bitwise_xor': np.bitwise_xor, 'bitwise_left_shift': np.left_shift, 'bitwise_right_shift': np.right_shift, 'gcd': np.gcd, 'lcm': np.lcm,
    'copysign': lambda x, y: np.copysign(x, np.where(np.isnan(y), 1, y)), 'nextafter': np.nextafter, 'positive': np.positive, 'fmod': np.fmod,
    'fmax': lambda x, y: np.where(np.isnan(x), y, np.where(np.isnan(y), x, larger(x, y))), 'fmin': lambda x, y: np.where(np.isnan(x), y, np.where(np.isnan(y), x, smaller(x, y))),
    'heaviside': np.heaviside, 'relu': lambda x: larger(x, x.dtype.type(0)), 'leaky_relu': lambda x, slope: np.where(x > 0, x, np.multiply(slope, x)),
}
TESTS = {
    'equal': np.equal, 'not_equal': np.not_equal, 'less': np.less, 'less_equal': np.less_equal, 'greater': np.greater, 'greater_equal': np.greater_equal,
    'isnan': np.isnan, 'signbit': lambda x: np.signbit(x) & ~np.isnan(x), 'isinf': np.isinf, 'isfinite': np.isfinite,
    'logical_and': np.logical_and, 'logical_or': np.logical_or, 'logical_xor': np.logical_xor, 'logical_not': np.logical_not,
}
# Functions, in extended precision.
EXTENDED = {
    'exp2': np.exp2, 'cbrt': np.cbrt, 'erfc': erfc, 'sinc': sinc, 'logit': logit, 'log_sigmoid': log_sigmoid,
    'deg2rad': lambda x: x.astype(np.float64) * (np.pi / 180), 'rad2deg': lambda x: x.astype(np.float64) * (180 / np.pi),
    'exp': np.exp, 'expm1': np.expm1, 'log': np.log, 'log1p': np.log1p, 'log2': np.log2, 'log10': np.log10, 'logaddexp': np.logaddexp, 'pow': np.power,
    'hypot': np.hypot, 'sin': np.sin, 'cos': np.cos, 'tan': np.tan, 'asin': np.arcsin, 'acos': np.arccos, 'atan': np.arctan, 'atan2': np.arctan2,
    'sinh': np.sinh, 'cosh': np.cosh, 'tanh': np.tanh, 'asinh': np.arcsinh, 'acosh': np.arccosh, 'atanh': np.arctanh, 'erf': erf,
    'elu': lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x))), 'sigmoid': sigmoid, 'silu': lambda x: np.where(np.isneginf(x), -0.0, x * sigmoid(x)),  # the limit; the formula gives NaN
    **SPECIAL,
    'softplus': lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), 'gelu': gelu,
}
NOTES = {'sign': 'zeros', 'maximum': 'zeros', 'minimum': 'zeros', 'clip': 'zeros', 'relu': 'zeros', 'fmax': 'zeros', 'fmin': 'zeros'}
# The bound that a literal is, by op: a lower one under the dtype, or an upper one over it, bounds nothing.
BOUNDS = {'maximum': 'low', 'minimum': 'high'}
NEEDS_BITS = ('bitwise_and', 'bitwise_or', 'bitwise_xor')


def answer(op, operands, _attrs, notes):
    dtype = joined(operands, notes)
    if op == 'divide' and not is_float(dtype):
        dtype = 'float32'
        notes.add('promotion')
    if op in NOTES and is_float(dtype):
        notes.add(NOTES[op])
    if op in TESTS:
        return test(op, operands, dtype, notes)
    if op not in NEEDS_BITS and any(isinstance(x, bool) for x in operands):
        notes.add('bool')
        raise Refused
    if op == 'clip' and not is_float(dtype):
        return clipped(operands, dtype)
    if op in BOUNDS and not is_float(dtype):
        operands = unbound(operands, dtype, BOUNDS[op], notes)
    xs = [converted(x, dtype) for x in operands]
    if op in ('floor_divide', 'remainder') and dtype in ('float16', 'float32'):
        notes.add('rounding')
        return rounded(NATIVE[op](*[x.astype(LONG) for x in xs]), dtype)
    if op in NATIVE:
        return np.asarray(NATIVE[op](*xs)).astype(DTYPES[dtype])
    return rounded(EXTENDED[op](*[x.astype(LONG) for x in xs]), dtype)


def unbound(operands, dtype, side, notes):
    """A literal that bounds nothing, moved to the end of the dtype."""
    limits = np.iinfo(DTYPES[dtype])
    def moved(x):
        beyond = not isinstance(x, np.ndarray) and (x < limits.min if side == 'low' else x > limits.max)
        if beyond:
            notes.add('bounds')
        return (int(limits.min) if side == 'low' else int(limits.max)) if beyond else x
    return [moved(x) for x in operands]


def clipped(operands, dtype):
    """numpy.clip itself, with literals as they are."""
    x, *bounds = operands
    try:
        return np.clip(converted(x, dtype), *[b if not isinstance(b, np.ndarray) else converted(b, dtype) for b in bounds])
    except OverflowError as error:
        raise Refused from error


def test(op, operands, dtype, notes):
    """Comparisons with a literal outside the dtype are answered by value, as NumPy 2 does for integers."""
    try:
        xs = [converted(x, dtype) for x in operands]
    except Refused:
        return np.asarray(TESTS[op](*operands))
    if any(not isinstance(x, np.ndarray) and np.isfinite(float(x)) and np.isinf(y) for x, y in zip(operands, xs)):
        notes.add('beyond')
        xs = [LONG(x) if not isinstance(x, np.ndarray) else x.astype(LONG) for x in operands]
    return TESTS[op](*xs)


def where(operands, notes):
    condition, *chosen = operands
    dtype = joined(chosen, notes) if any(isinstance(x, np.ndarray) for x in chosen) else 'float32'
    return np.where(condition, *[converted(x, dtype) for x in chosen])
