# Asks NumPy every call of the plan and stores its answers for tests/oracle. Run: pip install numpy mpmath; python3 scripts/make-numpy-answers.py
# With `composites` after it those of composites alone.
# Functions are computed in the 80-bit extended precision of x86 and rounded once, which NumPy's own float32 and float64 are not.
import gzip
import hashlib
import json
import pathlib
import sys
import warnings

import numpy as np

sys.dont_write_bytecode = True
from numpy_answers.composites import composites
from numpy_answers.elementwise import Refused, dtype_of
from numpy_answers.inputs import base, base_shape, seed_of, viewed
from numpy_answers.plan import plan

INDEX = {'answers': 'index.json', 'composites': 'composites.json'}
FOLDER = pathlib.Path(__file__).parents[1] / 'tests/oracle'
# Where an answer is not what NumPy's defaults give, and why; every case that one of these touches names it.
DEVIATIONS = {
    'promotion': 'array API promotion: a float keeps its width beside an integer or bool, fractions beside integers and quotients of integers are float32',
    'uint64': 'uint64 beside a signed integer is refused, as the array API has no common dtype of them; NumPy makes both float64',
    'float32': 'the default floating dtype is float32',
    'int32': 'indices are int32',
    'width': 'sums and products of integers keep their dtype and wrap; bool is counted as int32',
    'zeros': 'sign keeps the sign of zeros, and −0 < +0 for maximum, minimum and what is made of them; NumPy leaves open which zero is given',
    'bool': 'arithmetic refuses bool, a literal true or false too, as the array API does',
    'bounds': 'maximum with a plain number under an integer dtype, and minimum with one over it, bound nothing, as in numpy.clip; numpy.maximum raises',
    'beyond': 'a plain number beyond the largest float of a dtype is compared by value; NumPy makes it an infinity',
    'rounding': 'floor_divide and remainder of float32 and float16 are rounded once; NumPy rounds at every step',
    'identity': 'the largest and smallest of nothing are the identity of the reduction; NumPy raises',
    'wrapping': 'a float outside an integer dtype wraps and what is not finite gives 0; NumPy leaves it open',
    'infinities': 'between equal infinities a quantile is that infinity, and half way to one too; NumPy gives NaN',
    'missing': 'where there is no number, an index of one is −1; NumPy raises',
    'nans': 'every NaN is an element of its own, as the array API has it; NumPy counts all as one where it makes sets',
    'philox': 'random draws are those of Philox4x32-10 as docs/format/numerics-elementwise.md states them; NumPy draws others',
}


def operand_of(op, case, place, spec, digest):
    """An operand as NumPy sees it: an array, or a Python scalar."""
    if isinstance(spec, dict):
        return spec['v'] if 'v' in spec else int(spec['big']) if 'big' in spec else float(spec['n'])
    dtype, shape, fill, view = [*spec, ''][:4]
    x = base(dtype, base_shape(shape, view), fill, seed_of(op, case, place))
    digest.update(x.tobytes())
    return viewed(x, shape, view)


def canonical(x):
    """Row-major bytes, with one NaN."""
    x = np.array(x, order='C')
    if x.dtype.kind == 'f':
        x[np.isnan(x)] = np.nan
        x = np.where(np.isnan(x), np.abs(x), x)
    return x.tobytes()


def stored(result, blob):
    """Adds elements to the others and gives their type; of several arrays, in a dictionary or a list, each with its name."""
    if isinstance(result, (dict, list)):
        parts = result.items() if isinstance(result, dict) else enumerate(result)
        return [[str(name), *stored(part, blob)] for name, part in parts]
    result = np.asarray(result)
    blob += canonical(result)
    return [dtype_of(result), list(result.shape)]


def answers_of(op, calls, answer, blob, deviations):
    digest, cases = hashlib.sha256(), []
    for case, (operands, attrs) in enumerate(calls):
        notes = set()
        arrays = [operand_of(op, case, place, spec, digest) for place, spec in enumerate(operands)]
        try:
            result = answer(arrays, attrs, notes)
        except Refused:
            result = None
        for note in notes:
            deviations[note] += 1
        cases.append([operands, attrs, 0 if result is None else stored(result, blob)])
    return {'op': op, 'inputs': digest.hexdigest(), 'cases': cases}


def store(name, calls):
    """Writes `name`.bin.gz with all answers, and `name`.json with what is in it."""
    blob, deviations = bytearray(), dict.fromkeys(DEVIATIONS, 0)
    ops = [answers_of(op, asked, answer, blob, deviations) for op, asked, answer in calls]
    header = json.dumps(ops, separators=(',', ':')).encode()
    packed = gzip.compress(len(header).to_bytes(4, 'little') + header + bytes(blob), 9, mtime=0)
    (FOLDER / f'{name}.bin.gz').write_bytes(packed)
    index = {
        'about': f'Answers of NumPy {np.__version__} in {name}.bin.gz: the length of a JSON header, the header, the elements. Written by scripts/make-numpy-answers.py.',
        'sha256': hashlib.sha256(packed).hexdigest(), 'cases': sum(len(op['cases']) for op in ops),
        'deviations': [{'name': each, 'why': why, 'cases': deviations[each]} for each, why in DEVIATIONS.items() if deviations[each]],
        'ops': {op['op']: len(op['cases']) for op in ops},
    }
    (FOLDER / INDEX[name]).write_text(json.dumps(index, indent=1, ensure_ascii=False) + '\n')
    print(name, index['cases'], 'cases,', len(packed), 'bytes')
    return {each for each, cases in deviations.items() if cases}


def main():
    if np.finfo(np.longdouble).nmant < 63:
        sys.exit('This machine has no 80-bit long double; run it on x86-64.')
    warnings.simplefilter('ignore')
    np.seterr(all='ignore')
    met = store('composites', composites())
    if 'composites' not in sys.argv[1:] and set(DEVIATIONS) != met | store('answers', plan()):
        sys.exit('A deviation is met by no case; remove it.')


main()
