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
