"""Calls of NumPy's functions: name, arguments, arguments by name. '$a' is an input; ['(', ...] a tuple."""

import numpy as np

RANDOM = np.random.default_rng(7)

INPUTS = {
    'i': np.arange(12, dtype=np.int64).reshape(3, 4),
    'j': np.array([3, -1, 4, 1], dtype=np.int32),
    'u': np.array([250, 7, 0, 255], dtype=np.uint8),
    's': np.array([100, -100, 27, -128], dtype=np.int8),
    'f': np.array([[1.5, -2.25, 0.0, 8.0], [np.nan, np.inf, -np.inf, -0.0], [1e-3, 2.0, 3.5, -7.75]]),
    'g': np.array([0.25, 0.5, 1.5, 2.0], dtype=np.float32),
    'h': np.array([0.5, 1.0, 2.5, 0.125], dtype=np.float16),
    'b': np.array([True, False, True, True]),
    'm': RANDOM.normal(size=(4, 4)).round(3),
    'p': np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]]),
    'v': np.array([2.0, -1.0, 0.5, 3.0]),
    'w': np.array([1.0, 4.0, 2.0, 2.0, 9.0]),
    't': RANDOM.integers(0, 5, size=(2, 3, 4)).astype(np.float64),
    'e': np.zeros((0, 3)),
    'z': np.array(2.5),
    'o': np.array([0.0, 1.0, 0.0, 2.0, 0.0]),
    'k': np.array([[0, 1, 2, 3]]),
    'a4': RANDOM.normal(size=(2, 3, 3, 2)).round(3),
    't1': np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]]),
    'n': np.array([[1.0, np.nan, 3.0], [4.0, 5.0, np.nan]]),
}

BINARY = 'add subtract multiply divide maximum minimum equal not_equal less less_equal greater greater_equal fmax fmin'
PAIRS = [('$i', '$v'), ('$j', '$g'), ('$u', '$s'), ('$u', 2), ('$i', 2.5), ('$b', '$b'), ('$b', 1), ('$f', '$v'), ('$h', '$g')]
UNARY_FLOAT = (
    'sqrt exp expm1 log1p sin cos tan arctan sinh tanh arcsinh rint deg2rad degrees cbrt exp2 sinc fabs isnan isinf '
    'isfinite signbit'
)
UNARY = 'negative absolute sign square floor ceil trunc positive logical_not'

CALLS = [(name, list(pair), {}) for name in BINARY.split() for pair in PAIRS if not (name == 'subtract' and '$b' == pair[1])]
CALLS += [(name, [x], {}) for name in UNARY_FLOAT.split() for x in ('$f', '$j', '$h', '$b')]
CALLS += [(name, [x], {}) for name in UNARY.split() for x in ('$f', '$i', '$s', '$g')]
CALLS += [
    ('floor_divide', ['$i', 3], {}), ('floor_divide', ['$f', '$v'], {}), ('remainder', ['$v', -2.0], {}),
    ('mod', ['$j', 3], {}), ('fmod', ['$v', 2.0], {}), ('fmod', ['$j', -3], {}), ('divmod', ['$j', 3], {}),
    ('power', ['$i', 2], {}), ('power', ['$v', 2.5], {}), ('float_power', ['$j', 2], {}), ('reciprocal', ['$v'], {}),
    ('arcsin', ['$h'], {}), ('arccos', ['$g'], {}), ('arctan2', ['$v', '$g'], {}), ('hypot', ['$v', '$j'], {}),
    ('log', ['$g'], {}), ('log2', ['$j'], {}), ('log10', ['$v'], {}), ('logaddexp', ['$v', '$g'], {}),
    ('logaddexp2', ['$v', '$g'], {}), ('arccosh', ['$w'], {}), ('arctanh', [0.5], {}), ('cosh', ['$v'], {}),
    ('clip', ['$i', 3, 8], {}), ('clip', ['$f', None, 1.0], {}), ('clip', ['$v', '$g', 2.0], {}),
    ('round', ['$v'], {}), ('round', ['$m', 1], {}), ('around', ['$m', 2], {}), ('round', ['$i', -1], {}),
    ('logical_and', ['$i', '$b'], {}), ('logical_or', ['$v', 0], {}), ('logical_xor', ['$b', '$j'], {}),
    ('bitwise_and', ['$u', 15], {}), ('bitwise_or', ['$j', '$u'], {}), ('bitwise_xor', ['$b', '$b'], {}),
    ('invert', ['$j'], {}), ('invert', ['$u'], {}), ('invert', ['$b'], {}), ('left_shift', ['$j', 2], {}),
    ('right_shift', ['$i', 1], {}), ('bitwise_count', ['$u'], {}), ('gcd', ['$i', 6], {}), ('lcm', ['$j', 6], {}),
    ('heaviside', ['$f', 0.5], {}), ('copysign', ['$v', '$f'], {}), ('nextafter', ['$v', 9.0], {}),
    ('ldexp', ['$v', '$j'], {}), ('modf', ['$f'], {}), ('nan_to_num', ['$f'], {}), ('nan_to_num', ['$n'], {'nan': 7.0}),
    ('isposinf', ['$f'], {}), ('isneginf', ['$f'], {}), ('isclose', ['$v', ['(', 2.0, -1.000001, 0.5, 3.1]], {}),
    ('isclose', ['$f', '$f'], {'equal_nan': True}), ('where', ['$b', '$v', 0.0], {}), ('where', ['$b', '$i', '$j'], {}),
    ('select', [['$b'], ['$v'], 7], {}), ('choose', [[0, 1, 0, 1], ['$v', '$g']], {}),
    ('interp', [['(', 0.0, 1.5, 9.0, 2.0], ['(', 1.0, 2.0, 4.0], ['(', 10.0, 20.0, 0.0]], {}),
    ('trapezoid', ['$m'], {}), ('trapezoid', ['$m', '$g', 1.0, 0], {}), ('unwrap', [['(', 0.0, 3.0, 6.5, 1.0, -4.0]], {}),
]
CALLS += [
    (name, [x], options)
    for name in ('sum', 'prod', 'mean', 'min', 'max', 'any', 'all', 'argmax', 'argmin', 'std', 'var', 'ptp', 'count_nonzero')
    for x, options in (('$i', {}), ('$i', {'axis': 1}), ('$m', {'axis': 0, 'keepdims': True}), ('$u', {}), ('$t', {'axis': -1}))
]
CALLS += [
    ('sum', ['$b'], {}), ('max', ['$b'], {}), ('min', ['$b'], {'keepdims': True}), ('mean', ['$b'], {}), ('mean', ['$g'], {}), ('sum', ['$t'], {'axis': ['(', 0, 2]}),
    ('sum', ['$u'], {'dtype': 'float32'}), ('sum', ['$e'], {'axis': 0}), ('prod', ['$e'], {}), ('var', ['$i'], {'ddof': 1}),
    ('std', ['$m'], {'axis': 1, 'ddof': 1}), ('average', ['$v'], {'weights': [1, 2, 3, 4]}), ('average', ['$i'], {'axis': 0}),
    ('average', ['$i'], {'axis': 1, 'weights': '$g'}), ('median', ['$m'], {'axis': 0}), ('median', ['$j'], {}),
    ('quantile', ['$m', 0.3], {}), ('percentile', ['$i', [25, 50]], {'axis': 1}), ('quantile', ['$v', [0.1, 0.9]], {'method': 'nearest'}),
    ('nansum', ['$n'], {'axis': 0}), ('nanmean', ['$n'], {}), ('nanmax', ['$n'], {'axis': 1}), ('nanmin', ['$n'], {}),
    ('nanstd', ['$n'], {'axis': 0}), ('nanvar', ['$n'], {}), ('nanmedian', ['$n'], {}), ('nanargmax', ['$n'], {'axis': 1}), ('nanprod', ['$n'], {}),
    ('cumsum', ['$i'], {}), ('cumsum', ['$i'], {'axis': 0}), ('cumprod', ['$v'], {}), ('nancumsum', ['$n'], {'axis': 1}),
    ('cumulative_sum', ['$v'], {'include_initial': True}), ('diff', ['$m'], {}), ('diff', ['$w', 2], {}), ('diff', ['$b'], {}),
    ('ediff1d', ['$m'], {}), ('gradient', ['$w'], {}), ('gradient', ['$m', 2.0], {}), ('gradient', ['$m'], {'axis': 0}),
    ('cov', ['$m'], {}), ('cov', ['$v'], {}), ('cov', ['$m'], {'rowvar': False, 'bias': True}), ('corrcoef', ['$m'], {}),
    ('convolve', ['$w', '$v'], {}), ('convolve', ['$w', '$v', 'same'], {}), ('convolve', ['$v', '$w', 'valid'], {}),
    ('convolve', ['$w', '$g', 'same'], {}),
    ('correlate', ['$w', '$v'], {}), ('correlate', ['$w', '$v', 'full'], {}), ('sort', ['$m'], {}), ('sort', ['$m'], {'axis': 0}),
    ('argsort', ['$m'], {}), ('lexsort', [['(', '$w', ['(', 1, 0, 1, 0, 1]]], {}), ('searchsorted', [['(', 1.0, 2.0, 2.0, 5.0], '$v'], {}),
    ('searchsorted', [['(', 1, 2, 2, 5], '$j', 'right'], {}), ('digitize', ['$v', ['(', 0.0, 1.0, 2.0]], {}),
    ('digitize', ['$v', ['(', 0.0, 1.0, 2.0]], {'right': True}), ('histogram', ['$w'], {'bins': 4}),
    ('bincount', [[0, 3, 1, 3]], {}), ('bincount', [[0, 3, 1, 3]], {'weights': '$v', 'minlength': 6}),
    ('allclose', ['$v', '$v'], {}), ('array_equal', ['$v', '$g'], {}), ('array_equal', ['$n', '$n'], {'equal_nan': True}),
    ('array_equiv', ['$v', [['(', 2.0, -1.0, 0.5, 3.0]]], {}),
]
CALLS += [
    ('zeros', [['(', 2, 3]], {}), ('ones', [3], {'dtype': 'int32'}), ('full', [['(', 2, 2], 7.5], {}), ('full', [2, '$z'], {}),
    ('zeros_like', ['$u'], {}), ('full_like', ['$i', 3], {}), ('ones_like', ['$i'], {'dtype': 'float32'}), ('eye', [3], {}),
    ('eye', [2, 4, 1], {}), ('identity', [2], {}), ('arange', [5], {}), ('arange', [2, 11, 3], {}), ('arange', [0.5, 2.0, 0.3], {}),
    ('arange', [5, 0, -2], {}), ('arange', [3], {'dtype': 'float32'}), ('linspace', [0, 1, 5], {}), ('linspace', [2, 3, 7], {'endpoint': False}),
    ('linspace', [0, 10, 4], {'dtype': 'int32'}), ('linspace', ['$v', '$g', 3], {}), ('logspace', [0, 3, 4], {}), ('logspace', [0, 4, 5], {'base': 2}),
    ('geomspace', [1, 1000, 4], {}), ('geomspace', [-2, -32, 5], {}), ('tri', [3, 4, 1], {}), ('vander', ['$v', 3], {}), ('indices', [['(', 2, 3]], {}),
    ('meshgrid', ['$v', '$w'], {}), ('meshgrid', ['$v', '$w'], {'indexing': 'ij'}), ('hanning', [5], {}), ('hamming', [6], {}),
    ('blackman', [7], {}), ('bartlett', [5], {}), ('array', [[[1.5, 2.0], [3.0, 4.0]]], {}), ('array', ['$v'], {'ndmin': 2}),
    ('asarray', ['$i'], {'dtype': 'float32'}), ('reshape', ['$i', ['(', 2, -1]], {}), ('ravel', ['$t'], {}), ('resize', ['$j', ['(', 2, 3]], {}),
    ('transpose', ['$t'], {}), ('transpose', ['$t', ['(', 1, 0, 2]], {}), ('matrix_transpose', ['$t'], {}), ('swapaxes', ['$t', 0, -1], {}),
    ('moveaxis', ['$t', 0, -1], {}), ('moveaxis', ['$t', [0, 1], [-1, 0]], {}), ('rollaxis', ['$t', 2], {}), ('rollaxis', ['$t', 0, 3], {}),
    ('expand_dims', ['$v', 0], {}), ('expand_dims', ['$v', ['(', 0, 2]], {}), ('squeeze', [[[[5.0]]]], {}), ('broadcast_to', ['$v', ['(', 2, 4]], {}),
    ('broadcast_arrays', ['$v', '$i'], {}), ('atleast_1d', [3.0], {}), ('atleast_2d', ['$v'], {}), ('atleast_3d', ['$v'], {}), ('atleast_3d', ['$m'], {}),
    ('flip', ['$i'], {}), ('flip', ['$i', 1], {}), ('fliplr', ['$i'], {}), ('flipud', ['$i'], {}), ('rot90', ['$i'], {}), ('rot90', ['$i', 3], {}),
    ('rot90', ['$t', 1, ['(', 1, 2]], {}), ('roll', ['$i', 2], {}), ('roll', ['$i', 1], {'axis': 0}), ('roll', ['$i', ['(', 1, 2]], {'axis': ['(', 0, 1]}),
    ('tile', ['$v', 2], {}), ('tile', ['$v', ['(', 2, 1]], {}), ('repeat', ['$v', 2], {}), ('repeat', ['$i', 2], {'axis': 0}), ('repeat', ['$v', [1, 0, 2, 1]], {}),
    ('concatenate', [['(', '$i', '$m']], {}), ('concatenate', [['(', '$i', '$m']], {'axis': None}), ('concat', [['(', '$v', '$u']], {}), ('stack', [['(', '$v', '$j']], {'axis': 1}),
    ('vstack', [['(', '$v', '$i']], {}), ('hstack', [['(', '$v', '$w']], {}), ('hstack', [['(', '$i', '$i']], {}), ('dstack', [['(', '$v', '$g']], {}),
    ('column_stack', [['(', '$v', '$g']], {}), ('append', ['$v', '$w'], {}), ('append', ['$m', [[1.5, 2.0, 3.0, 4.0]]], {'axis': 0}),
    ('block', [[['$p', '$p'], ['$p', '$p']]], {}), ('insert', ['$v', 1, 9.0], {}), ('insert', ['$i', 1, 5], {'axis': 1}), ('insert', ['$v', [1, 3], [8.0, 9.0]], {}),
    ('delete', ['$v', 1], {}), ('delete', ['$i', [0, 2]], {'axis': 1}), ('split', ['$w', [1, 3]], {}), ('split', ['$v', 2], {}), ('array_split', ['$w', 3], {}),
    ('hsplit', ['$i', 2], {}), ('vsplit', ['$i', 3], {}), ('dsplit', ['$t', 2], {}), ('unstack', ['$i'], {'axis': 1}), ('pad', ['$v', 2], {}),
    ('pad', ['$i', [['(', 1, 0], ['(', 0, 2]]], {'mode': 'edge'}), ('pad', ['$v', ['(', 2, 3]], {'mode': 'reflect'}), ('pad', ['$v', ['(', 5, 1]], {'mode': 'symmetric'}),
    ('pad', ['$v', 5], {'mode': 'wrap'}), ('pad', ['$v', 1], {'constant_values': 9.0}), ('take', ['$i', [0, 5, -1]], {}), ('take', ['$i', [[2, 0]]], {'axis': 1}), ('take', ['$i', 2], {'axis': 0}),
    ('take_along_axis', ['$m', '$k'], {'axis': 0}), ('compress', ['$b', '$i'], {'axis': 1}), ('extract', ['$b', '$v'], {}), ('nonzero', ['$i'], {}),
    ('flatnonzero', ['$b'], {}), ('argwhere', ['$i'], {}), ('where', ['$b'], {}), ('tril', ['$i'], {}), ('triu', ['$i', 1], {}), ('diag', ['$v'], {}), ('diag', ['$i', 1], {}), ('diag', ['$v', -1], {}),
    ('diagflat', ['$p', 1], {}), ('diagonal', ['$i'], {}), ('tril_indices', [3], {}), ('triu_indices', [3, 1, 4], {}), ('diag_indices', [3], {}), ('tril_indices_from', ['$i', -1], {}), ('triu_indices_from', ['$i', 1], {}), ('diag_indices_from', ['$p'], {}), ('unravel_index', [[7, 2], ['(', 3, 4]], {}),
    ('ravel_multi_index', [['(', [1, 2], [3, 0]], ['(', 3, 4]], {}), ('trim_zeros', ['$o'], {}), ('isin', ['$i', [2, 5, 99]], {}), ('isin', ['$v', '$w'], {'invert': True}),
    ('unique', ['$w'], {}), ('unique', ['$j'], {'return_counts': True, 'return_inverse': True}), ('union1d', ['$w', '$v'], {}), ('setdiff1d', ['$w', '$v'], {}), ('intersect1d', ['$w', '$v'], {}), ('unique_all', ['$w'], {}), ('unique_counts', ['$w'], {}), ('size', ['$i'], {}), ('ndim', ['$t'], {}),
]
CALLS += [
    ('matmul', ['$m', '$v'], {}), ('matmul', ['$i', '$m'], {}), ('dot', ['$v', '$g'], {}), ('dot', ['$t', '$v'], {}), ('dot', ['$t', '$m'], {}), ('dot', ['$v', 2.0], {}),
    ('vdot', ['$m', '$m'], {}), ('inner', ['$m', '$v'], {}), ('outer', ['$v', '$w'], {}), ('vecdot', ['$m', '$v'], {}), ('matvec', ['$m', '$v'], {}), ('vecmat', ['$v', '$m'], {}),
    ('tensordot', ['$t', '$m', 1], {}), ('tensordot', ['$t', '$m', ['(', [2], [0]]], {}), ('kron', ['$p', '$v'], {}), ('kron', ['$v', '$w'], {}), ('cross', [['(', 1.0, 2.0, 3.0], '$p'], {}),
    ('trace', ['$i'], {}), ('trace', ['$m', 1], {}), ('einsum', ['ij,jk->ik', '$m', '$m'], {}), ('einsum', ['ii', '$p'], {}), ('linalg.multi_dot', [['$m', '$m', '$v']], {}),
    ('linalg.matrix_power', ['$p', 5], {}), ('linalg.matrix_power', ['$p', 0], {}), ('linalg.matrix_power', ['$p', -2], {}), ('linalg.norm', ['$v'], {}), ('linalg.norm', ['$m'], {}),
    ('linalg.norm', ['$m', 1], {}), ('linalg.norm', ['$m', 'fro'], {}), ('linalg.norm', ['$m', 2], {}), ('linalg.norm', ['$m', 'nuc'], {}), ('linalg.norm', ['$v', 3], {}), ('linalg.norm', ['$m'], {'axis': 1}),
    ('linalg.norm', ['$t'], {'axis': ['(', 0, 2], 'keepdims': True}), ('linalg.vector_norm', ['$t'], {}), ('linalg.matrix_norm', ['$t'], {}), ('linalg.solve', ['$p', [1.0, 2.0, 3.0]], {}),
    ('linalg.solve', ['$p', '$p'], {}), ('linalg.inv', ['$p'], {}), ('linalg.pinv', ['$i'], {}), ('linalg.det', ['$m'], {}), ('linalg.slogdet', ['$m'], {}),
    ('linalg.cholesky', ['$p'], {}), ('linalg.svdvals', ['$m'], {}), ('linalg.eigvalsh', ['$p'], {}), ('linalg.matrix_rank', ['$i'], {}), ('linalg.cond', ['$p'], {}), ('linalg.cond', ['$p', 1], {}),
    ('fft.fftfreq', [5, 0.1], {}), ('fft.rfftfreq', [6], {}), ('fft.fftshift', ['$w'], {}), ('fft.ifftshift', ['$i'], {}), ('fft.fftshift', ['$i', 0], {}),
    ('polyval', ['$v', '$w'], {}), ('polyfit', ['$v', ['(', 4.0, 1.0, 0.25, 9.5], 2], {}), ('polyadd', ['$v', '$w'], {}), ('polymul', ['$v', '$w'], {}), ('polyder', ['$v'], {}), ('polyint', ['$v'], {}),
]
CALLS += [
    ('i0', ['$v'], {}), ('i0', ['$j'], {}), ('kaiser', [7, 14.0], {}), ('kaiser', [1, 2.0], {}), ('bitwise_count', ['$s'], {}), ('bitwise_count', ['$i'], {}), ('bitwise_count', ['$b'], {}), ('packbits', ['$b'], {}), ('packbits', ['$i'], {'axis': 0}),
    ('packbits', ['$j'], {'bitorder': 'little'}), ('unpackbits', ['$u'], {}), ('unpackbits', ['$u'], {'bitorder': 'little', 'count': 11}), ('unpackbits', ['$u'], {'count': -3}),
    ('unpackbits', ['$u'], {'axis': 0, 'count': 35}), ('frexp', ['$f'], {}), ('frexp', ['$h'], {}), ('frexp', [['(', 5e-324, -1.7e308, 1.0, 0.9999999999999999, 8.0]], {}),
    ('spacing', ['$f'], {}), ('spacing', ['$g'], {}), ('row_stack', [['(', '$v', '$i']], {}),
    ('setxor1d', ['$w', '$v'], {}), ('setxor1d', ['$j', '$i'], {}), ('diagonal', ['$t'], {}), ('diagonal', ['$t', 1, 1, 2], {}), ('trace', ['$t'], {}), ('trace', ['$i', 1], {}),
    ('partition', ['$w', ['(', 0, 1, 2, 3, 4]], {}), ('diff', ['$v'], {'prepend': 0.0, 'append': [1.0, 5.0]}), ('diff', ['$m', 1, 0], {'prepend': 1.0}),
    ('ediff1d', ['$v'], {'to_end': 9.0, 'to_begin': [1.0, 2.0]}), ('histogram_bin_edges', ['$w', 4], {}), ('histogram_bin_edges', ['$j'], {'range': ['(', 0, 10]}),
    ('histogram', ['$w', [0.0, 1.5, 4.0, 9.0]], {}), ('histogram', ['$v'], {'bins': 3, 'weights': '$v'}),
    ('histogram', ['$w', 4], {'density': True}), ('histogram2d', ['$v', '$g'], {'bins': 3}), ('histogram2d', ['$v', '$g'], {'bins': [2, [0.0, 0.5, 2.0]], 'density': True}),
    ('histogram2d', ['$v', '$j'], {'bins': 2, 'range': [['(', -2, 2], ['(', 0, 4]], 'weights': '$v'}), ('linalg.tensorsolve', ['$a4', '$t1'], {}), ('linalg.tensorinv', ['$a4'], {'ind': 2}),
    ('poly', ['$v'], {}), ('polydiv', ['$w', ['(', 1.0, 2.0]], {}), ('polydiv', [['(', 1.0, -3.0, 2.0], ['(', 1.0, -1.0]], {}), ('polydiv', [['(', 1.0], '$v'], {}),
    ('asarray_chkfinite', ['$v'], {}), ('bincount', [[0, 3, 1, 3]], {'minlength': 2}),
]
