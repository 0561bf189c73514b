# Fourier transforms in NumPy, in extended precision and rounded once; complex numbers are pairs in the last axis.
import numpy as np

from .elementwise import is_float
from .inputs import DTYPES


def transformed(op, operands, attrs, _notes):
    x = operands[0]
    name = x.dtype.name if is_float(x.dtype.name) else 'float32'
    wide = x.astype(np.longdouble)
    signal = wide if op == 'rfft' else wide[..., 0] + wide[..., 1] * np.clongdouble(1j)
    if signal.size == 0:
        result = np.zeros((*signal.shape[:-1], {'rfft': signal.shape[-1] // 2 + 1, 'irfft': 2 * signal.shape[-1] - 2}.get(op, signal.shape[-1])), np.clongdouble)
    else:
        result = getattr(np.fft, op)(signal, n=attrs.get('n'), axis=attrs.get('axis', -1), norm=attrs.get('norm', 'backward'))
    parts = result.real if op == 'irfft' else np.stack([result.real, result.imag], -1)
    return parts.astype(np.float32).astype(np.float16) if name == 'float16' else parts.astype(DTYPES[name])


def frequencies(op, _operands, attrs, notes):
    notes.add('float32')
    return getattr(np.fft, op)(attrs['n'], attrs.get('d', 1.0)).astype(DTYPES[attrs.get('dtype', 'float32')])
