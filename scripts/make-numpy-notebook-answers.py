"""Writes tests/examples/numpy-notebooks.json: what NumPy gives for the notebooks that are written with its names.

Run it with NumPy 2: python3 scripts/make-numpy-notebook-answers.py
"""

import json

import numpy as np


def text(array):
    return np.array2string(np.asarray(array), precision=6)


def image():
    rows, columns = np.linspace(-1, 1, 48).reshape(48, 1), np.linspace(-1.5, 1.5, 64)
    image = np.clip(np.cos(np.hypot(rows, columns) * 9) * 0.35 + 0.5 + columns * 0.1, 0, 1)
    u, s, vh = np.linalg.svd(image, full_matrices=False)
    parts = [(u[:, :k] * s[:k]) @ vh[:k] for k in (1, 2, 3, 4)]
    errors = [np.linalg.norm(x - image) / np.linalg.norm(image) for x in parts]
    return [text([image.mean(), image.std()]), text(s[:8]), text(errors)]


def life():
    board = np.random.default_rng(2024).integers(0, 2, size=(24, 32))
    alive = [board.sum()]
    for _ in range(30):
        shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
        neighbours = sum(np.roll(board, shift, (0, 1)) for shift in shifts)
        board = ((neighbours == 3) | ((board == 1) & (neighbours == 2))).astype(np.int64)
        alive.append(board.sum())
    re, im = np.linspace(-2.1, 0.7, 48), np.linspace(-1.2, 1.2, 32).reshape(32, 1)
    x, y, steps = np.zeros((32, 48)), np.zeros((32, 48)), np.zeros((32, 48), dtype=np.int64)
    for _ in range(24):
        near = x * x + y * y < 4
        steps = steps + near
        x, y = np.where(near, x * x - y * y + re, x), np.where(near, x * y * 2 + im, y)
    return [str(np.array(alive)), str(np.bincount(steps.ravel()))]


def averages():
    days = np.arange(365)
    temperature = np.sin(days * (2 * np.pi / 365)) * -9 + days * 0.004
    temperature = temperature + (np.random.default_rng(11).normal(0, 2.5, 365) + 11)
    averaged = np.convolve(temperature, np.full(15, 1 / 15), 'valid')
    angle = days * (2 * np.pi / 365)
    columns = np.column_stack([np.ones(365), days, np.sin(angle), np.cos(angle)])
    fitted = np.linalg.lstsq(columns, temperature)[0]
    rest = temperature - columns @ fitted
    return [
        text([temperature.mean(), temperature.min(), temperature.max()]),
        text(averaged[:6]),
        text(fitted),
        text(1 - rest.var() / temperature.var()),
        str(days[np.abs(rest) > rest.std() * 2.5]),
        text(np.polyfit(np.linspace(0, 1, 351), averaged, 2)),
    ]


with open('tests/examples/numpy-notebooks.json', 'w') as file:
    answers = {
        '09-numpy-svd-of-an-image': image(),
        '10-numpy-life-and-mandelbrot': life(),
        '11-numpy-averages-and-lines': averages(),
    }
    file.write(json.dumps(answers, indent=1) + '\n')
