"""Writes tests/conformance/formulas.json: formulas with SymPy's derivatives, factors, integrands and roots as numbers.

python3 scripts/make-formula-vectors.py, with SymPy 1.14. A vector is {op, text, symbol} and, of diff, factor and integral,
points {at, value: 40 digits}: of the derivative, the formula, the integrand; of factor also how many factors SymPy finds;
of solve the interval and the roots.
"""

import json
import pathlib

import sympy as sp
from sympy.parsing.sympy_parser import convert_xor, parse_expr, standard_transformations

x, y = sp.symbols("x y", real=True)
NAMES = {"x": x, "y": y, "pi": sp.pi, "e": sp.E}
POINTS = [sp.Rational(k * 37 % 101 + 3, 64) for k in range(1, 13)]

DIFF = """x^3+2*x|sin(x)^2|exp(-x^2/2)/sqrt(2*pi)|x^x|log(x)/x|atan(x^2)|tanh(x*y)*x|1/(1+exp(-x))|sqrt(1+x^2)|tan(x)
asinh(x)|x^(1/3)|cosh(x)^2|2^x|log(log(x+2))|x*sin(y)|(x^2+1)^10|erf(x)|sin(x)/x|exp(sin(x))""".replace("\n", "|").split("|")
FACTOR = """x^2-1|x^4+4|x^6-1|x^8+x^4+1|x^100-1|6*x^2+5*x+1|x^3+y^3|x^2*y-y^3|x*y+x+y+1|x^5+x+1|x^2+1|x^4-10*x^2+1
(x+y)^5-x^5-y^5|x^2-2*x*y+y^2-4""".replace("\n", "|").split("|")
INTEGRAL = """x^3+2*x|1/x|1/(x^2+1)|1/(x^2-1)|x*exp(x)|x^2*sin(x)|exp(x)*sin(x)|sin(x)^2|cos(x)^3|tan(x)^2|log(x)^2
x*log(x)|log(x)/x|x*exp(-x^2)|exp(-x^2)|1/sqrt(4-x^2)|sqrt(9-x^2)|1/(1+cos(x))|x*atan(x)|sqrt(x^2+1)|1/(1+exp(x))
exp(exp(x))*exp(x)|1/(x^3+1)|x/sqrt(x+1)|1/cos(x)|exp(sqrt(x))|sin(log(x))|1/(exp(x)+exp(-x))|log(x/2)|exp(x)/x""".replace(
    "\n", "|"
).split("|")
SOLVE = [
    ("x^2-2", -9, 9),
    ("x^3-2", -9, 9),
    ("x^5-x-1", -9, 9),
    ("cos(x)-x", -9, 9),
    ("x/(x-1)-1/(x-1)", -9, 9),
    ("(x-1)^2*(x+2)", -9, 9),
    ("exp(x)-3", -9, 9),
    ("x+sqrt(x)-2", 0, 9),
    ("sin(x)", 1, 10),
    ("x^4-10*x^2+1", -9, 9),
    ("log(x)-1", 0.5, 9),
    ("x^2+1", -9, 9),
]


def read(text):
    return parse_expr(text, local_dict=dict(NAMES), transformations=(*standard_transformations, convert_xor))


def points(of):
    at = [{"x": float(p), "y": float(p / 2 + 1)} for p in POINTS]
    values = [sp.N(of.subs({x: sp.Rational(a["x"]), y: sp.Rational(a["y"])}), 25) for a in at]
    return [{"at": a, "value": str(v)} for a, v in zip(at, values) if v.is_real and v.is_finite]


def factors(text):
    return sum(1 for _ in sp.factor_list(read(text))[1])


def roots(text, low, high):
    f = read(text)
    if f.is_polynomial(x):
        return [str(sp.N(r, 40)) for r in sorted(set(sp.real_roots(sp.Poly(f, x)))) if low <= r <= high]
    known = {
        "cos(x)-x": lambda: [sp.nsolve(f, x, 0.7, prec=45)],
        "x/(x-1)-1/(x-1)": lambda: [],
        "exp(x)-3": lambda: [sp.log(3)],
        "x+sqrt(x)-2": lambda: [sp.Integer(1)],
        "sin(x)": lambda: [sp.pi, 2 * sp.pi, 3 * sp.pi],
        "log(x)-1": lambda: [sp.E],
    }
    return [str(sp.N(r, 40)) for r in known[text]()]


VECTORS = [
    *({"op": "diff", "text": t, "symbol": "x", "points": points(sp.diff(read(t), x))} for t in DIFF),
    *({"op": "factor", "text": t, "symbol": "x", "factors": factors(t), "points": points(read(t))} for t in FACTOR),
    *({"op": "integral", "text": t, "symbol": "x", "points": points(read(t))} for t in INTEGRAL),
    *({"op": "solve", "text": t, "symbol": "x", "on": [a, b], "roots": roots(t, a, b)} for t, a, b in SOLVE),
]
OUT = pathlib.Path(__file__).parent.parent / "tests" / "conformance" / "formulas.json"
OUT.write_text("[\n" + ",\n".join(json.dumps(v) for v in VECTORS) + "\n]\n")
