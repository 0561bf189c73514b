// The real Schur form of a Hessenberg matrix, by QR with two shifts at once (Francis): blocks of order 1 and, for pairs
// of complex eigenvalues, 2 on the diagonal.

const EPSILON = 2 ** -52;
/** Beside a matrix near 1 nothing is lost with an element below it. */
const VANISHING = 1e-150;
/** Sweeps for each eigenvalue, of which two are usual. */
const MOST_SWEEPS = 90;
/** After so many sweeps without an eigenvalue the shifts are others. */
const STALLED = 10;

/** A matrix on its way: order n, row-major; rows of `vectors` are columns of Q, where they are wanted. */
interface SchurForm {
  readonly h: Float64Array;
  readonly n: number;
  readonly vectors: Float64Array | undefined;
}

/** Takes a Hessenberg matrix to its Schur form in place; false where it does not converge. */
export function* schur(form: SchurForm): Generator<void, boolean> {
  for (let last = form.n - 1, sweep = 0; last >= 0;) {
    const first = beginOfBlock(form, last);
    if (first >= last - 1) {
      if (first < last) splitPair(form, first);
      [last, sweep] = [first - 1, 0];
    } else {
      if (sweep === MOST_SWEEPS) return false;
      sweepFrancis(form, first, last, sweep++);
    }
    yield;
  }
  return true;
}

/** The first row of the block that ends with `last`; what vanishes before it is set to 0. */
function beginOfBlock({ h, n }: SchurForm, last: number): number {
  let first = last;
  for (; first > 0; first--) {
    const at = first * n + first;
    const below = Math.abs(h[at - 1]!);
    if (below <= VANISHING || below <= EPSILON * (Math.abs(h[at - n - 1]!) + Math.abs(h[at]!))) {
      h[at - 1] = 0;
      break;
    }
  }
  return first;
}

/** A block of order 2: with real eigenvalues it is made triangular. */
function splitPair(form: SchurForm, k: number): void {
  const { h, n } = form;
  const at = k * n + k;
  const half = (h[at]! - h[at + n + 1]!) / 2;
  const squared = half * half + h[at + n]! * h[at + 1]!;
  if (squared < 0) return;
  const root = Math.sqrt(squared);
  const z = half + (half < 0 ? -root : root);
  const below = h[at + n]!;
  const scale = Math.abs(below) + Math.abs(z);
  const [x, y] = [below / scale, z / scale];
  const length = Math.sqrt(x * x + y * y);
  rotatePair(form, k, y / length, x / length);
  h[at + n] = 0;
}

function rotatePair({ h, n, vectors }: SchurForm, k: number, c: number, s: number): void {
  const rotate = (values: Float64Array, one: number, two: number, step: number, count: number): void => {
    for (let i = 0, a = one, b = two; i < count; i++, a += step, b += step) {
      const [x, y] = [values[a]!, values[b]!];
      values[a] = c * x + s * y;
      values[b] = c * y - s * x;
    }
  };
  rotate(h, k * n + k, k * n + n + k, 1, n - k);
  rotate(h, k, k + 1, n, k + 2);
  if (vectors !== undefined) rotate(vectors, k * n, k * n + n, 1, n);
}

/** A reflector of three neighbours (two at the end of a block): I − (x, y, z)ᵀ·(1, q, r). */
interface Neighbours {
  x: number;
  y: number;
  z: number;
  q: number;
  r: number;
}

function sweepFrancis(form: SchurForm, first: number, last: number, sweep: number): void {
  const { h, n } = form;
  const start = beginOfSweep(form, first, last, sweep);
  for (let i = start.row + 2; i <= last; i++) {
    h[i * n + i - 2] = 0;
    if (i > start.row + 2) h[i * n + i - 3] = 0;
  }
  let { p, q, r } = start;
  for (let k = start.row; k < last; k++) {
    const isLast = k === last - 1;
    if (k > start.row) {
      const at = k * n + k - 1;
      [p, q, r] = [h[at]!, h[at + n]!, isLast ? 0 : h[at + 2 * n]!];
    }
    const scale = Math.abs(p) + Math.abs(q) + Math.abs(r);
    if (scale === 0) continue;
    const length = Math.sqrt((p / scale) ** 2 + (q / scale) ** 2 + (r / scale) ** 2);
    const s = p < 0 ? -length : length;
    if (k > start.row) h[k * n + k - 1] = -s * scale;
    else if (first !== start.row) h[k * n + k - 1] = -h[k * n + k - 1]!;
    const pivot = p / scale + s;
    const by = { x: pivot / s, y: q / scale / s, z: r / scale / s, q: q / scale / pivot, r: r / scale / pivot };
    reflectNeighbours(form, k, Math.min(last, k + 3), by, isLast);
  }
}

/** The first column of (H − σ₁)·(H − σ₂) from the row on at which two subdiagonal elements are small together. */
function beginOfSweep(
  { h, n }: SchurForm,
  first: number,
  last: number,
  sweep: number,
): { row: number; p: number; q: number; r: number } {
  const end = last * n + last;
  let [x, y, w] = [h[end]!, h[end - n - 1]!, h[end - 1]! * h[end - n]!];
  if (sweep % STALLED === STALLED - 1) {
    const size = Math.abs(h[end - 1]!) + Math.abs(h[end - n - 2]!);
    [x, y, w] = [x + 0.75 * size, x + 0.75 * size, -0.4375 * size * size];
  }
  for (let row = last - 2; ; row--) {
    const at = row * n + row;
    const z = h[at]!;
    const [one, two] = [x - z, y - z];
    let p = (one * two - w) / h[at + n]! + h[at + 1]!;
    let q = h[at + n + 1]! - z - one - two;
    let r = h[at + 2 * n + 1]!;
    const scale = Math.abs(p) + Math.abs(q) + Math.abs(r);
    [p, q, r] = [p / scale, q / scale, r / scale];
    if (row === first) return { row, p, q, r };
    const beside = Math.abs(h[at - n - 1]!) + Math.abs(z) + Math.abs(h[at + n + 1]!);
    if (Math.abs(h[at - 1]!) * (Math.abs(q) + Math.abs(r)) <= EPSILON * Math.abs(p) * beside) return { row, p, q, r };
  }
}

/** Both sides of H, of columns down to a row, and the rows of vectors. */
function reflectNeighbours(
  { h, n, vectors }: SchurForm,
  k: number,
  row: number,
  by: Neighbours,
  isLast: boolean,
): void {
  const { x, y, z, q, r } = by;
  const at = k * n;
  for (let j = at + k; j < at + n; j++) {
    const sum = h[j]! + q * h[j + n]! + (isLast ? 0 : r * h[j + 2 * n]!);
    h[j] = h[j]! - sum * x;
    h[j + n] = h[j + n]! - sum * y;
    if (!isLast) h[j + 2 * n] = h[j + 2 * n]! - sum * z;
  }
  for (let j = k; j <= row * n + k; j += n) {
    const sum = x * h[j]! + y * h[j + 1]! + (isLast ? 0 : z * h[j + 2]!);
    h[j] = h[j]! - sum;
    h[j + 1] = h[j + 1]! - sum * q;
    if (!isLast) h[j + 2] = h[j + 2]! - sum * r;
  }
  if (vectors === undefined) return;
  for (let j = at; j < at + n; j++) {
    const sum = x * vectors[j]! + y * vectors[j + n]! + (isLast ? 0 : z * vectors[j + 2 * n]!);
    vectors[j] = vectors[j]! - sum;
    vectors[j + n] = vectors[j + n]! - sum * q;
    if (!isLast) vectors[j + 2 * n] = vectors[j + 2 * n]! - sum * r;
  }
}
