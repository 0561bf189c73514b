"""Writes tests/kernels/exact-answers.json: correctly rounded float64 values of functions, by mpmath at 2600 bits.

python3 scripts/make-exact-answers.py (mpmath). Points are of all sizes, and some where a value lies very near the middle
between two float64 numbers, as published by Lefevre and Muller, "Worst cases for correct rounding of the elementary
functions in double precision", 2001.
"""

import json
import math
import pathlib
import random
from fractions import Fraction

import mpmath as mp

mp.mp.prec = 2600
random.seed(5)


def cbrt(x):
    return mp.cbrt(x) if x >= 0 else -mp.cbrt(-x)


FUNCTIONS = {
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": mp.log10,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "cbrt": cbrt,
    "erf": mp.erf,
    "erfc": mp.erfc,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "gelu": lambda x: x / 2 * mp.erfc(-x / mp.sqrt(2)),
}
PAIRS = {"pow": mp.power, "atan2": mp.atan2}

HARD = {
    "exp": ["0x1.9e9cbbfd6080bp-31", "0x1.83d4bcdebb3f4p+2", "0x1.6a4d1af9cc989p-8", "-0x1.8172a0e02f90ep-8"],
    "log": ["0x1.62a88613629b6p+678", "0x1.ab50b409c8aeep+8", "0x1.3fd95c5a2d6d6p-2", "0x1.fffffffffffffp-1"],
    "sin": ["0x1.e0000000001c2p-20", "0x1.598bae9e632f6p-7", "0x1.6ac5b262ca1ffp+849", "0x1.921fb54442d18p+1"],
    "cos": ["0x1.06b505550e6b2p-9", "0x1.34ec2f9fc9c00p+1", "0x1.6ac5b262ca1ffp+849", "0x1.921fb54442d18p+0"],
    "tan": ["0x1.dffffffffff1fp-22", "0x1.67219a550971cp+0", "0x1.6ac5b262ca1ffp+849", "0x1.921fb54442d18p+0"],
    "asin": ["0x1.c373ff4aad79bp-14", "0x1.fffffffffffffp-1"],
    "acos": ["0x1.53ea6c7255e88p-4", "0x1.fffffffffffffp-1", "-0x1.fffffffffffffp-1"],
    "atan": ["0x1.62ff6a1682c25p-1", "0x1.8000000000003p-21"],
    "sinh": ["0x1.dffffffffffc8p-21", "0x1.897374fb8c6a1p+0"],
    "cosh": ["0x1.0000000000001p-26", "0x1.ea5f2f2e4b0c5p+1"],
}


def correctly_rounded(y):
    """The float64 nearest to y, ties to even."""
    sign, mantissa, exponent, bits = mp.mpf(y)._mpf_
    if mantissa == 0:
        return float(y)
    size = math.inf if exponent + bits > 1100 else 0.0
    if -1200 < exponent + bits <= 1100:
        exact = Fraction(int(mantissa)) * Fraction(2) ** exponent
        try:
            size = exact.numerator / exact.denominator
        except OverflowError:
            size = math.inf
    return -size if sign else size


def drawn():
    kind = random.random()
    sign = random.choice([-1, 1])
    if kind < 0.5:
        return random.uniform(-4, 4)
    if kind < 0.7:
        return random.uniform(-40, 40)
    if kind < 0.8:
        return random.uniform(-800, 800)
    return sign * 2.0 ** (random.uniform(-1070, 1020) if kind < 0.9 else random.uniform(-60, 12))


def in_domain(name, x):
    """A number that the function takes, and whose value mpmath finds in a reasonable time."""
    if name in ("asin", "acos", "atanh") and abs(x) >= 1:
        return math.fmod(x, 1)
    if name in ("log", "log2", "log10"):
        return abs(x)
    if name == "log1p" and x <= -1:
        return -1 / x if x < -1 else 0.5
    if name == "acosh":
        return 1 + abs(x)
    if name in ("erf", "erfc", "gelu") and abs(x) > 1e4:
        return math.fmod(x, 30)
    if name in ("exp", "exp2", "expm1", "sinh", "cosh", "tanh", "sigmoid", "silu", "softplus") and abs(x) > 1e6:
        return math.fmod(x, 700)
    return x


def written(value):
    return value if math.isfinite(value) else str(value)


def answers():
    found = {}
    for name, function in FUNCTIONS.items():
        points = [drawn() for _ in range(20)] + [1.0, -1.0, 0.5, 1 + 2**-52, math.pi]
        points = [in_domain(name, x) for x in points] + [float.fromhex(x) for x in HARD.get(name, [])]
        found[name] = [[x, written(correctly_rounded(function(mp.mpf(x))))] for x in points]
    for name, function in PAIRS.items():
        found[name] = []
        while len(found[name]) < 40:
            x, y = drawn(), drawn()
            x = abs(x) if name == "pow" else x
            if name == "pow" and abs(y * math.log(x)) > 1e6:
                continue
            found[name].append([x, y, written(correctly_rounded(function(mp.mpf(x), mp.mpf(y))))])
    return found


lines = ",\n".join(f'  "{name}": {json.dumps(rows)}' for name, rows in answers().items())
pathlib.Path("tests/kernels/exact-answers.json").write_text("{\n" + lines + "\n}\n")
