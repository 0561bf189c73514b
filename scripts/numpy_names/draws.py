"""Draws of NumPy's generators: which generator, its seed, and what is drawn one after the other."""

DRAWN = [
    ('default_rng', 42, [
        ('random', [3], {}), ('random', [], {'size': ['(', 2, 2], 'dtype': 'float32'}), ('normal', [], {}),
        ('normal', [5.0, 2.0, ['(', 2, 3]], {}), ('normal', ['$v', 0.5], {}), ('standard_normal', [4], {}),
        ('integers', [10], {'size': 5}), ('integers', [-3, 3, 4], {'endpoint': True}), ('uniform', [-1.0, 1.0, 3], {}),
        ('exponential', [2.0, 3], {}), ('permutation', [6], {}), ('permutation', ['$i'], {}),
        ('choice', [5, 3], {}), ('choice', ['$w', 4], {'replace': False}), ('choice', [3, 5], {'p': [0.5, 0.25, 0.25]}),
    ]),
    ('RandomState', 0, [
        ('rand', [2, 2], {}), ('randn', [3], {}), ('randint', [0, 9, 5], {}), ('normal', [1.0, 3.0, 2], {}),
        ('uniform', [2.0, 4.0, 2], {}), ('permutation', [5], {}), ('choice', [4, 2], {}), ('random_sample', [], {'size': 2}),
    ]),
]

DISTRIBUTIONS = {
    'standard_gamma': [[0.3], [1.0], [2.5], [40.0]], 'gamma': [[0.7, 2.0], [3.0, 0.5]], 'beta': [[0.5, 0.5], [2, 3], [1e-104, 1e-104], [0.2, 5.0]],
    'chisquare': [[1], [3.5]], 'f': [[2, 5]], 'standard_t': [[3.0]], 'standard_cauchy': [[]], 'laplace': [[0, 1], [2, 3]], 'gumbel': [[0, 1]],
    'logistic': [[1, 2]], 'lognormal': [[0, 1], [1, 0.25]], 'pareto': [[3]], 'weibull': [[1.5]], 'power': [[2.5]], 'rayleigh': [[2]],
    'triangular': [[-1, 0.5, 3]], 'vonmises': [[0.5, 4], [0, 0]], 'wald': [[1, 2], [3, 0.5]], 'poisson': [[0], [0.3], [4], [10], [75.5], [1e6]],
    'binomial': [[10, 0.3], [10, 0.8], [1000, 0.4], [1000, 0.9], [100000, 0.001], [7, 0]], 'geometric': [[0.5], [0.1]], 'negative_binomial': [[5, 0.3]],
    'zipf': [[2.0], [4.5]], 'logseries': [[0.6], [0.99]], 'hypergeometric': [[10, 7, 5], [100, 150, 60], [150, 100, 200], [5, 3, 8]],
    'noncentral_chisquare': [[3, 2], [0.5, 1.5], [2, 0]], 'noncentral_f': [[2, 5, 1.5]],
}
FURTHER = [
    *[(name, [*values, 5], {}) for name, all_values in DISTRIBUTIONS.items() for values in all_values],
    ('poisson', [[1.0, 20.0, 3.0]], {}), ('gamma', [[['(', 1.0], ['(', 2.5]], [0.5, 1.0]], {}), ('binomial', [[3, 40], 0.5, ['(', 2, 2]], {}),
    ('multinomial', [20, [0.2, 0.3, 0.5], 3], {}), ('dirichlet', [[0.5, 2.0, 1.0], 2], {}), ('dirichlet', [[0.05, 0.02, 0.01], 3], {}),
    ('standard_exponential', [], {'size': 2}),
]
DRAWN += [(kind, 11, FURTHER) for kind in ('default_rng', 'RandomState')]
