# Elements from seeded integer arithmetic: tests/oracle/inputs.ts makes the same ones, so that only answers are stored.
import json
import pathlib

import numpy as np

VALUES = json.loads((pathlib.Path(__file__).parents[2] / 'tests/oracle/values.json').read_text())
FLOATS = {'float64': (np.float64, np.uint64, 52, 1023, 2047), 'float32': (np.float32, np.uint32, 23, 127, 255), 'float16': (np.float16, np.uint16, 10, 15, 31)}
DTYPES = {'float64': np.float64, 'float32': np.float32, 'float16': np.float16, 'int64': np.int64, 'int32': np.int32, 'uint32': np.uint32, 'uint8': np.uint8, 'int8': np.int8, 'bool': np.bool_,
          'int16': np.int16, 'uint16': np.uint16, 'uint64': np.uint64}


# Fills that draw from a table: at random, or in order so that two operands meet in every pair.
SPECIAL_FILLS = {'edge': 'edge', 'special': 'special', 'holes': 'holes', 'sweep': 'edge', 'sweep2': 'edge', 'normal': 'special', 'normal2': 'special'}


def seed_of(op, case, operand):
    """A seed for one operand of one case: FNV-1a of the op's name, then steps by case and operand."""
    h = 0x811C9DC5
    for byte in op.encode():
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return (h + case * 8 + operand) & 0xFFFFFFFF


def words(seed, count, lane=0):
    """32 well mixed bits for every index."""
    with np.errstate(over='ignore'):
        h = np.arange(count, dtype=np.uint32) * np.uint32(0x85EBCA77) + np.uint32((seed * 0x9E3779B1 + lane * 0x51ED270B) & 0xFFFFFFFF)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x21F0AAAD)
        h = (h ^ (h >> np.uint32(15))) * np.uint32(0x735A2D97)
        return h ^ (h >> np.uint32(15))


def table(name, dtype):
    """Special elements of a dtype as an array."""
    if dtype in FLOATS:
        real, bits = FLOATS[dtype][:2]
        return np.array([int(x, 16) for x in VALUES[name][dtype]], dtype=bits).view(real)
    return np.array([int(x) for x in VALUES['integers'][dtype]], dtype=DTYPES[dtype])


def float_fill(fill, dtype, seed, count):
    """Floats by the name of a fill; every step is exact or one rounding of the dtype."""
    real, bits, mantissa, bias, _ = FLOATS[dtype]
    h = words(seed, count)
    if fill == 'small':
        return ((h % np.uint32(65)).astype(np.float64) / 8 - 4).astype(real)
    if fill == 'few':
        return ((h % np.uint32(5)).astype(np.float64) - 2).astype(real)
    if fill == 'rising':
        return (np.arange(count) // 2 - 2).astype(real)
    fraction = (h >> np.uint32(9)).astype(np.float64) * 2.0**-23
    if dtype == 'float64':
        fraction = fraction + (words(seed, count, 1) >> np.uint32(3)).astype(np.float64) * 2.0**-52
    if dtype == 'float16':
        fraction = (h >> np.uint32(22)).astype(np.float64) * 2.0**-10
    if fill == 'unit':
        return (fraction * 2 - 1).astype(real)
    if fill == 'positive':
        return (fraction + 0.5).astype(real)
    if fill == 'spread':
        return (fraction * 8 - 4).astype(real)
    if fill == 'wide':
        reach = {'float64': 60, 'float32': 30, 'float16': 9}[dtype]
        second = words(seed, count, 2)
        exponent = (second % np.uint32(2 * reach)).astype(np.int64) - reach
        sign = np.where(second >> np.uint32(31), -1.0, 1.0)
        return (sign * (1 + fraction) * 2.0**exponent.astype(np.float64)).astype(real)
    raise ValueError(fill)


def integer_fill(fill, dtype, seed, count):
    h = words(seed, count).astype(np.int64)
    if dtype == 'bool':
        return (h & 1).astype(np.bool_)
    signed = not dtype.startswith('u')
    if fill == 'rising':
        return (np.arange(count) // 2 - (2 if signed else 0)).astype(DTYPES[dtype])
    if fill == 'index':
        return (h % 4 - 2 if signed else h % 2).astype(DTYPES[dtype])
    if fill == 'positive':
        return (h % 9 + 1).astype(DTYPES[dtype])
    if fill in ('unit', 'few'):
        return (h % 5 - (2 if signed else 0)).astype(DTYPES[dtype])
    return (h % 41 - (20 if signed else 0)).astype(DTYPES[dtype])


def matrices(fill, flat, shape):
    """Well conditioned matrices in the last two axes: 'dominant' as drawn, 'definite' symmetric, both with a heavy diagonal."""
    x = flat.reshape(shape).copy()
    n = shape[-1]
    if fill == 'definite':
        x = np.tril(x) + np.swapaxes(np.tril(x, -1), -1, -2)
    x[..., np.arange(n), np.arange(n)] = x.dtype.type(8 * n)
    return x


def base(dtype, shape, fill, seed):
    """An array of a shape, by the name of its fill."""
    count = int(np.prod(shape, dtype=np.int64))
    if fill in ('dominant', 'definite'):
        return matrices(fill, base(dtype, shape, 'few', seed).reshape(-1), shape)
    if fill in SPECIAL_FILLS:
        elements = table(SPECIAL_FILLS[fill], dtype)
        if fill in ('edge', 'special', 'holes'):
            place = words(seed, count) % np.uint32(len(elements))
        else:
            place = np.arange(count) // (len(elements) if fill.endswith('2') else 1) % len(elements)
        return elements[place].reshape(shape)
    if fill == 'bits':
        return any_bits(dtype, seed, count).reshape(shape)
    make = float_fill if dtype in FLOATS else integer_fill
    return make(fill, dtype, seed, count).reshape(shape)


def any_bits(dtype, seed, count):
    """Arbitrary bits; NaNs become the quiet one."""
    if dtype == 'bool':
        return (words(seed, count) & np.uint32(1)).astype(np.bool_)
    size = np.dtype(DTYPES[dtype]).itemsize
    if size == 8:
        wide = words(seed, count).astype(np.uint64) << np.uint64(32) | words(seed, count, 1).astype(np.uint64)
        x = wide.view(DTYPES[dtype])
    else:
        x = (words(seed, count) >> np.uint32(32 - 8 * size)).astype({4: np.uint32, 2: np.uint16, 1: np.uint8}[size]).view(DTYPES[dtype])
    if dtype in FLOATS:
        x = np.where(np.isnan(x), table('edge', dtype)[6], x)
    return x


def base_shape(shape, view):
    """The shape of what a view is taken of."""
    if view == 'T':
        return list(reversed(shape))
    if view == 'step':
        return [2 * n for n in shape]
    if view == 'stretch':
        return [1, *shape[1:]]
    return list(shape)


def viewed(x, shape, view):
    if view == 'T':
        return x.T
    if view == 'step':
        return x[tuple(slice(None, None, 2) for _ in shape)]
    if view == 'flip':
        return np.flip(x)
    if view == 'stretch':
        return np.broadcast_to(x, shape)
    return x
