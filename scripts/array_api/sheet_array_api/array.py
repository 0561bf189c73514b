"""Arrays that a Node process holds: Python has their number, dtype and shape, and asks for the rest."""

import atexit
import base64
import json
import math
import os
import subprocess

import numpy

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '../../..'))
_process = None
_gone = []


def ask(request):
    """Sends a request, with the numbers of arrays that Python has let go of, and waits for its answer."""
    global _process
    if _process is None or _process.poll() is not None:
        command = ['npx', 'tsx', '--tsconfig', 'tsconfig.json', 'scripts/array_api/server.ts']
        environment = {**os.environ, 'SYMBOLIC_SHEET_STORE': 'off'}
        _process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(_process.stdin.close)
    request['free'] = _gone[:]
    _gone.clear()
    _process.stdin.write(json.dumps(request) + '\n')
    _process.stdin.flush()
    answer = json.loads(_process.stdout.readline())
    if 'error' in answer:
        kind = TypeError if answer['code'] == 'DTYPE' else IndexError if 'index' in answer['error'] else ValueError
        raise kind(answer['error'])
    return answer['ok']


class DType:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return isinstance(other, DType) and other.name == self.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return self.name


def encode(value):
    """A value as the process reads it."""
    if isinstance(value, Array):
        return {'$': value._id}
    if isinstance(value, DType):
        return value.name
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {'i': str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {'f': {'nan': 'NaN', 'inf': 'Infinity', '-inf': '-Infinity'}[str(value)]}
    raise TypeError(f'{type(value).__name__} is no argument of the array API')


def decode(value):
    if isinstance(value, dict) and '$' in value:
        return Array(value['$'], value['dtype'], value['shape'])
    if isinstance(value, dict) and 'list' in value:
        parts = [decode(each) for each in value['list']]
        return Named(value['names'], parts) if 'names' in value else tuple(parts)
    return value


class Named(tuple):
    """Results with names, as namedtuples are."""

    def __new__(cls, names, parts):
        made = super().__new__(cls, parts)
        for name, part in zip(names, parts):
            setattr(made, name, part)
        return made


def call(name, *args, **named):
    given = {key: encode(value) for key, value in named.items() if value is not None}
    return decode(ask({'call': name, 'args': [encode(each) for each in args], 'named': given}))


RENAMED = {'correction': 'ddof', 'min': 'a_min', 'max': 'a_max'}


def wrapped(name):
    def function(*args, **named):
        named.pop('device', None)
        named.pop('stable', None)
        return call(name, *args, **{RENAMED.get(key, key): value for key, value in named.items()})

    function.__name__ = name.split('.')[-1]
    return function


def from_numpy(array, dtype=None):
    array = numpy.ascontiguousarray(array).reshape(numpy.shape(array))
    bytes_ = base64.b64encode(array.tobytes()).decode()
    made = {'dtype': dtype or str(array.dtype), 'shape': list(array.shape), 'bytes': bytes_}
    return decode(ask({'make': made}))


class Array:
    def __init__(self, id_, dtype, shape):
        self._id, self._dtype, self._shape = id_, DType(dtype), tuple(shape)

    def __del__(self):
        _gone.append(self._id)

    dtype = property(lambda self: self._dtype)
    shape = property(lambda self: self._shape)
    ndim = property(lambda self: len(self._shape))
    size = property(lambda self: math.prod(self._shape))
    device = property(lambda self: 'sheet')
    T = property(lambda self: call('permute_dims', self))
    mT = property(lambda self: call('matrix_transpose', self))

    def to_device(self, device, /, *, stream=None):
        return self

    def __array_namespace__(self, *, api_version=None):
        import sheet_array_api

        return sheet_array_api

    def numpy(self):
        raw = base64.b64decode(ask({'read': self._id}))
        return numpy.frombuffer(raw, dtype=self._dtype.name).reshape(self._shape).copy()

    def _item(self):
        if self.size != 1 or self.ndim != 0:
            raise TypeError('only arrays of no dimension are scalars')
        return self.numpy()[()].item()

    def __bool__(self):
        return bool(self._item())

    def __int__(self):
        return int(self._item())

    def __float__(self):
        return float(self._item())

    def __complex__(self):
        return complex(self._item())

    def __index__(self):
        if 'int' not in self._dtype.name:
            raise TypeError('only arrays of integers are indices')
        return int(self._item())

    def __len__(self):
        return self._shape[0]

    def __iter__(self):
        return (self[i] for i in range(self._shape[0]))

    def __repr__(self):
        return f'{self.numpy()!r}'

    def __getitem__(self, key):
        return call('at', self, *[index_of(each) for each in (key if isinstance(key, tuple) else (key,))])

    def __setitem__(self, key, value):
        # Tensors never change: the suite makes its inputs by assignments, which make this object another tensor.
        elements = self.numpy()
        parts = key if isinstance(key, tuple) else (key,)
        entries = tuple(each.numpy() if isinstance(each, Array) else each for each in parts)
        elements[entries] = value.numpy() if isinstance(value, Array) else value
        other = from_numpy(elements, self._dtype.name)
        self._id, other._id = other._id, self._id


def index_of(entry):
    if isinstance(entry, slice):
        return ':'.join('' if each is None else str(int(each)) for each in (entry.start, entry.stop, entry.step))
    return '...' if entry is Ellipsis else entry


def _check(x, y):
    if isinstance(y, (Array, bool, int, float)):
        return True
    return False


def _operator(name, function, is_reflected=False):
    def method(self, other):
        if not _check(self, other):
            return NotImplemented
        return call(function, other, self) if is_reflected else call(function, self, other)

    setattr(Array, name, method)


for _name, _function in {
    'add': 'add', 'sub': 'subtract', 'mul': 'multiply', 'truediv': 'divide', 'floordiv': 'floor_divide',
    'mod': 'remainder', 'pow': 'pow', 'matmul': 'matmul', 'and': 'bitwise_and', 'or': 'bitwise_or', 'xor': 'bitwise_xor',
    'lshift': 'bitwise_left_shift', 'rshift': 'bitwise_right_shift',
}.items():
    _operator(f'__{_name}__', _function)
    _operator(f'__r{_name}__', _function, True)
    _operator(f'__i{_name}__', _function)
for _name, _function in {
    'lt': 'less', 'le': 'less_equal', 'gt': 'greater', 'ge': 'greater_equal', 'eq': 'equal', 'ne': 'not_equal',
}.items():
    _operator(f'__{_name}__', _function)
Array.__hash__ = None
Array.__neg__ = lambda self: call('negative', self)
Array.__pos__ = lambda self: call('positive', self)
Array.__abs__ = lambda self: call('abs', self)
Array.__invert__ = lambda self: call('bitwise_invert', self)
