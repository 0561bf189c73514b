# Writes small files with the safetensors package of Python for tests/golden/safetensors, and what they hold as JSON.
# Run: pip install safetensors numpy; python3 scripts/make-safetensors-files.py
import json
import pathlib

import numpy as np
from safetensors.numpy import save

FOLDER = pathlib.Path(__file__).parents[1] / 'tests/golden/safetensors'


def tensor(dtype, shape, start=-3):
    size = int(np.prod(shape, dtype=np.int64))
    values = np.arange(start, start + size)
    return (values % 2 == 0 if dtype == 'bool' else (values * 37 % 101).astype(dtype)).reshape(shape)


def bits(array):
    return array.astype(array.dtype.newbyteorder('<'), copy=False).tobytes().hex()


HELD = ['float64', 'float32', 'float16', 'int64', 'int32', 'uint32', 'uint8', 'int8', 'bool', 'int16', 'uint16', 'uint64']
FILES = {
    'dtypes': ({dtype: tensor(dtype, (2, 3)) for dtype in HELD}, None),
    'shapes': (
        {
            'scalar': tensor('float32', ()),
            'empty': tensor('float32', (0, 4)),
            'none': tensor('float64', (3, 0, 2)),
            'vector': tensor('uint8', (5,)),
            'deep': tensor('int8', (1, 2, 1, 3, 1)),
        },
        {'format': 'np'},
    ),
    'names': (
        {'ä/b "c"\\\n': tensor('float32', (1,)), '__proto__': tensor('float32', (2,)), '10': tensor('float32', (3,)), '': tensor('int32', (1,))},
        {'author': 'Ωmega "quoted"\n'},
    ),
    'nothing': ({}, None),
    'complex': ({'a': tensor('complex64', (2,)), 'b': tensor('float32', (2,))}, None),
}

FOLDER.mkdir(parents=True, exist_ok=True)
index = {}
for name, (tensors, metadata) in FILES.items():
    (FOLDER / f'{name}.safetensors').write_bytes(save(tensors, metadata))
    index[name] = {
        'metadata': metadata or {},
        'tensors': [[key, str(array.dtype), list(array.shape), bits(array)] for key, array in tensors.items()],
    }
(FOLDER / 'index.json').write_text(json.dumps(index, indent=1, ensure_ascii=True) + '\n')
