// Pullbacks of products and of what is solved.
import type { Called } from '../composite.ts';
import { reshaped, transposed } from '../parts.ts';
import { ofLowerTriangle } from './decompositions.ts';
import { type Pullback, type Pullbacks, type Pulling } from './pullback.ts';

/**
 * The adjoints of a · b: ḡ · bᵀ and aᵀ · ḡ, each transposed where the operand was. Vectors are rows and columns of
 * matrices; batches that were broadcast are summed by whoever asks.
 */
const matmul: Pullback = {
  pull: ({ call, g, operands: [a, b], attrs }) => {
    const [left, right] = [a!.type.shape.length === 1, b!.type.shape.length === 1];
    const [ta, tb] = [attrs['transposeA'] === true && !left, attrs['transposeB'] === true && !right];
    const x = left ? reshaped(call, a!, [1, a!.type.size]) : a!;
    const y = right ? reshaped(call, b!, [b!.type.size, 1]) : b!;
    const batch = g.type.shape.slice(0, g.type.shape.length - (left ? 0 : 1) - (right ? 0 : 1));
    const rows = left ? 1 : x.type.shape.at(ta ? -1 : -2)!;
    const columns = right ? 1 : y.type.shape.at(tb ? -2 : -1)!;
    const h = reshaped(call, g, [...batch, rows, columns]);
    const product = (p: typeof g, q: typeof g, transposeA: boolean, transposeB: boolean): typeof g =>
      call('matmul', [p, q], { precision: attrs['precision']!, transposeA, transposeB });
    const da = ta ? product(y, h, tb, true) : product(h, y, false, !tb);
    const db = tb ? product(h, x, true, ta) : product(x, h, !ta, false);
    return [
      left ? reshaped(call, da, [...batch, a!.type.size]) : da,
      right ? reshaped(call, db, [...batch, b!.type.size]) : db,
    ];
  },
};

/** −g · xᵀ of a system a · x = b, where g is the adjoint of b. */
function ofMatrix<C extends Called>({ call, operands: [, b], result }: Pulling<C>, adjoint: C): C {
  const column = (of: C): C => (b!.type.shape.length === 1 ? reshaped(call, of, [...of.type.shape, 1]) : of);
  return call('negative', [call('matmul', [column(adjoint), column(result)], { transposeB: true })]);
}

const solve: Pullback = {
  pull: (pulling) => {
    const {
      call,
      g,
      operands: [a],
    } = pulling;
    const adjoint = call('solve', [transposed(call, a!), g]);
    return [ofMatrix(pulling, adjoint), adjoint];
  },
};

/** The other triangle was not read, and has no adjoint. */
const solveTriangular: Pullback = {
  pull: (pulling) => {
    const {
      call,
      g,
      operands: [a],
      attrs,
    } = pulling;
    const isTransposed = attrs['transposeA'] === true;
    const adjoint = call('solve_triangular', [a!, g], { ...attrs, transposeA: !isTransposed });
    const whole = ofMatrix(pulling, adjoint);
    const own = isTransposed ? transposed(call, whole) : whole;
    return [call(attrs['lower'] === true ? 'tril' : 'triu', [own]), adjoint];
  },
};

/**
 * Of x = L · Lᵀ: L⁻ᵀ · Φ(Lᵀ · L̄) · L⁻¹, Φ the lower triangle with half of the diagonal; its lower triangle, as the
 * upper one of x is not read (Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527).
 */
const cholesky: Pullback = {
  pull: ({ call, g, result }) => {
    const inner = call('tril', [call('matmul', [result, g], { transposeA: true })]);
    const n = result.type.shape.at(-1)!;
    const { dtype } = result.type;
    const halves = call('subtract', [1, call('multiply', [call('eye', [], { rows: n, columns: n, dtype }), 0.5])]);
    const phi = call('multiply', [inner, halves]);
    const upper = { lower: true, transposeA: true };
    const left = call('solve_triangular', [result, phi], upper);
    const both = transposed(call, call('solve_triangular', [result, transposed(call, left)], upper));
    return [ofLowerTriangle(call, both)];
  },
};

/** The adjoint of a trace, on the diagonal of its matrix. */
const trace: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x] }) => {
    const { shape } = x!.type;
    const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
    const mask = call('eye', [], { rows, columns, dtype: 'bool' });
    return [call('where', [mask, reshaped(call, g, [...g.type.shape, 1, 1]), 0])];
  },
};

export const PRODUCT_PULLBACKS: Pullbacks = {
  matmul,
  outer: {
    pull: ({ call, g, operands: [x, y] }) => [call('matmul', [g, y!]), call('matmul', [x!, g])],
  },
  trace,
  solve,
  solve_triangular: solveTriangular,
  cholesky,
};
