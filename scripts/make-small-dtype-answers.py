# Writes what ml_dtypes makes of every code and of numbers around every tie for tests/golden/small-dtypes.json.
# Run: pip install numpy ml_dtypes; python3 scripts/make-small-dtype-answers.py
import base64
import json
import pathlib

import ml_dtypes
import numpy as np

FILE = pathlib.Path(__file__).parents[1] / 'tests/golden/small-dtypes.json'
FLOATS = ['float8_e4m3fn', 'float8_e4m3fnuz', 'float8_e5m2', 'float8_e5m2fnuz', 'float8_e8m0fnu', 'float4_e2m1fn', 'bfloat16']
INTEGERS = ['int4', 'uint4', 'int2', 'uint2']
SPECIAL = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-45, -1e-45, 1e-40, 3.4e38, -3.4e38]
np.seterr(all='ignore')


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def codes(x, dtype):
    """Elements as they are stored, NaN in one form."""
    y = x.astype(dtype)
    bits = y.view(np.uint16 if dtype.itemsize == 2 else np.uint8).copy()
    isnan = np.isnan(x) | np.isnan(y.astype(np.float32))
    if isnan.any():
        bits[isnan] = np.array([np.nan], dtype=np.float32).astype(dtype).view(bits.dtype)[0]
    return bits


def around_ties(numbers):
    """Numbers, those between neighbours, and the nearest on both sides of these."""
    finite = np.unique(numbers[np.isfinite(numbers)].astype(np.float64))
    beyond = finite[-1] + (finite[-1] - finite[-2])
    whole = np.concatenate([finite, [beyond]])
    between = np.append((whole[1:] + whole[:-1]) / 2, beyond).astype(np.float32)
    return np.concatenate([finite.astype(np.float32), between, np.nextafter(between, np.float32(np.inf)), np.nextafter(between, np.float32(-np.inf))])


answers = {}
for name in FLOATS:
    dtype = np.dtype(getattr(ml_dtypes, name))
    bits = ml_dtypes.finfo(dtype).bits
    every = np.arange(2**bits, dtype=np.uint16 if bits > 8 else np.uint8)
    decoded = every.view(dtype).astype(np.float32)
    decoded[np.isnan(decoded)] = np.nan
    if bits > 8:
        random = np.random.default_rng(7).integers(0, 2**32, 1500, dtype=np.uint32)
        random[:500] = random[:500] & 0xFFFF0000 | 0x8000  # ties
        inputs, decoded = random.view(np.float32), decoded[::257]
    else:
        inputs = around_ties(decoded)
        inputs = np.concatenate([inputs, -inputs])
        if name == 'float8_e8m0fnu':  # ml_dtypes rounds subnormal float32 up before the tie
            inputs = inputs[np.abs(inputs) >= 2.0**-126]
    inputs = np.concatenate([inputs, np.array(SPECIAL, dtype=np.float32)])
    answers[name] = {'decoded': text(decoded), 'inputs': text(inputs), 'encoded': text(codes(inputs, dtype))}
for name in INTEGERS:
    dtype = np.dtype(getattr(ml_dtypes, name))
    bits = ml_dtypes.iinfo(dtype).bits
    inputs = np.arange(-20, 21, dtype=np.int32)
    encoded = (inputs.astype(dtype).astype(np.int32) & (2**bits - 1)).astype(np.uint8)
    answers[name] = {'inputs': text(inputs.astype(np.float32)), 'encoded': text(encoded)}
about = f'Written by scripts/make-small-dtype-answers.py with ml_dtypes {ml_dtypes.__version__}: base64 of float32 and codes.'
FILE.write_text(json.dumps({'about': about, 'answers': answers}, indent=1) + '\n')
