"""Arrays that are printed: 'repr', 'str' or 'array2string', what makes the array, and options."""

PRINTED = [
    (kind, expression, {})
    for kind in ('repr', 'str')
    for expression in (
        'np.array([1, 2, 3])', 'np.array([1.0, 2.5, -3.25])', 'np.array([[1, -20], [300, 4]])', 'np.array(3.5)', 'np.array(7)',
        'np.array([], dtype=float)', 'np.zeros((0, 3))', 'np.zeros((2, 0), dtype=np.int32)', 'np.array([True, False])',
        'np.array([1e10, 1.0])', 'np.array([1e-5, 1.0])', 'np.array([np.nan, np.inf, -np.inf, 1.5])', 'np.array([np.nan, -np.inf])',
        'np.array([0.1, 0.2, 0.3]) * 3', 'np.array([1/3, 2/3], dtype=np.float32)', 'np.array([1/3, 1e4], dtype=np.float16)',
        'np.arange(24).reshape(2, 3, 4)', 'np.arange(1024.0).reshape(32, 2, 16)', 'np.linspace(0, 1, 30)',
        'np.array([1, 2], dtype=np.int8)', 'np.array([1, 2], dtype=np.uint8)', 'np.array([[True], [False]])', 'np.array([-0.0, 0.0])',
        'np.array([1234567.0, 0.001])', 'np.array([123456789.0, 1.0])', 'np.array([99999999.0, 0.5])', 'np.array([1e300, 1e-300])',
        'np.array([5e-324, 1.0])', 'np.array([[1.5, 2.0], [1000.25, -3.0]])', 'np.array([1e22, 1e23])', 'np.array([100.0, 0.12345678912])',
        'np.array([0.001953125, 1.0])', 'np.array([16777216.0, 3.0], dtype=np.float32)', 'np.array([1e-8, 1e-7], dtype=np.float32)',
        'np.array([2.0**-24, 65504], dtype=np.float16)', 'np.arange(1001)', 'np.array([1.0, 10.0, 100.0])', 'np.array([123.456, -0.001])',
        'np.full((3, 3), 1e100)', 'np.array(np.nan)', 'np.array([9007199254740993])', 'np.random.default_rng(3).normal(size=(4, 5))',
        'np.random.default_rng(4).normal(size=(2, 12)).astype(np.float32)',
    )
] + [
    ('array2string', 'np.array([1.23456789, 2.0])', {'precision': 3}),
    ('array2string', 'np.array([1.0, 1e-9, 3.0])', {'suppress_small': True}),
    ('array2string', 'np.array([1.0, 1e-9, 3.0])', {}),
    ('array2string', 'np.array([[1.5, 2], [3, 4]])', {'separator': ', '}),
    ('array2string', 'np.arange(10)', {'threshold': 5, 'edgeitems': 2}),
    ('array2string', 'np.arange(30)', {'max_line_width': 30}),
    ('array2string', 'np.array([1.5, 10.25, 3])', {'floatmode': 'fixed', 'precision': 2}),
    ('array2string', 'np.array([1.5, -10.25, 3])', {'floatmode': 'unique'}),
    ('array2string', 'np.array([0.5, 1.5, 2.5])', {'precision': 0}),
    ('array2string', 'np.array([1.5, 2.25, 3])', {'floatmode': 'maxprec_equal'}),
]
