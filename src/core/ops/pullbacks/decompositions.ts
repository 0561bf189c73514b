// Pullbacks of decompositions, by their parts. A, its factors and their adjoints are matrices in the last two axes.
// Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008;
// Townsend, "Differentiating the singular value decomposition", 2016; Walter and Lehmann, arXiv:1009.6112.
import { AttributeError } from '../../errors.ts';
import type { Called, Calls } from '../composite.ts';
import { partsOfPacked, reshaped, sliceOf, transposed } from '../parts.ts';
import type { Pullback, Pullbacks } from './pullback.ts';

/** Numbers of several matrices as they are written in formulas. */
interface Algebra<C extends Called> {
  readonly call: Calls<C>;
  readonly product: (...factors: C[]) => C;
  readonly t: (x: C) => C;
  readonly plus: (x: C, y: C) => C;
  readonly minus: (x: C, y: C) => C;
  readonly scaled: (x: C, y: C | number) => C;
  readonly eye: (n: number, x: C) => C;
}

function algebraOf<C extends Called>(call: Calls<C>): Algebra<C> {
  return {
    call,
    product: (...factors) => factors.reduce((a, b) => call('matmul', [a, b])),
    t: (x) => transposed(call, x),
    plus: (x, y) => call('add', [x, y]),
    minus: (x, y) => call('subtract', [x, y]),
    scaled: (x, y) => call('multiply', [x, y]),
    eye: (n, { type: { dtype } }) => call('eye', [], { rows: n, dtype }),
  };
}

/** Values as a row, to scale columns by, or as a column, to scale rows by. */
const asRow = <C extends Called>(call: Calls<C>, x: C): C =>
  call('expand_dims', [x], { axis: x.type.shape.length - 1 });
const asColumn = <C extends Called>(call: Calls<C>, x: C): C => call('expand_dims', [x], { axis: x.type.shape.length });

/** 1 / (b[j] − b[i]) for all i and j; 0 where they are equal: vectors of equal values do not turn into each other. */
function reciprocalGaps<C extends Called>(call: Calls<C>, values: C): C {
  const gaps = call('subtract', [asRow(call, values), asColumn(call, values)]);
  const isEqual = call('equal', [gaps, 0]);
  return call('where', [isEqual, 0, call('reciprocal', [call('where', [isEqual, 1, gaps])])]);
}

/** The adjoint of a symmetric matrix, of which the lower triangle was read. */
export function ofLowerTriangle<C extends Called>(call: Calls<C>, adjoint: C): C {
  const { t, plus, minus, scaled, eye } = algebraOf(call);
  const below = call('tril', [plus(adjoint, t(adjoint))]);
  return minus(below, scaled(eye(adjoint.type.shape.at(-1)!, adjoint), scaled(below, 0.5)));
}

/** Of A = V · diag(λ) · Vᵀ: V · (diag(λ̄) + F ∘ VᵀV̄) · Vᵀ. */
const eighPacked: Pullback = {
  pull: ({ call, g, result, operands: [x] }) => {
    const { product, t, plus, scaled, eye } = algebraOf(call);
    const n = x!.type.shape.at(-1)!;
    const [values, vectors] = partsOfPacked(call, result, [[n], [n, n]]) as [typeof g, typeof g];
    const [gValues, gVectors] = partsOfPacked(call, g, [[n], [n, n]]) as [typeof g, typeof g];
    const turned = scaled(reciprocalGaps(call, values), product(t(vectors), gVectors));
    const inner = plus(turned, scaled(eye(n, x!), asRow(call, gValues)));
    return [ofLowerTriangle(call, product(vectors, inner, t(vectors)))];
  },
};

const eigvalsh: Pullback = {
  pull: ({ call, g, operands: [x] }) => {
    const { product, t, scaled } = algebraOf(call);
    const n = x!.type.shape.at(-1)!;
    const [, vectors] = partsOfPacked(call, call('eigh_packed', [x!]), [[n], [n, n]]) as [typeof g, typeof g];
    return [ofLowerTriangle(call, product(scaled(vectors, asRow(call, g)), t(vectors)))];
  },
};

/** What the columns of a thin factor may change by beside turning: (1 − U · Uᵀ) · Ū. */
function beside<C extends Called>(call: Calls<C>, u: C, adjoint: C): C {
  const { product, t, minus } = algebraOf(call);
  return minus(adjoint, product(u, product(t(u), adjoint)));
}

/**
 * Of A = U · diag(s) · Vᵀ, the sum of
 * (U · (F ∘ (UᵀŪ − ŪᵀU)) · S + (1 − UUᵀ) · Ū · S⁻¹) · Vᵀ + U · S̄ · Vᵀ and
 * U · (S · (F ∘ (VᵀV̄ − V̄ᵀV)) · Vᵀ + S⁻¹ · V̄ᵀ · (1 − VVᵀ)).
 */
const svdPacked: Pullback = {
  pull: ({ call, g, result, operands: [x], attrs }) => {
    const { product, t, plus, minus, scaled, eye } = algebraOf(call);
    const [m, n] = [x!.type.shape.at(-2)!, x!.type.shape.at(-1)!];
    const k = Math.min(m, n);
    if (attrs['fullMatrices'] === true && m !== n)
      throw new AttributeError(
        'gradient: columns of svd that belong to no singular value have none; use svd({ fullMatrices: false }).',
        { shape: x!.type.shape },
      );
    const shapes = [[m, k], [k], [k, n]];
    const [u, s, vh] = partsOfPacked(call, result, shapes) as [typeof g, typeof g, typeof g];
    const [gU, gS, gVh] = partsOfPacked(call, g, shapes) as [typeof g, typeof g, typeof g];
    const gaps = reciprocalGaps(call, call('square', [s]));
    const turned = (own: typeof g, adjoint: typeof g): typeof g => {
      const inner = product(t(own), adjoint);
      return scaled(gaps, minus(inner, t(inner)));
    };
    const isZero = call('equal', [s, 0]);
    const inverse = call('where', [isZero, 0, call('reciprocal', [call('where', [isZero, 1, s])])]);
    const [v, gV] = [t(vh), t(gVh)];
    const middle = plus(
      plus(scaled(turned(u, gU), asRow(call, s)), scaled(eye(k, x!), asRow(call, gS))),
      scaled(turned(v, gV), asColumn(call, s)),
    );
    let adjoint = product(u, middle, vh);
    if (m > k) adjoint = plus(adjoint, product(scaled(beside(call, u, gU), asRow(call, inverse)), vh));
    if (n > k) adjoint = plus(adjoint, product(u, t(scaled(beside(call, v, gV), asRow(call, inverse)))));
    return [adjoint];
  },
};

const svdvals: Pullback = {
  pull: ({ call, g, operands: [x] }) => {
    const { product, scaled } = algebraOf(call);
    const [m, n] = [x!.type.shape.at(-2)!, x!.type.shape.at(-1)!];
    const k = Math.min(m, n);
    const packed = call('svd_packed', [x!], { fullMatrices: false });
    const [u, , vh] = partsOfPacked(call, packed, [[m, k], [k], [k, n]]) as [typeof g, typeof g, typeof g];
    return [product(scaled(u, asRow(call, g)), vh)];
  },
};

/** Of A = Q · R where R is square: (Q̄ + Q · sym(R · R̄ᵀ − Q̄ᵀ · Q)) · R⁻ᵀ, sym: the lower triangle, mirrored. */
function ofSquareR<C extends Called>(call: Calls<C>, [q, r]: readonly [C, C], [gQ, gR]: readonly [C, C]): C {
  const { product, t, plus, minus } = algebraOf(call);
  const inner = minus(product(r, t(call('triu', [gR]))), product(t(gQ), q));
  const symmetric = plus(call('tril', [inner]), t(call('tril', [inner], { k: -1 })));
  const whole = plus(gQ, product(q, symmetric));
  return t(call('solve_triangular', [r, t(whole)], { lower: false }));
}

/** A wide matrix is [X, Y] = Q · [U, V]: Y = Q · V takes Q̄ + Y · V̄ᵀ back to X. */
const qrPacked: Pullback = {
  pull: ({ call, g, result, operands: [x], attrs }) => {
    const { product, t, plus } = algebraOf(call);
    const [m, n] = [x!.type.shape.at(-2)!, x!.type.shape.at(-1)!];
    if (attrs['mode'] === 'complete' && m > n)
      throw new AttributeError(
        "gradient: columns of qr that belong to no column of x have none; use qr({ mode: 'reduced' }).",
        { shape: x!.type.shape },
      );
    const k = Math.min(m, n);
    const shapes = [
      [m, k],
      [k, n],
    ];
    const [q, r] = partsOfPacked(call, result, shapes) as [typeof g, typeof g];
    const [gQ, gR] = partsOfPacked(call, g, shapes) as [typeof g, typeof g];
    if (n === k) return [ofSquareR(call, [q, r], [gQ, gR])];
    const columns = x!.type.shape.length - 1;
    const cut = (of: typeof g, from: number, to: number): typeof g => sliceOf(call, of, columns, from, to);
    const [y, gV] = [cut(x!, k, n), cut(gR, k, n)];
    const first = ofSquareR(call, [q, cut(r, 0, k)], [plus(gQ, product(y, t(gV))), cut(gR, 0, k)]);
    return [call('concat', [first, product(q, gV)], { axis: columns })];
  },
};

/** Of L · U, rows of square A in another order: L⁻ᵀ · (tril(Lᵀ · L̄, −1) + triu(Ū · Uᵀ)) · U⁻ᵀ, in the order of A. */
const luPacked: Pullback = {
  pull: ({ call, g, result, operands: [x] }) => {
    const { product, t, plus, eye } = algebraOf(call);
    const [m, n] = [x!.type.shape.at(-2)!, x!.type.shape.at(-1)!];
    if (m !== n)
      throw new AttributeError('gradient: lu has one for square matrices alone; use qr.', { shape: x!.type.shape });
    const [factors, order] = partsOfPacked(call, result, [[n, n], [n]]) as [typeof g, typeof g];
    const [adjoint] = partsOfPacked(call, g, [[n, n]]) as [typeof g];
    const lower = plus(call('tril', [factors], { k: -1 }), eye(n, x!));
    const upper = call('triu', [factors]);
    const inner = plus(
      call('tril', [product(t(lower), call('tril', [adjoint], { k: -1 }))], { k: -1 }),
      call('triu', [product(call('triu', [adjoint]), t(upper))]),
    );
    const left = call('solve_triangular', [lower, inner], { lower: true, transposeA: true });
    const both = t(call('solve_triangular', [upper, t(left)], { lower: false }));
    const place = call('argsort', [order], { axis: order.type.shape.length - 1 });
    const rows = call('broadcast_to', [asColumn(call, place)], { shape: [...both.type.shape] });
    return [call('take_along_axis', [both, rows], { axis: both.type.shape.length - 2 })];
  },
};

/** ḡ · det(A) · A⁻ᵀ. */
const det: Pullback = {
  pull: ({ call, g, result, operands: [x] }) => {
    const { t, scaled, eye } = algebraOf(call);
    const weight = scaled(g, result);
    const weights = reshaped(call, weight, [...weight.type.shape, 1, 1]);
    return [call('solve', [t(x!), scaled(eye(x!.type.shape.at(-1)!, x!), weights)])];
  },
};

/** The upper right block of the exponential of [[Aᵀ, Ḡ], [0, Aᵀ]] (Mathias 1996). */
const expm: Pullback = {
  pull: ({ call, g, operands: [x] }) => {
    const { t } = algebraOf(call);
    const n = x!.type.shape.at(-1)!;
    const [rows, columns] = [x!.type.shape.length - 2, x!.type.shape.length - 1];
    const at = t(x!);
    const upper = call('concat', [at, g], { axis: columns });
    const below = call('concat', [call('zeros_like', [at]), at], { axis: columns });
    const whole = call('expm', [call('concat', [upper, below], { axis: rows })]);
    return [sliceOf(call, sliceOf(call, whole, rows, 0, n), columns, n, 2 * n)];
  },
};

export const DECOMPOSITION_PULLBACKS: Pullbacks = {
  eigh_packed: eighPacked,
  eigvalsh,
  svd_packed: svdPacked,
  svdvals,
  qr_packed: qrPacked,
  lu_packed: luPacked,
  det,
  expm,
};
