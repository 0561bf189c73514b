// Emits the block substitution of the dense factorisations for one float dtype: kernels `solveColumns` and `solveRows`.
//
// op(T)·X = B by forward substitution; T is reached by two strides, so that a transposed T, and a backward substitution
// (both indices reversed: negative strides), are the same code. Vectorised over right-hand sides: the arithmetic of one
// of them is the scalar one of kernels/js/linalg-leaf.ts, in the same order. Right-hand sides that are rows of X are
// turned into scratch and back.
import { call, countUp, i32, ModuleBuilder, set, v128, when, whileTrue } from '../code/assembler.ts';
import type { Expr, FunctionReference, Statement } from '../code/assembler.ts';
import { FLOAT_LANES } from '../contract/fields.ts';
import type { FloatDtype, Lanes } from '../contract/fields.ts';
import { emitTransposeBlock } from '../contract/packing.ts';

/**
 * Byte offsets of the parameter block; strides are signed. `x` and `xRowBytes` are those of the scratch for
 * `solveRows`.
 */
export const SOLVE_FIELD = {
  t: 0,
  tRowBytes: 4,
  tColumnBytes: 8,
  x: 12,
  xRowBytes: 16,
  size: 20,
  unit: 24,
  source: 28,
  sourceRowBytes: 32,
  scratch: 36,
  scratchRowBytes: 40,
} as const;

/** Size of the parameter block. */
export const SOLVE_PARAMETER_BYTES = 64;

/** Vectors of right-hand sides worked on at once: as many independent chains of subtractions. */
const WIDE = 8;

/** The module for `dtype`. The range of `solveColumns` is columns of X, that of `solveRows` rows of X. */
export function linalgModule(dtype: FloatDtype, memory: 'shared' | 'private'): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory });
  const lanes = FLOAT_LANES[dtype];
  const solve = emitColumns(module, lanes);
  emitRows(module, lanes, solve);
  return module.encode();
}

type Field = keyof typeof SOLVE_FIELD;

// group(params, x): the columns of one group, `x` the address of their first row.
function emitGroup(
  module: ModuleBuilder,
  lanes: Lanes,
  vectors: number,
  load: (address: Expr<'i32'>, offset: number) => Expr<'v128'>,
  store: (address: Expr<'i32'>, value: Expr<'v128'>, offset: number) => Statement,
): FunctionReference<'void'> {
  const f = module.function({ params: ['i32', 'i32'] });
  const [params, x] = f.params;
  const [i, k, xi, xk, ti, tk, size, xRowBytes, tColumnBytes] = f.locals('i32', 9);
  const sums = Array.from({ length: vectors }, () => f.local('v128'));
  const factor = f.local('v128');
  const field = (name: Field) => i32.load(params, SOLVE_FIELD[name]);
  f.body(
    set(size, field('size')),
    set(xRowBytes, field('xRowBytes')),
    set(tColumnBytes, field('tColumnBytes')),
    set(xi, x),
    set(ti, field('t')),
    countUp(
      i,
      size,
      1,
      ...sums.map((sum, j) => set(sum, load(xi, 16 * j))),
      set(xk, x),
      set(tk, ti),
      set(k, 0),
      countUp(
        k,
        i,
        1,
        set(factor, lanes.broadcast(tk)),
        ...sums.map((sum, j) => set(sum, lanes.sub(sum, lanes.mul(factor, load(xk, 16 * j))))),
        set(tk, i32.add(tk, tColumnBytes)),
        set(xk, i32.add(xk, xRowBytes)),
      ),
      when(
        i32.eqz(field('unit')),
        set(factor, lanes.broadcast(tk)),
        ...sums.map((sum) => set(sum, lanes.div(sum, factor))),
      ),
      ...sums.map((sum, j) => store(xi, sum, 16 * j)),
      set(xi, i32.add(xi, xRowBytes)),
      set(ti, i32.add(ti, field('tRowBytes'))),
    ),
  );
  return f.reference;
}

function emitColumns(module: ModuleBuilder, lanes: Lanes): FunctionReference<'void'> {
  const [loadOne, storeOne] =
    lanes.sizeBytes === 4 ? [v128.load32Zero, v128.store32Lane] : [v128.load64Zero, v128.store64Lane];
  const wide = emitGroup(module, lanes, WIDE, v128.load, v128.store);
  const narrow = emitGroup(module, lanes, 1, v128.load, v128.store);
  const single = emitGroup(module, lanes, 1, loadOne, (address, value, offset) => storeOne(address, value, 0, offset));
  const f = module.function({ export: 'solveColumns', params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const at = i32.add(i32.load(params, SOLVE_FIELD.x), i32.mul(start, lanes.sizeBytes));
  const groups = [
    [wide, WIDE * lanes.perVector],
    [narrow, lanes.perVector],
    [single, 1],
  ] as const;
  f.body(
    ...groups.map(([group, columns]) =>
      whileTrue(i32.leS(i32.add(start, columns), end), call(group, params, at), set(start, i32.add(start, columns))),
    ),
  );
  return f.reference;
}

function emitRows(module: ModuleBuilder, lanes: Lanes, solve: FunctionReference<'void'>): void {
  const transposeBlock = emitTransposeBlock(module, lanes);
  const f = module.function({ export: 'solveRows', params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const field = (name: Field) => i32.load(params, SOLVE_FIELD[name]);
  const rows = i32.add(field('source'), i32.mul(start, field('sourceRowBytes')));
  const columns = i32.add(field('scratch'), i32.mul(start, lanes.sizeBytes));
  f.body(
    call(
      transposeBlock,
      rows,
      field('sourceRowBytes'),
      columns,
      field('scratchRowBytes'),
      i32.sub(end, start),
      field('size'),
    ),
    call(solve, params, start, end),
    call(
      transposeBlock,
      columns,
      field('scratchRowBytes'),
      rows,
      field('sourceRowBytes'),
      field('size'),
      i32.sub(end, start),
    ),
  );
}
