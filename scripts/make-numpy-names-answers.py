"""Writes tests/numpy/answers.json: what NumPy's functions give, by name and arguments, and how it prints arrays.

Run it with NumPy 2: python3 scripts/make-numpy-names-answers.py
"""

import base64
import io
import json
import sys
import warnings

import numpy as np

from numpy_names.calls import CALLS, INPUTS
from numpy_names.draws import DRAWN
from numpy_names.indices import INDICES
from numpy_names.printing import PRINTED


def resolve(value):
    """An argument as NumPy takes it: '$a' is an input, ['(', ...] a tuple, [':', a, b, c] a slice."""
    if isinstance(value, str) and value.startswith('$'):
        return INPUTS[value[1:]]
    if isinstance(value, list) and value and value[0] == '(':
        return tuple(resolve(each) for each in value[1:])
    if isinstance(value, list):
        return [resolve(each) for each in value]
    return value


def element(value):
    """An element as JSON: floats by their shortest text, so that NaN and infinities stand for themselves."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    return repr(float(value))


def told(array):
    array = np.asarray(array)
    return [str(array.dtype), list(array.shape), [element(each) for each in array.ravel()]]


def called(name):
    target = np
    for part in name.split('.'):
        target = getattr(target, part)
    return target


def answer(name, args, options):
    result = called(name)(*[resolve(each) for each in args], **{key: resolve(each) for key, each in options.items()})
    if isinstance(result, (tuple, list)):
        return [told(each) for each in result]
    return told(result)


def indexed(text, shape):
    array = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    entries = eval(f'np.index_exp[{text}]')
    return told(array[entries])


def printed(kind, expression, options):
    array = eval(expression)
    if kind == 'repr':
        return repr(array)
    if kind == 'str':
        return str(array)
    return np.array2string(array, **options)


def drawn(kind, seed, calls):
    stream = np.random.default_rng(seed) if kind == 'default_rng' else np.random.RandomState(seed)
    return [
        told(getattr(stream, name)(*[resolve(each) for each in args], **{key: resolve(each) for key, each in options.items()}))
        for name, args, options in calls
    ]


def archived(save):
    file = io.BytesIO()
    save(file, x=INPUTS['f'], y=INPUTS['j'], z=INPUTS['b'])
    return base64.b64encode(file.getvalue()).decode()


def main():
    warnings.simplefilter('ignore')
    np.seterr(all='ignore')
    answers = {
        'inputs': {name: told(array) for name, array in INPUTS.items()},
        'calls': [[name, args, options, answer(name, args, options)] for name, args, options in CALLS],
        'indices': [[shape, text, js, indexed(text, shape)] for shape, text, js in INDICES],
        'printed': [
            [kind, told(eval(expression)), options, printed(kind, expression, options)]
            for kind, expression, options in PRINTED
        ],
        'drawn': [[kind, seed, calls, drawn(kind, seed, calls)] for kind, seed, calls in DRAWN],
        'archives': [archived(np.savez), archived(np.savez_compressed)],
        'names': {
            'numpy': sorted(np.__all__),
            **{space: sorted(getattr(np, space).__all__) for space in ('linalg', 'fft')},
            'random.Generator': [name for name in dir(np.random.Generator) if not name.startswith('_')],
            'testing': sorted(name for name in np.testing.__all__ if name.startswith('assert')),
        },
    }
    with open('tests/numpy/answers.json', 'w') as file:
        file.write('{\n')
        file.write(',\n'.join(
            f'{json.dumps(key)}: ' + (
                '[\n' + ',\n'.join(json.dumps(each, separators=(',', ':')) for each in value) + '\n]'
                if isinstance(value, list)
                else json.dumps(value, separators=(',', ':'))
            )
            for key, value in answers.items()
        ))
        file.write('\n}\n')
    print(f"{len(answers['calls'])} calls, {len(answers['indices'])} indices, {len(answers['printed'])} texts", file=sys.stderr)


main()
