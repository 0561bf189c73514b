# Every composite with the calls that are asked of it and the function that answers them.
from .arranging import arranging
from .comparing import comparing
from .grouping import grouping
from .linear_algebra import linear_algebra
from .measures import measures
from .nan_aware import nan_aware
from .selection import selection
from .statistics import statistics


def composites():
    """As `plan` of rows; an answer may be several arrays, in a dictionary or a list."""
    yield from statistics()
    yield from nan_aware()
    yield from selection()
    yield from linear_algebra()
    yield from measures()
    yield from comparing()
    yield from arranging()
    yield from grouping()
