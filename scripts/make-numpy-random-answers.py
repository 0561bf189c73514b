# Asks NumPy for draws of its two streams and stores them for tests/numpy/random.test.ts. Run: pip install numpy;
# python3 scripts/make-numpy-random-answers.py
import hashlib
import json
import pathlib

import numpy as np

P = [0.1, 0.0, 0.45, 0.2, 0.25]
INTEGERS = [
    (0, 10, 'int64'), (-5, 6, 'int32'), (0, 2**40, 'int64'), (0, 2**32, 'int64'), (-2**63, 2**63, 'int64'), (0, 2**64, 'uint64'),
    (0, 2**63 + 12345, 'uint64'), (0, 2**32, 'uint32'), (3, 1000, 'uint32'), (-100, 100, 'int8'), (0, 256, 'uint8'), (0, 7, 'uint8'),
    (-300, 301, 'int16'), (0, 40000, 'uint16'), (0, 2, 'bool'), (5, 6, 'int64'), (0, 3000000001, 'int64'),
]


def stored(values):
    """Up to 40 elements as they are, integers as text; of more a digest of all of their bytes and the first three."""
    values = np.asarray(values)
    flat = values.reshape(-1)
    text = [str(v) for v in flat.tolist()] if values.dtype.kind in 'iu' else [int(v) for v in flat] if values.dtype == bool else flat.tolist()
    if flat.size <= 40:
        return text
    return {'first': text[:3], 'sha256': hashlib.sha256(flat.tobytes()).hexdigest()}


# Distributions whose draws have the same bits, whatever the C library rounds.
EXACT = [
    ('standard_gamma', [2.5]), ('poisson', [4]), ('poisson', [75.5]), ('binomial', [10, 0.3]), ('binomial', [1000, 0.4]), ('hypergeometric', [100, 150, 60]),
    ('hypergeometric', [10, 7, 5]), ('triangular', [-1, 0.5, 3]), ('wald', [1, 2]), ('geometric', [0.1]), ('logseries', [0.99]), ('zipf', [2.0]), ('standard_cauchy', []),
]


def distributed(is_legacy):
    """The older source makes its normal numbers of logarithms."""
    for name, values in EXACT:
        if is_legacy and name in ('standard_gamma', 'wald', 'standard_cauchy'):
            continue
        yield 'distributed', [name, 2000, values], lambda r, name=name, values=values: getattr(r, name)(*values, 2000).astype(np.float64)


def generator_calls():
    """Name of the method here, its arguments here, and NumPy's call."""
    for count in (3, 20_000):
        yield 'random', [count], lambda r, n=count: r.random(n)
    yield 'randomFloat32', [33], lambda r: r.random(33, dtype=np.float32).astype(np.float64)
    yield 'uniform', [-2.5, 7, 20], lambda r: r.uniform(-2.5, 7, 20)
    for low, high, dtype in INTEGERS:
        yield 'integers', [str(low), str(high), 15, dtype], lambda r, a=(low, high, dtype): r.integers(a[0], a[1], 15, dtype=a[2])
    yield 'integers', ['0', '1000003', 20_000, 'int64'], lambda r: r.integers(0, 1000003, 20_000)
    yield 'standardNormal', [40], lambda r: r.standard_normal(40)
    yield 'standardNormal', [20_000], lambda r: r.standard_normal(20_000)
    yield 'normal', [3, 0.5, 20], lambda r: r.normal(3, 0.5, 20)
    yield 'standardExponential', [40], lambda r: r.standard_exponential(40)
    yield 'exponential', [0.25, 20_000], lambda r: r.exponential(0.25, 20_000)
    for n in (0, 1, 2, 30, 5000):
        yield 'permutation', [n], lambda r, n=n: r.permutation(n)
    yield 'choice', [10, 30, {}], lambda r: r.choice(10, 30)
    yield 'choice', [5, 30, {'p': P}], lambda r: r.choice(5, 30, p=P)
    yield 'choice', [5, 4, {'p': P, 'replace': False}], lambda r: r.choice(5, 4, replace=False, p=P)
    for n, count, shuffle in ((40, 12, True), (40, 12, False), (9, 9, True), (20_000, 30, True), (20_000, 500, True), (20_000, 1001, False)):
        yield 'choice', [n, count, {'replace': False, 'shuffle': shuffle}], lambda r, a=(n, count, shuffle): r.choice(a[0], a[1], replace=False, shuffle=a[2])
    yield from distributed(False)
    yield 'random', [3], lambda r: r.random(3)


def legacy_calls():
    for count in (3, 20_000):
        yield 'rand', [count], lambda r, n=count: r.rand(n)
    yield 'uniform', [-2.5, 7, 20], lambda r: r.uniform(-2.5, 7, 20)
    for low, high, dtype in INTEGERS:
        yield 'randint', [str(low), str(high), 15, dtype], lambda r, a=(low, high, dtype): r.randint(a[0], a[1], 15, dtype=a[2])
    yield 'randn', [39], lambda r: r.randn(39)
    yield 'normal', [3, 0.5, 20], lambda r: r.normal(3, 0.5, 20)
    yield 'exponential', [0.25, 20], lambda r: r.exponential(0.25, 20)
    for n in (0, 1, 2, 30, 5000):
        yield 'permutation', [n], lambda r, n=n: r.permutation(n)
    yield 'choice', [10, 30, {}], lambda r: r.choice(10, 30)
    yield 'choice', [5, 30, {'p': P}], lambda r: r.choice(5, 30, p=P)
    yield 'choice', [5, 4, {'p': P, 'replace': False}], lambda r: r.choice(5, 4, replace=False, p=P)
    yield 'choice', [40, 12, {'replace': False}], lambda r: r.choice(40, 12, replace=False)
    yield from distributed(True)
    yield 'rand', [3], lambda r: r.rand(3)


def answers(make, calls, seeds):
    """All calls on one stream in a row, for several seeds."""
    out = []
    for seed in seeds:
        stream = make(seed)
        with np.errstate(all='ignore'):
            called = [[name, args, stored(call(stream))] for name, args, call in calls()]
        out.append({'seed': [str(s) for s in seed] if isinstance(seed, list) else str(seed), 'calls': called})
    return out


streams = {
    'pcg64': answers(np.random.default_rng, generator_calls, [0, 12345, 2**100 + 17, [1, 2**70, 3]]),
    'mt19937': answers(np.random.RandomState, legacy_calls, [42, 2**32 - 1, [1, 2, 3]]),
    'sequenced': answers(lambda seed: np.random.Generator(np.random.MT19937(seed)), generator_calls, [7]),
}
path = pathlib.Path(__file__).parents[1] / 'tests/numpy/random-answers.json'
path.write_text(json.dumps({'numpy': np.__version__, **streams}, separators=(',', ':')) + '\n')
print(path, path.stat().st_size, 'bytes')
