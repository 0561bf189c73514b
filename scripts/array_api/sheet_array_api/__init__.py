"""The namespace of the array API over a sheet of a Node process: what its public test suite imports."""

import numpy as _numpy

from .array import Array as _Array
from .array import DType as _DType
from .array import call as _call
from .array import from_numpy as _from_numpy
from .array import wrapped as _wrapped
from . import functions as _functions
from .functions import *  # noqa: F403

__version__ = '0.1'
__array_api_version__ = '2024.12'

for _name in ('bool', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float32', 'float64'):
    globals()[_name] = _DType(_name)

e, pi, inf, nan, newaxis = _numpy.e, _numpy.pi, _numpy.inf, _numpy.nan, None


class _Space:
    def __init__(self, prefix, names):
        for name in names.split():
            setattr(self, name, _wrapped(f'{prefix}.{name}'))


linalg = _Space(
    'linalg',
    'cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank matrix_transpose outer '
    'pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm',
)
