# Writes src/numpy/random/ziggurat.gen.ts: the layers of the ziggurats (Marsaglia and Tsang 2000) that NumPy draws normal
# and exponential numbers from. Run: pip install mpmath; python3 scripts/make-ziggurat-tables.py
import math
import pathlib

import mpmath

mpmath.mp.dps = 60
LAYERS = 256


def normal(edge, area):
    """NumPy's were made in doubles from the outermost layer inwards; one exponential of them was rounded up."""
    exp = lambda x: float(mpmath.exp(mpmath.mpf(x)))
    log = lambda x: float(mpmath.log(mpmath.mpf(x)))
    edges, heights = [0.0] * (LAYERS - 1) + [edge], [1.0] * (LAYERS - 1) + [exp(-0.5 * edge * edge)]
    for i in range(LAYERS - 2, 0, -1):
        edges[i] = math.sqrt(-2 * log(area / edges[i + 1] + heights[i + 1]))
        heights[i] = exp(-0.5 * edges[i] * edges[i])
        if i == 38:
            heights[i] = math.nextafter(heights[i], 1)
    least = [int(edge * heights[-1] / area * 2**52), 0]
    least += [round(edges[i - 1] / edges[i] * 2**52) for i in range(2, LAYERS)]
    return least, [x / 2**52 for x in [area / heights[-1], *edges[1:]]], heights


def exponential(edge):
    """Of numbers of many digits, rounded once; what is compared has 52 bits of 53."""
    area = edge * mpmath.exp(-edge) + mpmath.exp(-edge)
    edges = [edge]
    while len(edges) < LAYERS - 1:
        edges.insert(0, -mpmath.log(mpmath.exp(-edges[0]) + area / edges[0]))
    bottom = area / mpmath.exp(-edge)
    quotients = [edge / bottom, 0, *[edges[i - 1] / edges[i] for i in range(1, LAYERS - 1)]]
    least = [2 * int(mpmath.floor(quotient * 2**52)) for quotient in quotients]
    return least, [float(x / 2**53) for x in [bottom, *edges]], [1.0, *[float(mpmath.exp(-x)) for x in edges]]


tables = {
    'NORMAL': normal(3.6541528853610087963519472518, 0.004928673233974652),
    'EXPONENTIAL': exponential(mpmath.mpf('7.6971174701310497140446280481')),
}
lines = ['// Written by scripts/make-ziggurat-tables.py: layers of the ziggurats of normal and exponential draws.']
for name, parts in tables.items():
    for part, values in zip(('LEAST', 'SCALE', 'HEIGHT'), parts):
        text = ', '.join(repr(value) for value in values)
        lines.append(f'export const {name}_{part}: Float64Array = Float64Array.of({text});')
path = pathlib.Path(__file__).parents[1] / 'src/numpy/random/ziggurat.gen.ts'
path.write_text('\n'.join(lines) + '\n')
