// What a caller may have meant: near words, and what other libraries call our ops and attributes.

/** What our ops are called in NumPy, PyTorch and TensorFlow.js. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  multiply: 'mul',
  subtract: 'sub',
  divide: 'div true_divide',
  floor_divide: 'floordiv',
  remainder: 'mod fmod',
  negative: 'neg',
  abs: 'absolute',
  pow: 'power',
  clip: 'clamp',
  matmul: 'dot mm bmm mat_mul',
  permute_dims: 'transpose permute swapaxes t',
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  atan2: 'arctan2',
  asinh: 'arcsinh',
  acosh: 'arccosh',
  atanh: 'arctanh',
  max: 'amax',
  min: 'amin',
  prod: 'product',
  mean: 'average',
  var: 'variance',
  equal: 'eq',
  not_equal: 'ne',
  less: 'lt',
  less_equal: 'le',
  greater: 'gt',
  greater_equal: 'ge',
  concat: 'concatenate cat',
  expand_dims: 'unsqueeze',
  reshape: 'view flatten ravel',
  broadcast_to: 'expand',
  take: 'gather index_select',
  astype: 'cast',
  silu: 'swish',
  logsumexp: 'log_sum_exp',
  eye: 'identity',
  arange: 'range',
  full: 'fill',
  random_uniform: 'rand uniform',
  random_normal: 'randn normal',
  random_integers: 'randint',
  random_permutation: 'randperm',
};

/** Our ops by those names. */
export const OP_ALIASES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ELSEWHERE).flatMap(([op, names]) => names.split(' ').map((name) => [name, op])),
);

/** What NumPy, the array API and PyTorch have and no row does: a near name would be nonsense. */
export const KNOWN_ELSEWHERE: ReadonlySet<string> = new Set(
  (
    'sort argsort topk top_k nonzero unique unique_values unique_counts searchsorted quantile percentile median ' +
    'nanmean nansum nanmax nanmin nan_to_num histogram bincount digitize cumsum cumprod cumulative_sum ' +
    'cumulative_prod segment_sum scatter scatter_add index_add masked_select masked_fill compress eigh eig ' +
    'eigvals eigvalsh svd svdvals qr lu lstsq inv pinv det slogdet cov corrcoef kron cross vecdot tensordot ' +
    'einsum matrix_power ' +
    'matrix_rank tile roll rot90 diff meshgrid isclose allclose take_along_axis put_along_axis pad convolve ' +
    'conv1d conv2d max_pool avg_pool interp fft ifft rfft grad gradient cdist pdist factorize count_nonzero ' +
    'ptp clip_by_value log_sum exp2 cbrt sinc heaviside copysign nextafter signbit deg2rad rad2deg trapz ' +
    'trapezoid polyfit polyval diag diagflat vstack hstack dstack column_stack unstack chunk fmax fmin gcd lcm ' +
    'bitwise_not bitwise_invert bitwise_left_shift bitwise_right_shift left_shift right_shift invert real imag ' +
    'conj angle array_equal isin setdiff1d intersect1d union1d argwhere flatnonzero choose select piecewise ' +
    'dropout layer_norm batch_norm embedding cross_entropy logcumsumexp erfinv lgamma digamma gammaln ' +
    'multinomial choice shuffle bernoulli'
  ).split(' '),
);

/** Attributes by the names they have elsewhere. */
const ATTRIBUTE_ALIASES: Readonly<Record<string, readonly string[]>> = {
  dim: ['axis', 'axes'],
  dims: ['axes', 'axis'],
  perm: ['axes'],
  axis: ['axes'],
  axes: ['axis'],
  keep_dims: ['keepdims'],
  ddof: ['correction'],
  unbiased: ['correction'],
  trans_a: ['transposeA'],
  trans_b: ['transposeB'],
  adjoint_a: ['transposeA'],
  adjoint_b: ['transposeB'],
  type: ['dtype'],
  end: ['stop'],
  num: ['count'],
  steps: ['count'],
  size: ['shape'],
  min: ['low'],
  max: ['high'],
  diagonal: ['k'],
  num_classes: ['depth'],
  fill_value: ['value'],
};

/** The attribute of a row that a word means; undefined where none is near. */
export function nearestAttribute(word: string, known: readonly string[]): string | undefined {
  const meant = Object.hasOwn(ATTRIBUTE_ALIASES, snakeCase(word)) ? ATTRIBUTE_ALIASES[snakeCase(word)] : undefined;
  return meant?.find((name) => known.includes(name)) ?? nearest(word, known);
}

/** Whether a word names an op that other libraries have and this one has not. */
export const isKnownElsewhere = (word: string): boolean => KNOWN_ELSEWHERE.has(snakeCase(word));

/** The op that a word means; undefined where none is near. */
export const nearestOp = (word: string, known: readonly string[]): string | undefined =>
  Object.hasOwn(OP_ALIASES, snakeCase(word)) ? OP_ALIASES[snakeCase(word)] : nearest(word, known);

const snakeCase = (word: string): string =>
  word.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/**
 * The candidate a word is most likely a slip of: at most one edit in three letters away (Levenshtein distance,
 * neighbours that swapped places are one); undefined where none is.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const distances = candidates.map((candidate) => edits(plain(word), plain(candidate)));
  const least = Math.min(...distances);
  return least <= Math.max(1, Math.floor(word.length / 3)) ? candidates[distances.indexOf(least)] : undefined;
}

const plain = (word: string): string => word.toLowerCase().replaceAll('_', '');

function edits(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] as number) + 1 : Infinity;
      next.push(
        Math.min(
          (next[j - 1] as number) + 1,
          (row[j] as number) + 1,
          (row[j - 1] as number) + Number(a[i - 1] !== b[j - 1]),
          swapped,
        ),
      );
    }
    [before, row] = [row, next];
  }
  return row[b.length] as number;
}
