// An image by fewer numbers
//
// The singular value decomposition of an image, and what is left of the image when only the largest values are kept.
// It is written with NumPy's names; NumPy gives the same figures.
import { SymbolicSheet } from 'symbolic-sheet';
import { numpy } from 'symbolic-sheet/numpy';
import { notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);
await using sheet = await SymbolicSheet.open();
const np = numpy(sheet);

// %% An image Rings and a slope, 48 rows of 64 grey values from 0 to 1: a function of two axes that broadcast.
const rows = np.linspace(-1, 1, 48).reshape([48, 1]);
const columns = np.linspace(-1.5, 1.5, 64);
const distance = np.hypot(rows, columns);
const image = np.clip(np.add(np.cos(distance.multiply(9)).multiply(0.35).add(0.5), columns.multiply(0.1)), 0, 1);
await show('The image', image);
await show('Its mean and its deviation', await np.array2string(np.stack([np.mean(image), np.std(image)]), options()));

// %% Its singular values
// Most of the image is in a few of them. They are sorted, the largest first.
const { U, S, Vh } = np.linalg.svd(image, { full_matrices: false });
await show('The largest singular values', await np.array2string(np.at(S, ':8'), options()));

// %% Fewer numbers
// With k values the image is k columns, k values and k rows. Each rank is a product of slices of the same
// decomposition, which is computed once.
const ranks = [1, 2, 3, 4];
const approximated = ranks.map((k) =>
  np.matmul(np.at(U, ':', `:${k}`).multiply(np.at(S, `:${k}`)), np.at(Vh, `:${k}`)),
);
const errors = np.stack(approximated.map((x) => np.linalg.norm(x.subtract(image)).divide(np.linalg.norm(image))));
await show('Relative error at rank 1, 2, 3 and 4', await np.array2string(errors, options()));
await show('The image at rank 4', approximated[3]!);
await show(
  'Numbers kept',
  ranks.map((k) => ({ rank: k, numbers: k * (48 + 64 + 1), 'of the image': `${((k * 113) / 30.72).toFixed(0)} %` })),
);

/** Six digits: further ones hang on the order in which numbers are added. */
function options(): { precision: number } {
  return { precision: 6 };
}

done();
