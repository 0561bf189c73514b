// What a caller may have meant: near words, and what other libraries call our ops and attributes.

/** What our ops are called in NumPy, PyTorch and TensorFlow.js. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  multiply: 'mul',
  subtract: 'sub',
  divide: 'div true_divide',
  floor_divide: 'floordiv',
  remainder: 'mod',
  bitwise_left_shift: 'left_shift',
  bitwise_right_shift: 'right_shift',
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
  take: 'gather index_select embedding',
  mask_select: 'masked_select boolean_mask compress',
  bitwise_invert: 'bitwise_not invert',
  trapezoid: 'trapz',

  bincount: 'segment_count',
  segment_sum: 'unsorted_segment_sum',
  segment_mean: 'unsorted_segment_mean',
  segment_min: 'unsorted_segment_min',
  segment_max: 'unsorted_segment_max',
  top_k: 'topk',
  argsort: 'arg_sort',
  searchsorted: 'search_sorted bucketize',
  cumulative_sum: 'cumsum',
  cumulative_prod: 'cumprod',
  cumulative_min: 'cummin',
  cumulative_max: 'cummax',
  astype: 'cast as_type',
  lgamma: 'gammaln loggamma',
  digamma: 'psi',
  erfinv: 'erf_inv',
  isnan: 'is_nan isNaN',
  isinf: 'is_inf',
  isfinite: 'is_finite',
  silu: 'swish',
  resize: 'interpolate upsample resize_bilinear',
  depth_to_space: 'pixel_shuffle',
  space_to_depth: 'pixel_unshuffle',
  scatter: 'index_put',
  scatter_elements: 'scatter_add',
  attention: 'scaled_dot_product_attention sdpa',
  binary_cross_entropy: 'bce bce_with_logits',
  leaky_relu: 'prelu',
  conv: 'conv1d conv2d conv3d',
  conv_transpose: 'conv_transpose1d conv_transpose2d conv_transpose3d',
  average_pool: 'avg_pool mean_pool',
  sliding_windows: 'im2col unfold sliding_window_view',
  fold_windows: 'col2im fold',
  logsumexp: 'log_sum_exp',
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

const NO_COPY = 'a tensor never changes and needs no copy: use it as it is; await x.data() copies its elements.';
const READ = 'write await x.toArray() for nested lists, await x.data() for a typed array.';
const DEVICE = 'devices are chosen for each call; sheet.with({ device }) has calls made on one.';
const CREATE = 'write sheet.tensor(values), with a shape and { dtype } where they are not those of the values.';
const NOT_LISTS = 'write ops of whole tensors, as x.exp() or sheet.where(c, x, y); lists are await x.toArray().';
const PART = 'write x.slice(start, stop) or x.take(indices); one element is await x.slice(…).item().';
const cast = (dtype: string): string => `write x.astype('${dtype}').`;

/** Calls of other libraries that are no op here, and what is written instead. */
const WRITTEN_ELSEWHERE: Readonly<Record<string, string>> = {
  'tolist to_list numpy array_sync data_sync tobytes to_numpy': READ,
  'clone copy detach contiguous': NO_COPY,
  'cpu cuda to': DEVICE,
  'array asarray as_tensor from_numpy from_array scalar tensor1d tensor2d tensor3d': CREATE,
  'map for_each filter entries': NOT_LISTS,
  'at get': PART,
  'put set itemset': 'a tensor never changes: write sheet.where(mask, value, x), or make another.',
  float: cast('float32'),
  double: cast('float64'),
  half: cast('float16'),
  int: cast('int32'),
  long: cast('int64'),
  bool: cast('bool'),
  'numel nelement': 'write x.size.',
  'dim ndimension': 'write x.ndim.',
  print: 'write console.log(`${x}`), or console.log(await x.toArray()).',
  load: 'write decodeNpy(bytes), and sheet.tensor of the array it gives.',
  save: 'write encodeNpy({ dtype, shape, array: await x.data() }).',
};

/** What to write for such a call, by its name. */
export const REMEDIES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(WRITTEN_ELSEWHERE).flatMap(([names, remedy]) => names.split(' ').map((name) => [name, remedy])),
);

/** What NumPy, the array API and PyTorch have and no row does: a near name would be nonsense. */
export const KNOWN_ELSEWHERE: ReadonlySet<string> = new Set(
  (
    'masked_fill convolve interp gradient clip_by_value log_sum polyfit diagflat vstack hstack dstack ' +
    'column_stack chunk real imag conj angle array_equal choose select piecewise logcumsumexp multinomial backward ' +
    'requires_grad_'
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

/** What to write for a call that other libraries have, where that is no op; undefined for other words. */
export const remedyElsewhere = (word: string): string | undefined =>
  Object.hasOwn(REMEDIES, snakeCase(word)) ? REMEDIES[snakeCase(word)] : undefined;

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
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1]), swapped));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
