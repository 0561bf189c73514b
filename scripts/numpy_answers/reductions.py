# Reductions, rows and linear algebra in NumPy: floats in extended precision rounded once, integers in their own dtype.
import numpy as np

from .elementwise import LONG, Refused, converted, dtype_of, is_float, joined, larger, rounded, smaller
from .inputs import DTYPES


def axes_of(attrs, rank):
    axis = attrs.get('axis')
    if axis is None:
        return tuple(range(rank))
    return tuple(a % rank for a in axis) if isinstance(axis, list) else (axis % rank,)


def folded(ufunc, x, axes, keep):
    """A maximum or minimum by pairs, so that zeros are ordered as the ops order them; none of nothing."""
    if any(x.shape[a] == 0 for a in axes):
        return None
    for a in sorted(axes, reverse=True):
        total = np.take(x, [0], axis=a)
        for i in range(1, x.shape[a]):
            total = ufunc(total, np.take(x, [i], axis=a))
        x = total if keep else np.squeeze(total, axis=a)
    return x


def extreme(op, x, axes, keep, notes):
    result = folded(larger if op == 'max' else smaller, x, axes, keep)
    if result is not None:
        if is_float(dtype_of(x)):
            notes.add('zeros')
        return result
    if np.sum(x, axis=axes).size == 0:
        return np.max(x, axis=axes, keepdims=keep, initial=0)
    notes.add('identity')
    low, high = (-np.inf, np.inf) if is_float(dtype_of(x)) else (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)
    return np.full(np.sum(x, axis=axes, keepdims=keep).shape, low if op == 'max' else high, dtype=x.dtype)


def index_of(op, x, attrs, notes):
    notes.add('int32')
    axis = attrs.get('axis')
    try:
        return (np.argmax if op == 'argmax' else np.argmin)(x, axis=axis, keepdims=attrs.get('keepdims', False)).astype(np.int32)
    except ValueError as error:
        raise Refused from error


def log_sum(x, axes, keep):
    if any(x.shape[a] == 0 for a in axes):
        return np.full(np.sum(x, axis=axes, keepdims=keep).shape, -np.inf, dtype=LONG)
    top = np.max(x, axis=axes, keepdims=True)
    safe = np.where(np.isfinite(top), top, 0)
    total = np.log(np.sum(np.exp(x - safe), axis=axes, keepdims=True)) + safe
    return total if keep else np.squeeze(total, axis=axes)


def variance(x, axes, keep, correction):
    return np.var(x, axis=axes, keepdims=keep, ddof=correction)


FLOATING = {
    'mean': lambda x, axes, keep, _: np.mean(x, axis=axes, keepdims=keep),
    'var': variance,
    'std': lambda x, axes, keep, c: np.sqrt(variance(x, axes, keep, c)),
    'logsumexp': lambda x, axes, keep, _: log_sum(x, axes, keep),
    'norm': lambda x, axes, keep, _: np.sqrt(np.sum(x * x, axis=axes, keepdims=keep)),
    'norm1': lambda x, axes, keep, _: np.sum(np.abs(x), axis=axes, keepdims=keep),
    'norm_inf': lambda x, axes, keep, _: np.max(np.abs(x), axis=axes, keepdims=keep, initial=0),
}


def reduction(op, operands, attrs, notes):
    x = operands[0]
    dtype, keep, axes = dtype_of(x), attrs.get('keepdims', False), axes_of(attrs, x.ndim)
    if op in ('argmax', 'argmin'):
        return index_of(op, x, attrs, notes)
    if op in ('max', 'min'):
        return extreme(op, x, axes, keep, notes)
    if op in ('all', 'any'):
        return (np.all if op == 'all' else np.any)(x, axis=axes, keepdims=keep)
    if op in ('sum', 'prod'):
        apply = np.sum if op == 'sum' else np.prod
        if is_float(dtype):
            return rounded(apply(x.astype(LONG), axis=axes, keepdims=keep) + LONG(0), dtype)
        notes.add('width')
        return apply(x, axis=axes, keepdims=keep, dtype=np.int32 if dtype == 'bool' else x.dtype)
    if dtype == 'bool':
        notes.add('promotion')
    return rounded(FLOATING[op](x.astype(LONG), axes, keep, attrs.get('correction', 0)), 'float32' if dtype == 'bool' else dtype)


def rows(op, operands, attrs, _notes):
    x = operands[0]
    axis = attrs.get('axis', -1)
    if x.size == 0:
        return x.copy()
    wide = x.astype(LONG)
    top = np.max(wide, axis=axis, keepdims=True)
    if op == 'softmax':
        powers = np.exp(wide - top)
        return rounded(powers / np.sum(powers, axis=axis, keepdims=True), dtype_of(x))
    return rounded((wide - top) - np.log(np.sum(np.exp(wide - top), axis=axis, keepdims=True)), dtype_of(x))


def transposed(x, flag):
    return np.swapaxes(x, -1, -2) if flag and x.ndim > 1 else x


def matmul(op, operands, attrs, notes):
    dtype = joined(operands, notes)
    a, b = [converted(x, dtype) for x in operands]
    a, b = transposed(a, attrs.get('transposeA')), transposed(b, attrs.get('transposeB'))
    product = np.matmul if op == 'matmul' else np.outer
    if not is_float(dtype):
        return product(a, b)
    return rounded(product(a.astype(LONG), b.astype(LONG)), dtype)


def trace(_op, operands, _attrs, notes):
    x = operands[0]
    if is_float(dtype_of(x)):
        return rounded(np.trace(x.astype(LONG), axis1=-2, axis2=-1) + LONG(0), dtype_of(x))
    notes.add('width')
    return np.trace(x, axis1=-2, axis2=-1, dtype=x.dtype)


def factored(op, operands, attrs, notes):
    """Factorisations in float64: NumPy has no wider ones."""
    dtype = joined(operands, notes)
    a, *rest = [converted(x, dtype).astype(np.float64) for x in operands]
    if op == 'cholesky':
        return np.linalg.cholesky(a).astype(DTYPES[dtype])
    if op == 'solve_triangular':
        a = transposed(np.tril(a) if attrs.get('lower', True) else np.triu(a), attrs.get('transposeA'))
    b = rest[0]
    solved = np.linalg.solve(a, b[..., None])[..., 0] if b.ndim == 1 else np.linalg.solve(a, b)
    return solved.astype(DTYPES[dtype])


AXES = [{}, {'axis': 0}, {'axis': -1}, {'axis': [0, -1]}, {'axis': [0], 'keepdims': True}, {'axis': None, 'keepdims': True}]
SHAPES = [[], [0], [1], [5], [8], [17], [33], [3, 5], [5, 3], [0, 4], [4, 0], [2, 3, 4], [1, 5, 1], [4, 17]]


def ways(shape):
    for attrs in AXES:
        axis = attrs.get('axis')
        listed = axis if isinstance(axis, list) else [] if axis is None else [axis]
        if len(set(a % max(1, len(shape)) for a in listed)) == len(listed) and (shape or not listed):
            yield attrs


def bits(_op, operands, _attrs, notes):
    notes.add('int32')
    return np.bitwise_count(operands[0]).astype(np.int32)
