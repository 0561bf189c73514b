// What a caller may have meant: near words, and what other libraries call our ops and attributes.

/** Ops by the names they have in NumPy, PyTorch and TensorFlow.js. */
export const OP_ALIASES: Readonly<Record<string, string>> = {
  mul: 'multiply', times: 'multiply', sub: 'subtract', minus: 'subtract', plus: 'add', div: 'divide', true_divide: 'divide', floordiv: 'floor_divide', mod: 'remainder', fmod: 'remainder', neg: 'negative',
  absolute: 'abs', power: 'pow', clamp: 'clip', dot: 'matmul', mm: 'matmul', bmm: 'matmul', mat_mul: 'matmul', transpose: 'permute_dims', permute: 'permute_dims', swapaxes: 'permute_dims', t: 'permute_dims',
  arcsin: 'asin', arccos: 'acos', arctan: 'atan', arctan2: 'atan2', arcsinh: 'asinh', arccosh: 'acosh', arctanh: 'atanh', amax: 'max', amin: 'min', product: 'prod', average: 'mean', variance: 'var',
  eq: 'equal', ne: 'not_equal', neq: 'not_equal', lt: 'less', le: 'less_equal', gt: 'greater', ge: 'greater_equal', gte: 'greater_equal', lte: 'less_equal', concatenate: 'concat', cat: 'concat',
  unsqueeze: 'expand_dims', view: 'reshape', flatten: 'reshape', ravel: 'reshape', expand: 'broadcast_to', gather: 'take', index_select: 'take', cast: 'astype', swish: 'silu', log_sum_exp: 'logsumexp',
  identity: 'eye', range: 'arange', fill: 'full', rand: 'random_uniform', uniform: 'random_uniform', randn: 'random_normal', normal: 'random_normal', randint: 'random_integers', randperm: 'random_permutation',
};

/** Attributes by the names they have elsewhere. */
const ATTRIBUTE_ALIASES: Readonly<Record<string, readonly string[]>> = {
  dim: ['axis', 'axes'], dims: ['axes', 'axis'], perm: ['axes'], axis: ['axes'], axes: ['axis'], keep_dims: ['keepdims'], ddof: ['correction'], unbiased: ['correction'], trans_a: ['transposeA'], trans_b: ['transposeB'],
  adjoint_a: ['transposeA'], adjoint_b: ['transposeB'], type: ['dtype'], end: ['stop'], num: ['count'], steps: ['count'], size: ['shape'], min: ['low'], max: ['high'], diagonal: ['k'], num_classes: ['depth'], fill_value: ['value'],
};

/** The attribute of a row that a word means; undefined where none is near. */
export function nearestAttribute(word: string, known: readonly string[]): string | undefined {
  return ATTRIBUTE_ALIASES[snakeCase(word)]?.find((name) => known.includes(name)) ?? nearest(word, known);
}

/** The op that a word means; undefined where none is near. */
export const nearestOp = (word: string, known: readonly string[]): string | undefined => (Object.hasOwn(OP_ALIASES, snakeCase(word)) ? OP_ALIASES[snakeCase(word)] : nearest(word, known));

const snakeCase = (word: string): string => word.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** The candidate a word is most likely a slip of: at most one edit in three letters away (Levenshtein distance); undefined where none is. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const distances = candidates.map((candidate) => edits(plain(word), plain(candidate)));
  const least = Math.min(...distances);
  return least <= Math.max(1, Math.floor(word.length / 3)) ? candidates[distances.indexOf(least)] : undefined;
}

const plain = (word: string): string => word.toLowerCase().replaceAll('_', '');

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length] as number;
}
