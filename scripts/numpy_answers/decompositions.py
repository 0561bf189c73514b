# Decompositions in NumPy, in float64: signs as docs/format/numerics-decompositions.md has them, parts one after another.
from fractions import Fraction

import mpmath
import numpy as np

from .elementwise import Refused, dtype_of
from .inputs import DTYPES


def sign_of(vector):
    size = np.abs(vector)
    if not size.size:
        return 1
    return -1 if vector[np.argmax(size >= size.max() * (1 - 2.0**-10))] < 0 else 1


def qr(x, attrs):
    m, n = x.shape
    q, r = np.linalg.qr(x, mode=attrs.get('mode', 'reduced'))
    signs = [sign_of(q[:, i]) if i >= n else -1 if r[i, i] < 0 else 1 for i in range(r.shape[0])]
    return q * np.array(signs)[None, :], np.triu(r * np.array(signs)[:, None])


def eigh(x, _attrs):
    values, vectors = np.linalg.eigh(x)
    return values, vectors * np.array([sign_of(column) for column in vectors.T]).reshape(1, -1)


def svd(x, attrs):
    u, s, vh = np.linalg.svd(x, full_matrices=attrs.get('fullMatrices', True))
    signs = [sign_of(column) for column in u.T]
    rows = [signs[i] if i < len(s) else sign_of(row) for i, row in enumerate(vh)]
    return u * np.array(signs).reshape(1, -1), s, vh * np.array(rows).reshape(-1, 1)


def eig(x, _attrs):
    values, vectors = np.linalg.eig(x)
    values, vectors = values.astype(complex), vectors.astype(complex)
    order = sorted(range(len(values)), key=lambda i: (values[i].real, abs(values[i].imag), -values[i].imag))
    columns = []
    for column in vectors.T[order]:
        size = np.abs(column)
        largest = column[np.argmax(size >= size.max() * (1 - 2.0**-10))]
        columns.append(column * np.conj(largest) / abs(largest) / np.linalg.norm(column))
    turned = np.array(columns).T.reshape(x.shape)
    return values[order].real, values[order].imag, turned.real, turned.imag


def lu(x, _attrs):
    m, n = x.shape
    a, rows, parity = x.copy(), np.arange(m), 1.0
    for k in range(min(m, n)):
        best = k + int(np.argmax(np.abs(a[k:, k])))
        if best != k:
            a[[k, best]], rows[[k, best]], parity = a[[best, k]], rows[[best, k]], -parity
        if a[k, k] != 0:
            a[k + 1 :, k] /= a[k, k]
            a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a, rows, np.array([parity])


def det(x, _attrs):
    """Exactly, rounded once: elimination in fractions."""
    a = [[Fraction(value) for value in row] for row in x.tolist()]
    product = Fraction(1)
    for k in range(len(a)):
        pivot = next((i for i in range(k, len(a)) if a[i][k] != 0), None)
        if pivot is None:
            return (np.array(0.0),)
        if pivot != k:
            a[k], a[pivot], product = a[pivot], a[k], -product
        product *= a[k][k]
        for i in range(k + 1, len(a)):
            factor = a[i][k] / a[k][k]
            a[i][k + 1 :] = [y - factor * x for x, y in zip(a[k][k + 1 :], a[i][k + 1 :])]
    return (np.array(float(product)),)


def expm(x, _attrs):
    with mpmath.workdps(60):
        power = mpmath.expm(mpmath.matrix(x.tolist()))
        return (np.array([[float(power[i, j]) for j in range(x.shape[1])] for i in range(x.shape[0])]),)


PARTS = {
    'qr_packed': qr,
    'eigh_packed': eigh,
    'eigvalsh': lambda x, _attrs: (np.linalg.eigvalsh(x),),
    'svd_packed': svd,
    'eig_packed': eig,
    'eigvals_packed': lambda x, attrs: eig(x, attrs)[:2],
    'svdvals': lambda x, _attrs: (np.linalg.svd(x, compute_uv=False),),
    'lu_packed': lu,
    'det': det,
    'expm': expm,
}


def decomposed(op, operands, attrs, _notes):
    (x,) = operands
    if x.ndim < 2 or (op in ('eigh_packed', 'eigvalsh', 'det', 'expm', 'eig_packed', 'eigvals_packed') and x.shape[-1] != x.shape[-2]):
        raise Refused
    wide = x.astype(np.float64)
    results = [np.concatenate([np.ravel(part) for part in PARTS[op](wide[index], attrs)]) for index in np.ndindex(x.shape[:-2])]
    flat = np.stack(results).astype(DTYPES[dtype_of(x)])
    return flat.reshape(x.shape[:-2] if op == 'det' else x.shape if op == 'expm' else (*x.shape[:-2], -1))
