# Ops that move, choose or make elements, and random draws, in NumPy.
import numpy as np

from .elementwise import LONG, Refused, converted, dtype_of, is_float, joined, rounded
from .inputs import DTYPES

UNSIGNED = {8: np.uint64, 4: np.uint32, 2: np.uint16, 1: np.uint8}


def sliced(x, attrs):
    places = []
    for axis in range(x.ndim):
        ends = [attrs.get(name) for name in ('start', 'stop', 'step')]
        places.append(slice(*[end[axis] if end is not None and axis < len(end) else None for end in ends]))
    return x[tuple(places)]


def axes_or_all(value, x):
    return tuple(range(x.ndim)) if value is None else tuple(value) if isinstance(value, list) else (value,)


def squeezed(x, attrs):
    axis = attrs.get('axis')
    return np.squeeze(x) if axis is None else np.squeeze(x, axis=tuple(axis) if isinstance(axis, list) else axis)


MOVES = {
    'permute_dims': lambda x, attrs: np.permute_dims(x, attrs.get('axes') or tuple(reversed(range(x.ndim)))),
    'slice': sliced,
    'reshape': lambda x, attrs: np.reshape(x, attrs['shape']),
    'moveaxis': lambda x, attrs: np.moveaxis(x, attrs['source'], attrs['destination']),
    'flip': lambda x, attrs: np.flip(x, axes_or_all(attrs.get('axis'), x)),
    'broadcast_to': lambda x, attrs: np.broadcast_to(x, attrs['shape']),
    'expand_dims': lambda x, attrs: np.expand_dims(x, attrs.get('axis', 0)),
    'squeeze': squeezed,
    'diagonal': lambda x, attrs: np.diagonal(x, offset=attrs.get('offset', 0), axis1=-2, axis2=-1),
    'repeat': lambda x, attrs: np.repeat(x, attrs['repeats'], axis=attrs.get('axis', 0)),
    'tril': lambda x, attrs: np.tril(x, attrs.get('k', 0)),
    'triu': lambda x, attrs: np.triu(x, attrs.get('k', 0)),
    'roll': lambda x, attrs: np.roll(x, attrs['shift'], axis=attrs.get('axis')),
    'tile': lambda x, attrs: np.tile(x, attrs['repetitions']),
    'zeros_like': lambda x, attrs: np.zeros_like(x),
    'ones_like': lambda x, attrs: np.ones_like(x),
}


def moved(op, operands, attrs, _notes):
    try:
        return MOVES[op](operands[0], attrs)
    except (ValueError, np.exceptions.AxisError) as error:
        raise Refused from error


def combined(op, operands, attrs, notes):
    dtype = joined(operands, notes)
    return (np.concatenate if op == 'concat' else np.stack)([converted(x, dtype) for x in operands], axis=attrs.get('axis', 0))


def taken(_op, operands, attrs, _notes):
    x, indices = operands
    try:
        return np.take(x, indices, axis=attrs.get('axis', 0))
    except IndexError as error:
        raise Refused from error


def taken_along(_op, operands, attrs, _notes):
    x, indices = operands
    try:
        return np.take_along_axis(x, indices.astype(np.int64), attrs.get('axis', -1))
    except (IndexError, ValueError) as error:
        raise Refused from error


def grouped(op, operands, attrs, notes):
    groups = operands[-1].astype(np.int64)
    count = attrs['count']
    if groups.ndim != 1 or (groups.size and (groups.min() < 0 or groups.max() >= count)):
        raise Refused
    if op == 'bincount':
        notes.add('int32')
        return np.bincount(groups, minlength=count).astype(np.int32)
    x = operands[0]
    notes.add('width')
    dtype = 'int32' if dtype_of(x) == 'bool' else dtype_of(x)
    wide = x.astype(LONG) if is_float(dtype) else converted(x, dtype)
    totals = np.zeros((count, *x.shape[1:]), dtype=wide.dtype)
    np.add.at(totals, groups, wide)
    return rounded(totals, dtype) if is_float(dtype) else totals


def one_hot(_op, operands, attrs, _notes):
    return (operands[0][..., None] == np.arange(attrs['depth'])).astype(DTYPES[attrs.get('dtype', 'float32')])


def wrapped(x, dtype):
    """Floats to integers as typed arrays convert them: truncated and wrapped; what is not finite gives 0."""
    bits = 8 * np.dtype(DTYPES[dtype]).itemsize
    whole = [int(v) % 2**bits if np.isfinite(v) else 0 for v in x.astype(LONG).reshape(-1)]
    return np.array(whole, dtype=np.uint64).astype(UNSIGNED[bits // 8]).view(DTYPES[dtype]).reshape(x.shape)


def cast(_op, operands, attrs, notes):
    x, dtype = operands[0], attrs['dtype']
    if is_float(dtype_of(x)) and not is_float(dtype) and dtype != 'bool':
        info = np.iinfo(DTYPES[dtype])
        if not np.all(np.isfinite(x)) or (x.size and (np.min(np.trunc(x)) < info.min or np.max(np.trunc(x)) > info.max)):
            notes.add('wrapping')
        return wrapped(x, dtype)
    if dtype_of(x) == 'float64' and dtype == 'float16':
        return x.astype(np.float16)
    return x.astype(DTYPES[dtype])


def filled(shape, value, dtype):
    try:
        return np.full(shape, value, dtype=DTYPES[dtype])
    except (OverflowError, ValueError) as error:
        raise Refused from error


def created(op, operands, attrs, notes):
    dtype = attrs.get('dtype', 'float32')
    if 'dtype' not in attrs and op != 'full_like':
        notes.add('float32')
    if op == 'full_like':
        return filled(operands[0].shape, attrs['value'], dtype_of(operands[0]))
    if op == 'full':
        return filled(attrs['shape'], attrs['value'], dtype)
    if op in ('zeros', 'ones'):
        return (np.zeros if op == 'zeros' else np.ones)(attrs['shape'], dtype=DTYPES[dtype])
    if op == 'eye':
        return np.eye(attrs['rows'], attrs.get('columns'), attrs.get('k', 0), dtype=DTYPES[dtype])
    if op == 'arange':
        bounds = [attrs['start']] if attrs.get('stop') is None else [attrs['start'], attrs['stop'], attrs.get('step', 1)]
        wide = np.arange(*bounds, dtype=np.float64)
        return rounded(wide, dtype) if is_float(dtype) else wide.astype(DTYPES[dtype])
    if not is_float(dtype):
        return np.linspace(attrs['start'], attrs['stop'], attrs['count'], dtype=DTYPES[dtype])
    return rounded(np.linspace(LONG(attrs['start']), LONG(attrs['stop']), attrs['count'], dtype=LONG), dtype)


M0, M1, W0, W1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85


def philox(seed, block, stream=0):
    """Philox4x32-10 of Salmon, Moraes, Dror and Shaw (SC 2011), counter (block low, block high, stream, 0)."""
    key, counter = [seed & 0xFFFFFFFF, seed >> 32], [block & 0xFFFFFFFF, block >> 32, stream, 0]
    for _ in range(10):
        a, b = M0 * counter[0], M1 * counter[2]
        counter = [(b >> 32) ^ counter[1] ^ key[0], b & 0xFFFFFFFF, (a >> 32) ^ counter[3] ^ key[1], a & 0xFFFFFFFF]
        key = [(key[0] + W0) & 0xFFFFFFFF, (key[1] + W1) & 0xFFFFFFFF]
    return counter


def fraction(words, i):
    return (words[i + 1] * 2**21 + (words[i] >> 11)) * 2.0**-53


def normal(seed, i):
    words = philox(seed, i // 2)
    u, v = LONG(fraction(words, 0)), LONG(fraction(words, 2))
    angle = 8 * np.arctan(LONG(1)) * v
    return np.sqrt(-2 * np.log(1 - u)) * (np.cos(angle) if i % 2 == 0 else np.sin(angle))


def whole(seed, i, low, high):
    words = philox(seed, i // 2)
    at = 2 * (i % 2)
    return low + (((words[at + 1] << 32) | words[at]) * (high - low) >> 64)


def permutation(n, seed):
    order = list(range(n))
    for k in range(n - 1):
        j = whole(seed, k, 0, n - k)
        order[n - 1 - k], order[j] = order[j], order[n - 1 - k]
    return np.array(order, dtype=np.int32)


def drawn(op, _operands, attrs, notes):
    notes.add('philox')
    seed = attrs['seed']
    if op == 'random_permutation':
        return permutation(attrs['n'], seed)
    shape, dtype = attrs['shape'], attrs.get('dtype', 'float32')
    count = int(np.prod(shape, dtype=np.int64))
    if op == 'random_integers':
        flat = np.array([whole(seed, i, attrs['low'], attrs['high']) for i in range(count)], dtype=np.int32)
    elif op == 'random_normal':
        flat = np.array([normal(seed, i) for i in range(count)], dtype=LONG).astype(DTYPES[dtype])
    elif dtype == 'float32':
        flat = np.array([(philox(seed, i // 4)[i % 4] >> 8) * 2.0**-24 for i in range(count)], dtype=np.float32)
    else:
        flat = np.array([fraction(philox(seed, i // 2), 2 * (i % 2)) for i in range(count)], dtype=np.float64)
    return flat.reshape(shape)
