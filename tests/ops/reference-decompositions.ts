// References of decompositions, by other algorithms than the kernels': Gram–Schmidt twice, Jacobi rotations from one
// side and from both, elimination row by row. What is ill determined is not checked here.
import { at, type Attrs, indicesOf, type Ref, type Reference, stored } from './reference.ts';

type Matrix = number[][];

const EPSILON = 2 ** -52;
const ROUNDING = { float32: 2 ** -24, float64: EPSILON } as const;

const matrixAt = (x: Ref, batch: readonly number[]): Matrix =>
  Array.from({ length: x.shape.at(-2)! }, (_, i) =>
    Array.from({ length: x.shape.at(-1)! }, (__, j) => at(x, [...batch, i, j]) as number),
  );

const transposed = (a: Matrix, columns = a[0]?.length ?? 0): Matrix =>
  Array.from({ length: columns }, (_, j) => a.map((row) => row[j]!));
const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
const lengthOf = (x: readonly number[]): number => Math.hypot(...x);
const unit = (n: number, i: number): number[] => Array.from({ length: n }, (_, k) => Number(k === i));

/** A value, and how far the result may be from it. */
type Element = readonly [value: number, slack: number];

/** A result of every matrix, one after another. */
const eachMatrix =
  (
    shape: (m: number, n: number, attrs: Attrs) => number[],
    result: (a: Matrix, m: number, n: number, attrs: Attrs) => Element[],
  ): Reference =>
  ([operand], attrs) => {
    const x = operand as Ref;
    const [m, n] = [x.shape.at(-2)!, x.shape.at(-1)!];
    const lead = x.shape.slice(0, -2);
    const elements = [...indicesOf(lead)].flatMap((batch) => result(matrixAt(x, batch), m, n, attrs));
    return {
      dtype: x.dtype,
      shape: [...lead, ...shape(m, n, attrs)],
      values: elements.map(([value]) => stored(x.dtype, value)),
      ulps: 2,
      slack: elements.map(([value, slack]) => 4 * slack + ROUNDING[x.dtype as 'float32'] * Math.abs(value)),
    };
  };

/** The sign that makes the largest component positive. */
function signOf(x: readonly number[]): number {
  const largest = Math.max(0, ...x.map(Math.abs));
  return (x.find((value) => Math.abs(value) >= largest * (1 - 2 ** -10)) ?? 0) < 0 ? -1 : 1;
}

/** Vectors made orthogonal to those before them, twice; those that have nothing left are made of unit vectors. */
function orthogonal(columns: Matrix, m: number, count: number): Matrix {
  const q: Matrix = [];
  for (const column of columns.slice(0, count)) {
    let rest = column;
    for (let time = 0; time < 2; time++)
      for (const before of q) {
        const along = dot(before, rest);
        rest = rest.map((value, i) => value - along * before[i]!);
      }
    q.push(rest.map((value) => value / lengthOf(rest)));
  }
  return q;
}

const qr: Reference = eachMatrix(
  (m, n, { mode }) => [(mode === 'complete' ? m : Math.min(m, n)) * (m + n)],
  (a, m, n, { mode }) => {
    const k = mode === 'complete' ? m : Math.min(m, n);
    const q = orthogonal(transposed(a, n), m, Math.min(m, n));
    const columns = transposed(a, n);
    const size = Math.max(1, ...a.flat().map(Math.abs));
    const slack = 1e4 * EPSILON * Math.max(m, n) * size;
    const left = Array.from({ length: m }, (_, i) =>
      Array.from({ length: k }, (__, j): Element => (j < n ? [q[j]![i]!, slack] : [0, Infinity])),
    );
    const right = Array.from({ length: k }, (_, i) =>
      Array.from({ length: n }, (__, j): Element => (i > j || i >= n ? [0, 0] : [dot(q[i]!, columns[j]!), slack])),
    );
    return [...left.flat(), ...right.flat()];
  },
);

/** Eigenvalues and rows of eigenvectors by rotations from both sides, ascending. */
function symmetric(lower: Matrix): { values: number[]; vectors: Matrix } {
  const n = lower.length;
  const a = lower.map((_, i) => lower.map((__, j) => lower[Math.max(i, j)]![Math.min(i, j)]!));
  const v = lower.map((_, i) => unit(n, i));
  const size = Math.max(...a.flat().map(Math.abs));
  for (let sweep = 0; sweep < 40; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < EPSILON * EPSILON * size) continue;
        const angle = Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k]![p]!, a[k]![q]!];
          [a[k]![p], a[k]![q]] = [c * x - s * y, s * x + c * y];
        }
        for (const rows of [a, v])
          [rows[p], rows[q]] = [
            rows[p]!.map((x, k) => c * x - s * rows[q]![k]!),
            rows[q]!.map((y, k) => s * rows[p]![k]! + c * y),
          ];
      }
  const order = a.map((_, i) => i).sort((i, j) => a[i]![i]! - a[j]![j]!);
  return { values: order.map((i) => a[i]![i]!), vectors: order.map((i) => v[i]!) };
}

/** How far vectors may be off for each value: rounding over the distance to the nearest other one. */
function slackOf(values: readonly number[]): number[] {
  const size = Math.max(...values.map(Math.abs), 1e-300);
  return values.map((value, i) => {
    const gap = Math.min(...values.filter((_, k) => k !== i).map((other) => Math.abs(other - value)), size);
    return gap < 1e-6 * size ? Infinity : (40 * EPSILON * values.length * size) / gap;
  });
}

const eigh: Reference = eachMatrix(
  (_m, n) => [n + n * n],
  (a, n) => {
    const { values, vectors } = symmetric(a);
    const slack = slackOf(values);
    const rounding = 40 * EPSILON * n * Math.max(0, ...values.map(Math.abs));
    return [
      ...values.map((value): Element => [value, rounding]),
      ...a.flatMap((_, i) => vectors.map((row, j): Element => [signOf(row) * row[i]!, slack[j]!])),
    ];
  },
);

const eigvalsh: Reference = eachMatrix(
  (_m, n) => [n],
  (a, n) => {
    const { values } = symmetric(a);
    return values.map((value): Element => [value, 40 * EPSILON * n * Math.max(...values.map(Math.abs))]);
  },
);

/** Columns made orthogonal by rotations from one side: their lengths are the singular values, largest first. */
function singular(a: Matrix, n: number): { u: Matrix; values: number[]; v: Matrix } {
  const columns = transposed(a, n);
  const v = columns.map((_, i) => unit(n, i));
  for (let sweep = 0; sweep < 40; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const [x, y] = [columns[p]!, columns[q]!];
        const both = dot(x, y);
        if (Math.abs(both) <= EPSILON * lengthOf(x) * lengthOf(y)) continue;
        const angle = Math.atan2(2 * both, dot(y, y) - dot(x, x)) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const rows of [columns, v])
          [rows[p], rows[q]] = [
            rows[p]!.map((value, k) => c * value - s * rows[q]![k]!),
            rows[q]!.map((value, k) => s * rows[p]![k]! + c * value),
          ];
      }
  const lengths = columns.map(lengthOf);
  const order = lengths.map((_, i) => i).sort((i, j) => lengths[j]! - lengths[i]!);
  return {
    u: order.map((i) => columns[i]!.map((value) => value / lengths[i]!)),
    values: order.map((i) => lengths[i]!),
    v: order.map((i) => v[i]!),
  };
}

/** Rows of left and right singular vectors, signs settled, and the values. */
function decomposed(a: Matrix, m: number, n: number): { u: Matrix; values: number[]; v: Matrix } {
  const { u, values, v } =
    m >= n
      ? singular(a, n)
      : (({ u: right, values: same, v: left }) => ({ u: left, values: same, v: right }))(singular(transposed(a, n), m));
  const signs = u.map(signOf);
  const turned = (rows: Matrix): Matrix => rows.map((row, i) => row.map((value) => signs[i]! * value));
  return { u: turned(u), values, v: turned(v) };
}

const svd: Reference = eachMatrix(
  (m, n, { fullMatrices }) => {
    const k = Math.min(m, n);
    return [fullMatrices === false ? k * (m + 1 + n) : m * m + k + n * n];
  },
  (a, m, n, { fullMatrices }) => {
    const { u, values, v } = decomposed(a, m, n);
    const [rows, columns] = fullMatrices === false ? [values.length, values.length] : [n, m];
    const slack = slackOf([...values, ...(m === n ? [] : [0])]);
    const rounding = 40 * EPSILON * Math.max(m, n) * Math.max(0, ...values);
    return [
      ...Array.from({ length: m }, (_, i) =>
        Array.from({ length: columns }, (__, j): Element =>
          u[j] === undefined ? [0, Infinity] : [u[j][i]!, slack[j]!],
        ),
      ).flat(),
      ...values.map((value): Element => [value, rounding]),
      ...Array.from({ length: rows }, (_, i) =>
        Array.from({ length: n }, (__, j): Element => (v[i] === undefined ? [0, Infinity] : [v[i][j]!, slack[i]!])),
      ).flat(),
    ];
  },
);

const svdvals: Reference = eachMatrix(
  (m, n) => [Math.min(m, n)],
  (a, m, n) => {
    const { values } = decomposed(a, m, n);
    return values.map((value): Element => [value, 40 * EPSILON * Math.max(m, n) * values[0]!]);
  },
);

/** Rows eliminated one after another, the largest of a column first; and where they came from. */
function eliminated(a: Matrix, n: number): { factors: Matrix; from: number[]; parity: number } {
  const rows = a.map((row, i) => ({ row: [...row], i }));
  let parity = 1;
  for (let k = 0; k < Math.min(a.length, n); k++) {
    const size = (i: number): number => Math.abs(rows[i]!.row[k]!);
    let best = k;
    for (let i = k + 1; i < rows.length; i++) if (size(i) > size(best)) best = i;
    if (best !== k) parity = -parity;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    const pivot = rows[k]!.row;
    if (pivot[k] === 0) continue;
    for (const { row } of rows.slice(k + 1)) {
      const factor = row[k]! / pivot[k]!;
      for (let j = k + 1; j < n; j++) row[j] = row[j]! - factor * pivot[j]!;
      row[k] = factor;
    }
  }
  return { factors: rows.map(({ row }) => row), from: rows.map(({ i }) => i), parity };
}

const lu: Reference = eachMatrix(
  (m, n) => [m * n + m + 1],
  (a, m, n) => {
    const { factors, from, parity } = eliminated(a, n);
    const slack = 1e4 * EPSILON * Math.max(m, n) * Math.max(1, ...factors.flat().map(Math.abs));
    return [
      ...factors.flat().map((value): Element => [value, slack]),
      ...[...from, parity].map((value): Element => [value, 0]),
    ];
  },
);

const det: Reference = eachMatrix(
  () => [],
  (a, n) => {
    const { factors, parity } = eliminated(a, n);
    const value = factors.reduce((product, row, i) => product * row[i]!, parity);
    return [[value, 1e3 * EPSILON * Math.abs(value)]];
  },
);

/** Taylor's series of a thousandth or less, squared back. */
const expm: Reference = eachMatrix(
  (_m, n) => [n, n],
  (a, n) => {
    const size = n * Math.max(0, ...a.flat().map(Math.abs));
    const squarings = Math.max(0, Math.ceil(Math.log2(Math.max(size, 1e-9) * 1024)));
    const times = (x: Matrix, y: Matrix): Matrix => x.map((row) => transposed(y, n).map((column) => dot(row, column)));
    const scaled = a.map((row) => row.map((value) => value / 2 ** squarings));
    // 1 is left out until the end: beside it small terms would lose their digits.
    let term = scaled;
    let result = scaled;
    for (let k = 2; k < 9; k++) {
      term = times(term, scaled).map((row) => row.map((value) => value / k));
      result = result.map((row, i) => row.map((value, j) => value + term[i]![j]!));
    }
    for (let k = 0; k < squarings; k++) {
      const square = times(result, result);
      result = result.map((row, i) => row.map((value, j) => 2 * value + square[i]![j]!));
    }
    const values = result.map((row, i) => row.map((value, j) => value + Number(i === j))).flat();
    const slack = 1e4 * EPSILON * (1 + size) * Math.max(0, ...values.map(Math.abs));
    return values.map((value): Element => [value, slack]);
  },
);

/** Coefficients of the characteristic polynomial below the leading 1 (Faddeev and LeVerrier). */
function characteristic(a: Matrix): number[] {
  const n = a.length;
  const coefficients: number[] = [];
  let m = a.map((_, i) => unit(n, i));
  for (let k = 1; k <= n; k++) {
    const product = a.map((row) => transposed(m, n).map((column) => dot(row, column)));
    const c = -product.reduce((sum, row, i) => sum + row[i]!, 0) / k;
    coefficients.push(c);
    m = product.map((row, i) => row.map((value, j) => value + (i === j ? c : 0)));
  }
  return coefficients;
}

type Complex = readonly [number, number];
const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];

/** All roots of a polynomial at once (Durand and Kerner), in the order of eigenvalues. */
function rootsOf(coefficients: readonly number[]): Complex[] {
  const size = 1 + Math.max(0, ...coefficients.map(Math.abs)) ** (1 / Math.max(1, coefficients.length));
  let roots = coefficients.map((_, i): Complex => [size * Math.cos(2 * i + 0.4), size * Math.sin(2 * i + 0.4)]);
  for (let time = 0; time < 400; time++)
    roots = roots.map((root, i) => {
      const value = coefficients.reduce<Complex>(
        (sum, c) => {
          const [x, y] = times(sum, root);
          return [x + c, y];
        },
        [1, 0],
      );
      const [c, d] = roots.reduce<Complex>(
        (product, other, k) => (k === i ? product : times(product, [root[0] - other[0], root[1] - other[1]])),
        [1, 0],
      );
      const [x, y] = times(value, [c / (c * c + d * d), -d / (c * c + d * d)]);
      return [root[0] - x, root[1] - y];
    });
  const near = (x: number): number => Math.round(x * 1e6);
  return roots.sort((a, b) => near(a[0]) - near(b[0]) || near(Math.abs(a[1])) - near(Math.abs(b[1])) || b[1] - a[1]);
}

/** Orders up to which the roots of the polynomial are the eigenvalues to some digits. */
const FEW = 5;

const eigvals = (vectors: 0 | 1): Reference =>
  eachMatrix(
    (_m, n) => [2 * (n + vectors * n * n)],
    (a, n) => {
      const roots = n > FEW ? a.map((): Complex => [0, 0]) : rootsOf(characteristic(a));
      const slack = n > FEW ? Infinity : 1e-6 * Math.max(1, ...a.flat().map(Math.abs));
      return [
        ...[0, 1].flatMap((part) => roots.map((root): Element => [root[part]!, slack])),
        ...Array.from({ length: 2 * vectors * n * n }, (): Element => [0, Infinity]),
      ];
    },
  );

/** References of this family. */
export const DECOMPOSITIONS: Readonly<Record<string, Reference>> = {
  qr_packed: qr,
  eigh_packed: eigh,
  eigvalsh,
  svd_packed: svd,
  svdvals,
  lu_packed: lu,
  det,
  expm,
  eig_packed: eigvals(1),
  eigvals_packed: eigvals(0),
};
