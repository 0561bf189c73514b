# Writes kernels/scalar/special-coefficients.gen.ts: polynomials of the gamma function and its kin, fitted in 60 digits.
# Run: pip install mpmath; python3 scripts/make-special-coefficients.py
import pathlib

import mpmath as mp

mp.mp.dps = 60
ROOT = mp.findroot(mp.digamma, 1.4616)
HALF = mp.mpf(1) / 2


def removable(function, zero, limit):
    """A quotient with the limit that it has where its denominator is 0."""
    return lambda t: limit if abs(t - zero) < mp.mpf(10) ** -40 else function(t)


def fitted(function, low, high, count):
    return mp.chebyfit(function, [low, high], count)


def scaled_bessel(u):
    return 1 / mp.sqrt(2 * mp.pi) if u <= -1 + mp.mpf(10) ** -30 else (lambda x: mp.sqrt(x) * mp.exp(-x) * mp.besseli(0, x))(16 / (u + 1))


TABLES = {
    'LGAMMA_AT_1': ('log Γ(1 + t) / t for |t| ≤ ½', fitted(removable(lambda t: mp.loggamma(1 + t) / t, 0, -mp.euler), -HALF, HALF, 30)),
    'LGAMMA_AT_2': ('log Γ(2 + t) / t for |t| ≤ ½', fitted(removable(lambda t: mp.loggamma(2 + t) / t, 0, 1 - mp.euler), -HALF, HALF, 21)),
    'GAMMA_AT_2_5': ('Γ(2.5 + t) for |t| ≤ ½', fitted(lambda t: mp.gamma(t + 2 + HALF), -HALF, HALF, 19)),
    'DIGAMMA_AT_1_5': ('ψ(1.5 + t) / (1.5 + t − root) for |t| ≤ ½', fitted(removable(lambda t: mp.digamma(t + 1 + HALF) / (t + 1 + HALF - ROOT), ROOT - 1 - HALF, mp.psi(1, ROOT)), -HALF, HALF, 25)),
    'STIRLING_SERIES': ('log Γ(x) − Stirling’s formula, times x, by 1 / x²', [mp.bernoulli(2 * k) / (2 * k * (2 * k - 1)) for k in range(10, 0, -1)]),
    'DIGAMMA_SERIES': ('log x − 1 / 2x − ψ(x), times x², by 1 / x²', [mp.bernoulli(2 * k) / (2 * k) for k in range(9, 0, -1)]),
    'BESSEL_SMALL': ('I₀(x) for |x| ≤ 8, by x² / 4', [1 / mp.factorial(k) ** 2 for k in range(30, -1, -1)]),
    'BESSEL_LARGE': ('√x · e⁻ˣ · I₀(x) for x ≥ 8, by 16 / x − 1', fitted(scaled_bessel, -1, 1, 26)),
}


def lines():
    yield '// Written by scripts/make-special-coefficients.py: polynomials of the gamma function and its kin, highest power first.'
    for name, (about, coefficients) in TABLES.items():
        yield f'/** {about}. */'
        yield f'export const {name}: readonly number[] = [{", ".join(repr(float(c)) for c in coefficients)}];'
    high = float(ROOT)
    yield '/** Where ψ is 0, and what rounding that loses. */'
    yield f'export const DIGAMMA_ROOT = [{high!r}, {float(ROOT - mp.mpf(high))!r}] as const;'


path = pathlib.Path(__file__).parents[1] / 'kernels/scalar/special-coefficients.gen.ts'
path.write_text('\n'.join(lines()) + '\n')
