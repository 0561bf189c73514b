# Composites of elementwise ops in NumPy.
import numpy as np

from .cases import INTEGERS, NUMERIC, tensor, turn
from .elementwise import Refused, converted, joined


def inverted(_op, operands, _attrs, _notes):
    return np.bitwise_invert(operands[0])


def to_numbers(_op, operands, attrs, _notes):
    return np.nan_to_num(operands[0], **attrs)


def nearness(op, operands, attrs, notes):
    x, y = (converted(each, joined(operands, notes)).astype(np.float64) for each in operands)
    how = {('equal_nan' if name == 'equalNan' else name): value for name, value in attrs.items()}
    try:
        return np.asarray((np.isclose if op == 'isclose' else np.allclose)(x, y, **how))
    except ValueError as error:
        raise Refused from error


def inverses():
    for dtype in [*INTEGERS, 'bool']:
        for shape in [], [0], [17], [3, 5]:
            yield [tensor(dtype, shape, 'bits')], {}


def replaced():
    for dtype in NUMERIC:
        for i, shape in enumerate([[], [0], [17], [3, 5]]):
            for attrs in {}, {'nan': 2.5, 'posinf': 7}, {'nan': -1, 'posinf': 9, 'neginf': 1}:
                yield [tensor(dtype, shape, turn(['special', 'edge'], i))], attrs


def near():
    for d, dtype in enumerate(NUMERIC):
        for i, (a, b) in enumerate([([9], [9]), ([3, 4], [4]), ([], []), ([0], [1]), ([3], [4])]):
            fill = turn(['few', 'special'], i)
            yield [tensor(dtype, a, fill), tensor(dtype, b, fill)], turn([{}, {'atol': 1, 'rtol': 0}, {'equalNan': True}], d + i)
            yield [tensor(dtype, a, 'few'), tensor(turn(NUMERIC, d + 1), b, 'few')], {'atol': 1.5}


def by(answer, op):
    return lambda operands, attrs, notes: answer(op, operands, attrs, notes)


def comparing():
    yield 'bitwise_invert', inverses(), by(inverted, 'bitwise_invert')
    yield 'nan_to_num', replaced(), by(to_numbers, 'nan_to_num')
    yield from ((op, near(), by(nearness, op)) for op in ('isclose', 'allclose'))
