# The composites of linear algebra in NumPy, in float64 and rounded once; signs of vectors as in decompositions.py.
import numpy as np

from .cases import tensor
from .decompositions import eig, eigh, lu, qr, svd
from .elementwise import Refused, converted, dtype_of, is_float, joined
from .inputs import DTYPES

WIDE = ['float64', 'float32']
EXACT = [*WIDE, 'int32', 'uint8']
SQUARE = [[1, 1], [3, 3], [2, 4, 4], [2, 1, 3, 3]]
ANY_SIDES = [*SQUARE, [4, 3], [2, 3, 5], [5, 2]]
NAMES = {'qr': ['q', 'r'], 'eigh': ['eigenvalues', 'eigenvectors'], 'svd': ['u', 's', 'vh'], 'lu': ['l', 'u', 'p'],
         'eig': ['real', 'imag', 'vectorsReal', 'vectorsImag'], 'eigvals': ['real', 'imag']}


def factors(x, attrs):
    packed, rows, _ = lu(x, attrs)
    k = min(x.shape)
    return np.tril(packed[:, :k], -1) + np.eye(x.shape[0], k), np.triu(packed[:k]), rows.astype(np.int32)


PARTS = {'qr': qr, 'eigh': eigh, 'svd': svd, 'lu': factors, 'eig': eig, 'eigvals': lambda x, attrs: eig(x, attrs)[:2]}


def stored_as(dtype, part):
    part = np.asarray(part)
    return part.astype(DTYPES[dtype]) if part.dtype.kind == 'f' else part


def parts(op, operands, attrs, _notes):
    x = operands[0].astype(np.float64)
    dtype = dtype_of(operands[0])
    if x.ndim < 2 or (op in ('eigh', 'eig', 'eigvals') and x.shape[-1] != x.shape[-2]):
        raise Refused
    each = [PARTS[op](x[index], attrs) for index in np.ndindex(x.shape[:-2])]
    whole = [np.stack([one[k] for one in each]).reshape(*x.shape[:-2], *each[0][k].shape) for k in range(len(NAMES[op]))]
    return {name: stored_as(dtype, part) for name, part in zip(NAMES[op], whole)}


def slogdet(x, _attrs):
    sign, logabsdet = np.linalg.slogdet(x)
    return {'sign': sign, 'logabsdet': logabsdet}


def lstsq(a, b):
    x, _, rank, s = np.linalg.lstsq(a, b, rcond=None)
    return {'x': x, 'residuals': np.sum((b - a @ x) ** 2, axis=0), 'rank': np.int32(rank), 's': s}


def vector_norm(x, attrs):
    axis = attrs.get('axis')
    return np.linalg.vector_norm(x, ord=attrs.get('ord', 2), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=attrs.get('keepdims', False))


OF_MATRICES = {
    'slogdet': slogdet,
    'inv': lambda x, _attrs: np.linalg.inv(x),
    'matrix_power': lambda x, attrs: np.linalg.matrix_power(x, attrs['n']),
    'pinv': lambda x, attrs: np.linalg.pinv(x, **attrs),
    'matrix_rank': lambda x, attrs: np.linalg.matrix_rank(x, **attrs).astype(np.int32),
    'matrix_transpose': lambda x, _attrs: np.matrix_transpose(x),
    'vector_norm': vector_norm,
    'matrix_norm': lambda x, attrs: np.linalg.matrix_norm(x, **attrs),
    'cond': lambda x, attrs: np.linalg.cond(x, attrs.get('ord', 2)),
    'cov': lambda x, attrs: np.cov(x, rowvar=attrs.get('rowvar', True), ddof=attrs.get('correction', 1)),
    'corrcoef': lambda x, attrs: np.corrcoef(x, **attrs),
}


def of_matrix(op, operands, attrs, _notes):
    dtype = dtype_of(operands[0])
    try:
        result = OF_MATRICES[op](operands[0].astype(np.float64), attrs)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise Refused from error
    return {name: stored_as(dtype, part) for name, part in result.items()} if isinstance(result, dict) else stored_as(dtype, result)


def least_squares(_op, operands, _attrs, notes):
    dtype = joined(operands, notes)
    return {name: stored_as(dtype, part) for name, part in lstsq(*(x.astype(np.float64) for x in operands)).items()}


def crossed(x, y, attrs):
    return np.cross(x, y, axis=attrs.get('axis', -1))


def dotted(x, y, attrs):
    return np.vecdot(*(np.moveaxis(v, attrs.get('axis', -1), -1) for v in (x, y)))


def tensordot(x, y, attrs):
    return np.tensordot(x, y, (attrs['axesX'], attrs['axesY']) if 'axesX' in attrs else attrs.get('axes', 2))


OF_TWO = {'cross': crossed, 'vecdot': dotted, 'kron': lambda x, y, _attrs: np.kron(x, y), 'tensordot': tensordot}


def product(op, operands, attrs, notes):
    dtype = joined(operands, notes)
    x, y = (converted(x, dtype) for x in operands)
    return stored_as(dtype, OF_TWO[op](*(v.astype(np.float64) if is_float(dtype) else v for v in (x, y)), attrs)).astype(DTYPES[dtype])


def einsum(_op, operands, attrs, notes):
    dtype = joined(operands, notes)
    wide = [x.astype(np.float64 if is_float(dtype) else DTYPES[dtype]) for x in operands]
    return np.asarray(np.einsum(attrs['subscripts'], *wide)).astype(DTYPES[dtype])


def part_calls(op):
    for dtype in [*WIDE, 'float16']:
        for shape in SQUARE if op in ('eigh', 'eig', 'eigvals') else ANY_SIDES:
            # Of more than one column without a value any turn is as good.
            is_open = abs(shape[-1] - shape[-2]) > 1
            ways = {'qr': [{}] if is_open else [{}, {'mode': 'complete'}], 'svd': [{'fullMatrices': False}] if is_open else [{}, {'fullMatrices': False}]}
            yield from ([[tensor(dtype, shape, 'spread')], attrs] for attrs in ways.get(op, [{}]))
        yield [tensor(dtype, [5], 'spread')], {}


NORMS = ['fro', 'nuc', 1, -1, 2, -2]
WAYS = {
    'matrix_power': [{'n': n} for n in (0, 1, 2, 5, -3)],
    'pinv': [{}, {'rtol': 0.5}],
    'matrix_rank': [{}, {'rtol': 0.5}],
    'matrix_norm': [{}, *({'ord': order} for order in NORMS), {'ord': 2, 'keepdims': True}],
    'cond': [{}, *({'ord': order} for order in NORMS)],
}


def matrix_calls(op):
    is_square = op in ('slogdet', 'inv', 'matrix_power', 'cond')
    for dtype in WIDE:
        for shape in SQUARE if is_square else ANY_SIDES:
            # What rises has rank 2 at most.
            for fill in ('dominant', 'spread') if is_square else ('spread', 'unit' if op == 'matrix_norm' else 'rising'):
                yield from ([[tensor(dtype, shape, fill)], attrs] for attrs in WAYS.get(op, [{}]))
        if op not in ('cond', 'matrix_norm'):
            yield from ([[tensor(dtype, shape, 'spread')], WAYS.get(op, [{}])[-1]] for shape in ([0, 0], [2, 0, 0], *([] if is_square else [[0, 3], [3, 0]])))


def norm_calls():
    for dtype in WIDE:
        for order in (0, 1, 2, 3, 0.5, -1):
            for shape in [5], [2, 3, 4]:
                for axis in (None, 0, [0, -1][: len(shape)], -1):
                    yield [tensor(dtype, shape, 'positive')], {'ord': order, 'axis': axis, 'keepdims': axis == 0}
        yield [tensor(dtype, [0, 3], 'positive')], {'ord': 1, 'axis': 0}


def variable_calls(op):
    for dtype in WIDE:
        for shape in [3, 6], [1, 4], [5], [2, 2]:
            for attrs in [{}, {'rowvar': False}, *([] if op == 'corrcoef' else [{'correction': 0}, {'correction': shape[-1]}])]:
                yield [tensor(dtype, shape, 'spread')], attrs


def system_calls():
    for dtype in WIDE:
        for a, b in ([5, 3], [5, 2]), ([5, 3], [5]), ([4, 2], [4, 3]):
            for fill in ('spread', 'unit'):
                yield [tensor(dtype, a, fill), tensor(dtype, b, 'spread')], {}


PAIRS = {
    'cross': [([3], [3], {}), ([2, 3], [3], {}), ([3, 2], [4, 3, 1], {'axis': -2}), ([2, 3], [2, 3], {'axis': 1})],
    'vecdot': [([5], [5], {}), ([2, 5], [5], {}), ([3, 4], [2, 3, 1], {'axis': -2}), ([0], [0], {})],
    'kron': [([2, 2], [3, 2], {}), ([3], [2, 2], {}), ([], [3], {}), ([2, 1, 2], [2, 3], {}), ([0, 2], [2, 2], {})],
    'tensordot': [([2, 3, 4], [3, 4, 2], {}), ([2, 3], [3, 2], {'axes': 0}), ([2, 3], [3, 2], {'axes': 1}), ([2, 3, 4], [3, 4, 2], {'axesX': [0, -1], 'axesY': [2, 1]}),
                  ([2, 3, 4], [3, 4, 2], {'axesX': [1], 'axesY': [0]}), ([2, 0], [0, 3], {'axes': 1})],
}


def pair_calls(op):
    for dtype in EXACT:
        yield from ([[tensor(dtype, a, 'small'), tensor(dtype, b, 'small')], attrs] for a, b, attrs in PAIRS[op])
    a, b, attrs = PAIRS[op][0]
    yield [tensor('int32', a, 'small'), tensor('float32', b, 'small')], attrs


EQUATIONS = [('ij,jk->ik', [2, 3], [3, 4]), ('ij,jk', [2, 3], [3, 4]), ('ij,kj->ik', [2, 3], [4, 3]), ('ji,jk->ki', [3, 2], [3, 4]), ('i,i', [4], [4]), ('i,j->ji', [2], [3]), ('ii', [3, 3]), ('ii->i', [3, 3]),
             ('ij->ji', [2, 3]), ('ba', [2, 3]), ('ij->', [2, 3]), ('ij->j', [2, 3]), ('iij->j', [3, 3, 2]), ('iijj->ij', [2, 2, 3, 3]), ('iiij->ji', [2, 2, 2, 3]), ('bij,bjk->bik', [2, 3, 4], [2, 4, 2]),
             ('...ij,...jk->...ik', [2, 3, 4], [4, 2]), ('...ij,jk', [2, 3, 4], [4, 2]), ('...,...', [2, 3], [3]), ('i...->...', [2, 3, 4]), ('i...,i...->...i', [2, 3], [2, 1]), ('ij,ij->ij', [2, 3], [2, 3]),
             ('bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 5, 4]), ('ij,jk,kl->il', [2, 3], [3, 4], [4, 2]), ('ij,jk,kl,lm,mn->in', [2, 3], [3, 4], [4, 2], [2, 5], [5, 2]), ('i,i,i->i', [3], [3], [3]),
             ('i,j,k->kji', [2], [3], [4]), ('ab,bc,ca->', [2, 3], [3, 4], [4, 2]), ('abc,ad,be,cf->def', [2, 3, 4], [2, 2], [3, 2], [4, 3]), ('ij,jk->ik', [2, 1], [4, 3]), ('ij,ij->i', [2, 3], [1, 3]),
             (' i j , j -> i ', [2, 3], [3]), (',i->i', [], [3]), ('ij,jk->ik', [2, 0], [0, 3]), ('Ab,bA', [2, 3], [3, 2]), ('i,j', [2], [3]), ('ij,k->k', [2, 3], [4]), ('i,i,j->j', [3], [3], [2]),
             ('a,b,c,d,e,f,g,h,i,j->', *[[2]] * 10)]


def contractions():
    for dtype in EXACT:
        yield from ([[tensor(dtype, shape, 'few') for shape in shapes], {'subscripts': equation}] for equation, *shapes in EQUATIONS)


def linear_algebra():
    yield from ((op, part_calls(op), lambda *case, op=op: parts(op, *case)) for op in PARTS)
    for op in OF_MATRICES:
        calls = norm_calls() if op == 'vector_norm' else variable_calls(op) if op in ('cov', 'corrcoef') else matrix_calls(op)
        yield op, calls, lambda *case, op=op: of_matrix(op, *case)
    yield 'lstsq', system_calls(), lambda *case: least_squares('lstsq', *case)
    yield from ((op, pair_calls(op), lambda *case, op=op: product(op, *case)) for op in OF_TWO)
    yield 'einsum', contractions(), lambda *case: einsum('einsum', *case)
