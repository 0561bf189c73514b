// Two games of arrays
//
// The game of life and the Mandelbrot set, in which whole arrays take a step at a time. They are written with NumPy's
// names; NumPy gives the same figures.
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { numpy } from 'symbolic-sheet/numpy';
import { notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);
await using sheet = await SymbolicSheet.open();
const np = numpy(sheet);

// %% Life
// A cell lives on with two or three neighbours, and a cell comes to life with three. A board of random cells is drawn
// by NumPy's own generator. The board is a torus: neighbours are found by rolling it in eight directions.
const shifts = [-1, 0, 1].flatMap((i) => [-1, 0, 1].map((j) => [i, j] as const)).filter(([i, j]) => i !== 0 || j !== 0);
const step = (board: Tensor): Tensor => {
  const neighbours = np.sum(np.stack(shifts.map((shift) => np.roll(board, shift, [0, 1]))), 0);
  return np.logical_or(np.equal(neighbours, 3), np.logical_and(board, np.equal(neighbours, 2))).astype('int64');
};
let board: Tensor = np.random.default_rng(2024).integers(0, 2, { size: [24, 32] });
const alive = [np.sum(board)];
for (let generation = 0; generation < 30; generation++) {
  board = step(board);
  alive.push(np.sum(board));
}
await show('Cells alive, by generation', await np.array_str(np.stack(alive)));
await show('The board after 30 generations', board.astype('float32'));

// %% A glider
// Five cells that are the same figure after four generations, one cell further down and to the right.
const glider = np.pad(
  [
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 1],
  ],
  [
    [1, 6],
    [1, 6],
  ],
);
const moved = [1, 2, 3, 4].reduce<Tensor>((x) => step(x), glider.astype('int64'));
await show('Moved', String(await np.array_equal(moved, np.roll(glider, [1, 1], [0, 1]))));

// %% Mandelbrot
// The points of the plane whose squares, added to the point again and again, stay near: real and imaginary parts are
// two arrays. What has left is not counted any further.
const re = np.linspace(-2.1, 0.7, 48);
const im = np.linspace(-1.2, 1.2, 32).reshape([32, 1]);
let [x, y, steps]: [Tensor, Tensor, Tensor] = [np.zeros([32, 48]), np.zeros([32, 48]), np.zeros([32, 48], 'int64')];
for (let i = 0; i < 24; i++) {
  const isNear = np.less(np.add(np.square(x), np.square(y)), 4);
  steps = np.add(steps, isNear);
  const next = np.add(np.subtract(np.square(x), np.square(y)), re);
  y = np.where(isNear, np.add(np.multiply(np.multiply(x, y), 2), im), y);
  x = np.where(isNear, next, x);
}
await show('Steps until a point has left', steps.astype('float32'));
await show('Points by steps', await np.array_str(await np.bincount(np.ravel(steps))));

done();
