"""Functions of the array API: most are those of numpy(sheet); the rest says what Python's types are to them."""

import builtins

import numpy

from .array import Array, DType, call, from_numpy, wrapped

NAMES = (
    'abs acos acosh add all any argmax argmin asin asinh atan atan2 atanh bitwise_and bitwise_invert '
    'bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor broadcast_arrays broadcast_to ceil copysign cos cosh '
    'count_nonzero cumulative_prod cumulative_sum diff divide equal exp expand_dims expm1 flip floor floor_divide '
    'greater greater_equal hypot isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and '
    'logical_not logical_or logical_xor matmul matrix_transpose max maximum mean meshgrid min minimum moveaxis multiply '
    'negative nextafter nonzero not_equal ones_like permute_dims positive pow prod reciprocal remainder reshape roll round '
    'searchsorted sign signbit sin sinh sqrt square squeeze stack std subtract sum take take_along_axis tan tanh '
    'tensordot tile tril triu trunc unique_all unique_counts unique_inverse unique_values unstack var vecdot where '
    'zeros_like concat isin'
)
for _name in NAMES.split():
    globals()[_name] = wrapped(_name)

__all__ = [
    *NAMES.split(), 'arange', 'argsort', 'asarray', 'astype', 'can_cast', 'clip', 'empty', 'empty_like', 'eye', 'finfo',
    'from_dlpack', 'full', 'full_like', 'iinfo', 'isdtype', 'linspace', 'ones', 'repeat', 'result_type', 'sort', 'zeros',
    '__array_namespace_info__',
]


def _name(dtype):
    return None if dtype is None else dtype.name


def asarray(obj, /, *, dtype=None, device=None, copy=None):
    if isinstance(obj, Array):
        return obj if dtype is None and not copy else call('astype', obj, dtype or obj.dtype)
    plain = numpy.asarray(_plain(obj))
    return from_numpy(plain.astype(_name(dtype)) if dtype is not None else plain)


def _plain(obj):
    if isinstance(obj, Array):
        return obj.numpy()
    return [_plain(each) for each in obj] if isinstance(obj, (list, tuple)) else obj


def zeros(shape, *, dtype=None, device=None):
    return call('zeros', shape, dtype=dtype)


def ones(shape, *, dtype=None, device=None):
    return call('ones', shape, dtype=dtype)


empty = zeros


def empty_like(x, /, *, dtype=None, device=None):
    return call('zeros_like', x, dtype=dtype)


def _integer(value):
    return asarray(value) if isinstance(value, int) and not isinstance(value, bool) else value


def full(shape, fill_value, *, dtype=None, device=None):
    return call('full', shape, _integer(fill_value) if dtype is None else fill_value, dtype=dtype)


def full_like(x, /, fill_value, *, dtype=None, device=None):
    return call('full_like', x, fill_value, dtype=dtype)


def eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None):
    return call('eye', n_rows, n_rows if n_cols is None else n_cols, k, dtype=dtype)


def arange(start, /, stop=None, step=1, *, dtype=None, device=None):
    if dtype is None and builtins.any(isinstance(each, float) for each in (start, stop, step)):
        dtype = DType('float64')
    if stop is None:
        start, stop = 0, start
    return call('arange', start, stop, step, dtype=dtype)


def linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True):
    return call('linspace', start, stop, num, dtype=dtype, endpoint=endpoint)


def astype(x, dtype, /, *, copy=True, device=None):
    return call('astype', x, dtype)


def sort(x, /, *, axis=-1, descending=False, stable=True):
    return call('flip', call('sort', x, axis=axis), axis) if descending else call('sort', x, axis=axis)


def argsort(x, /, *, axis=-1, descending=False, stable=True):
    if not descending:
        return call('argsort', x, axis=axis)
    reverse = call('flip', call('argsort', call('flip', x, axis), axis=axis), axis)
    return call('subtract', x.shape[axis] - 1, reverse)


def clip(x, /, min=None, max=None):
    return call('clip', x, min, max)


def repeat(x, repeats, /, *, axis=None):
    counts = repeats.numpy().tolist() if isinstance(repeats, Array) else repeats
    return call('repeat', x, counts, axis=axis)


def from_dlpack(x, /, **_):
    return asarray(x)


def result_type(*each):
    plain = [numpy.dtype(x.name) if isinstance(x, DType) else numpy.dtype(x.dtype.name) if isinstance(x, Array) else x for x in each]
    return DType(str(numpy.result_type(*plain)))


def can_cast(from_, to, /):
    name = from_.dtype.name if isinstance(from_, Array) else from_.name
    return bool(numpy.can_cast(name, to.name))


def isdtype(dtype, kind):
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return builtins.any(
        each == dtype if isinstance(each, DType) else numpy.isdtype(numpy.dtype(dtype.name), each) for each in kinds
    )


class _Info:
    def __init__(self, **fields):
        self.__dict__.update(fields)


def finfo(type, /):
    dtype = type.dtype if isinstance(type, Array) else type
    known = numpy.finfo(dtype.name)
    names = ('bits', 'eps', 'max', 'min', 'smallest_normal')
    return _Info(dtype=dtype, **{name: (int if name == 'bits' else float)(getattr(known, name)) for name in names})


def iinfo(type, /):
    dtype = type.dtype if isinstance(type, Array) else type
    known = numpy.iinfo(dtype.name)
    return _Info(dtype=dtype, bits=known.bits, max=int(known.max), min=int(known.min))


KINDS = {
    'bool': ['bool'],
    'signed integer': ['int8', 'int16', 'int32', 'int64'],
    'unsigned integer': ['uint8', 'uint16', 'uint32', 'uint64'],
    'real floating': ['float32', 'float64'],
    'complex floating': [],
}
KINDS['integral'] = KINDS['signed integer'] + KINDS['unsigned integer']
KINDS['numeric'] = KINDS['integral'] + KINDS['real floating']


class __array_namespace_info__:
    def capabilities(self):
        return {'boolean indexing': True, 'data-dependent shapes': True, 'max dimensions': 16}

    def default_device(self):
        return 'sheet'

    def default_dtypes(self, *, device=None):
        return {'real floating': DType('float64'), 'complex floating': None, 'integral': DType('int64'), 'indexing': DType('int64')}

    def devices(self):
        return ['sheet']

    def dtypes(self, *, device=None, kind=None):
        kinds = KINDS if kind is None else [kind] if isinstance(kind, str) else kind
        return {name: DType(name) for each in kinds for name in KINDS[each]}


def meshgrid(*arrays, indexing='xy'):
    return list(call('meshgrid', *arrays, indexing=indexing))


def broadcast_arrays(*arrays):
    return list(call('broadcast_arrays', *arrays))


def concat(arrays, /, *, axis=0):
    return call('concat', arrays, axis)
