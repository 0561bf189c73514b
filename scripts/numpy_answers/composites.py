# Every composite with the calls that are asked of it and the function that answers them.
from .linear_algebra import linear_algebra
from .selection import selection
from .statistics import statistics


def composites():
    """As `plan` of rows; an answer may be several arrays, in a dictionary or a list."""
    yield from statistics()
    yield from selection()
    yield from linear_algebra()
