// Emits the WebAssembly module of the contract skeleton for one dtype: kernels `multiply`, `multiplyPacked` and
// `multiplyWide` here, and the packing kernels of contract-packing.ts, those of slim products of contract-slim.ts.
//
// Per output element the order is that of docs/format/numerics.md ("contract", sqs-num/1): K in blocks of 256; inside a
// block sequential, acc = acc + a·b with both operations rounded to the dtype, from 0; the block sums enter C in order.
// No FMA, so the bits are portable.
//
// Register tile MR × NR. B is read by panels NR wide; packed and unpacked B differ only in strides. A is read in place
// row by row (`multiply`, MR pointers) or from packed tiles, MR interleaved (`multiplyPacked`, one pointer, for Aᵀ).
// Small products skip all packing; products with few rows go by wide panels of B in place (`multiplyWide`).
import {
  block,
  br,
  call,
  countUp,
  i32,
  i8x16,
  label,
  ModuleBuilder,
  sequence,
  set,
  v128,
  when,
  whenElse,
  whileTrue,
} from '../code/assembler.ts';
import type { Expr, FunctionReference, Local, Statement } from '../code/assembler.ts';
import { CONTRACT_LANES, K_BLOCK, MODE, read, TILE, TRIANGLE, WIDE_VECTORS } from './fields.ts';
import type { ContractDtype, ContractLanes, TileShape } from './fields.ts';
import { emitPacking, emitTransposeBlock } from './packing.ts';
import { emitSlim } from './slim.ts';

/** The module for `dtype` on a shared or private memory. */
export function contractModule(
  dtype: ContractDtype,
  memory: 'shared' | 'private',
  tile: TileShape = TILE,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory });
  const lanes = CONTRACT_LANES[dtype];
  for (const source of ['rows', 'packed'] as const) {
    const tiles = Array.from({ length: tile.rows }, (_, i) =>
      emitTile(module, lanes, { ...tile, rows: i + 1 }, source === 'rows' ? undefined : tile.rows),
    );
    emitMultiply(module, lanes, tile, tiles, source === 'rows' ? 'multiply' : 'multiplyPacked');
    if (source === 'rows') emitMultiplyWide(module, lanes, tile, tiles[0]!);
  }
  const transposeBlock = emitTransposeBlock(module, lanes);
  emitPacking(module, lanes, tile, transposeBlock);
  emitSlim(module, lanes, transposeBlock);
  return module.encode();
}

// tile(a, aRowBytes, b, bStepBytes, depth, c, cRowBytes, columns, mode): one register tile of C from one K block. A is
// row-major with aRowBytes, or, when `interleave` is given, packed: `interleave` rows' elements of one k side by side.
function emitTile(
  module: ModuleBuilder,
  lanes: ContractLanes,
  tile: TileShape,
  interleave: number | undefined,
): FunctionReference<'void'> {
  const f = module.function({ params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] });
  const [a, aRowBytes, b, bStepBytes, depth, c, cRowBytes, columns, mode] = f.params;
  const pointers = interleave === undefined ? [a, ...Array.from({ length: tile.rows - 1 }, () => f.local('i32'))] : [a];
  const factorOf = (row: number) =>
    interleave === undefined ? lanes.broadcast(pointers[row]!) : lanes.broadcast(a, row * lanes.sizeBytes);
  const sums = Array.from({ length: tile.rows }, () => 0).map(() =>
    Array.from({ length: tile.vectors }, () => f.local('v128')),
  );
  // A single row uses each vector of B once: no register for it.
  const bs = tile.rows === 1 ? [] : Array.from({ length: tile.vectors }, () => f.local('v128'));
  const factor = f.local('v128');
  f.body(
    ...pointers.slice(1).map((row, i) => set(row, i32.add(pointers[i]!, aRowBytes))),
    whileTrue(
      depth,
      ...bs.map((v, j) => set(v, v128.load(b, 16 * j))),
      ...sums.map((row, i) =>
        sequence(
          set(factor, factorOf(i)),
          ...row.map((sum, j) => set(sum, lanes.add(sum, lanes.mul(factor, bs[j] ?? v128.load(b, 16 * j))))),
        ),
      ),
      set(b, i32.add(b, bStepBytes)),
      ...pointers.map((pointer) => set(pointer, i32.add(pointer, (interleave ?? 1) * lanes.sizeBytes))),
      set(depth, i32.sub(depth, 1)),
    ),
    writeTile(lanes, tile, sums, { c, cRowBytes, columns, mode, scratch: factor }),
  );
  return f.reference;
}

interface Target {
  readonly c: Local<'i32'>;
  readonly cRowBytes: Local<'i32'>;
  readonly columns: Local<'i32'>;
  readonly mode: Local<'i32'>;
  readonly scratch: Local<'v128'>;
}

type Merge = (address: Expr<'i32'>, sum: Expr<'v128'>, loaded: (address: Expr<'i32'>) => Expr<'v128'>) => Expr<'v128'>;

function writeTile(
  lanes: ContractLanes,
  tile: TileShape,
  sums: readonly (readonly Local<'v128'>[])[],
  target: Target,
): Statement {
  const canonical = (value: Expr<'v128'>): Expr<'v128'> => lanes.canonical(value, target.scratch);
  const merges: Merge[] = [
    (_, sum) => canonical(sum),
    (at, sum, loaded) => canonical(lanes.add(loaded(at), sum)),
    (at, sum, loaded) => canonical(lanes.sub(loaded(at), sum)),
  ];
  const [store, add, subtract] = merges.map((merge) => {
    const nextRow = set(target.c, i32.add(target.c, target.cRowBytes));
    const whole = sums.map((row) =>
      sequence(
        ...row.map((sum, j) =>
          v128.store(
            target.c,
            merge(target.c, sum, (at) => v128.load(at, 16 * j)),
            16 * j,
          ),
        ),
        nextRow,
      ),
    );
    const part = sums.map((row) => sequence(writePart(lanes, row, target, merge), nextRow));
    return whenElse(i32.geS(target.columns, tile.vectors * lanes.perVector), whole, part);
  }) as [Statement, Statement, Statement];
  return whenElse(i32.eqz(target.mode), [store], [whenElse(i32.eq(target.mode, MODE.add), [add], [subtract])]);
}

// The first `columns` lanes of a row, one lane at a time: the last panel of a matrix only.
function writePart(lanes: ContractLanes, row: readonly Local<'v128'>[], target: Target, merge: Merge): Statement {
  const [load, store] =
    lanes.sizeBytes === 4 ? [v128.load32Zero, v128.store32Lane] : [v128.load64Zero, v128.store64Lane];
  const done = label('done');
  const parts: Statement[] = [];
  row.forEach((sum, j) => {
    for (let lane = 0; lane < lanes.perVector; lane++) {
      const column = j * lanes.perVector + lane;
      const offset = column * lanes.sizeBytes;
      const down = i8x16.swizzle(
        sum,
        v128.constant(
          Array.from({ length: 16 }, (_, byte) => (byte < lanes.sizeBytes ? lane * lanes.sizeBytes + byte : 255)),
        ),
      );
      parts.push(
        when(i32.leS(target.columns, column), br(done)),
        store(
          target.c,
          merge(target.c, down, (at) => load(at, offset)),
          0,
          offset,
        ),
      );
    }
  });
  return block(done, ...parts);
}

// multiply(params, start, end): row tiles [start, end) of C, all columns, all of K.
function emitMultiply(
  module: ModuleBuilder,
  lanes: ContractLanes,
  tile: TileShape,
  tiles: readonly FunctionReference<'void'>[],
  name: string,
): void {
  const f = module.function({ export: name, params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const [k, depth, column, panel, aBlock, bBlock, row, rowEnd, left, a, c] = f.locals('i32', 11);
  const [mode, aRowBytes, aTileBytes, cRowBytes, bStepBytes, columns, diagonal, triangle] = f.locals('i32', 8);
  const panelColumns = tile.vectors * lanes.perVector;
  const cAt = i32.add(i32.add(read(params, 'c'), i32.mul(column, lanes.sizeBytes)), i32.mul(row, cRowBytes));
  const args = [a, aRowBytes, panel, bStepBytes, depth, c, cRowBytes, i32.sub(columns, column), mode];
  const edge = tiles.slice(0, -1).map((reference, i) => when(i32.eq(left, i + 1), call(reference, ...args)));
  const oneTile = sequence(
    set(left, i32.sub(rowEnd, row)),
    whenElse(i32.geS(left, tile.rows), [call(tiles[tile.rows - 1]!, ...args)], edge),
  );
  const skipped = i32.or(
    i32.and(i32.eq(triangle, TRIANGLE.lower), i32.gtS(i32.add(column, diagonal), i32.add(row, tile.rows - 1))),
    i32.and(i32.eq(triangle, TRIANGLE.upper), i32.ltS(i32.add(i32.add(column, diagonal), panelColumns - 1), row)),
  );
  const panelRows = sequence(
    set(row, i32.mul(start, tile.rows)),
    set(a, i32.add(aBlock, i32.mul(start, aTileBytes))),
    set(c, cAt),
    whileTrue(
      i32.ltS(row, rowEnd),
      when(i32.eqz(skipped), oneTile),
      set(a, i32.add(a, aTileBytes)),
      set(c, i32.add(c, i32.mul(cRowBytes, tile.rows))),
      set(row, i32.add(row, tile.rows)),
    ),
  );
  f.body(
    set(rowEnd, i32.mul(end, tile.rows)),
    when(i32.gtS(rowEnd, read(params, 'rows')), set(rowEnd, read(params, 'rows'))),
    set(mode, read(params, 'mode')),
    set(aRowBytes, read(params, 'aRowBytes')),
    set(aTileBytes, read(params, 'aTileBytes')),
    set(cRowBytes, read(params, 'cRowBytes')),
    set(bStepBytes, read(params, 'bStepBytes')),
    set(columns, read(params, 'columns')),
    set(triangle, read(params, 'triangle')),
    set(diagonal, read(params, 'diagonal')),
    set(aBlock, read(params, 'a')),
    set(bBlock, read(params, 'b')),
    countUp(
      k,
      read(params, 'depth'),
      K_BLOCK,
      set(depth, i32.sub(read(params, 'depth'), k)),
      when(i32.gtS(depth, K_BLOCK), set(depth, K_BLOCK)),
      set(panel, bBlock),
      set(column, 0),
      countUp(column, columns, panelColumns, panelRows, set(panel, i32.add(panel, read(params, 'bPanelBytes')))),
      when(i32.eqz(mode), set(mode, MODE.add)),
      set(aBlock, i32.add(aBlock, read(params, 'aBlockBytes'))),
      set(bBlock, i32.add(bBlock, read(params, 'bBlockBytes'))),
    ),
  );
}

// multiplyWide(params, start, end): wide column panels [start, end) of C, all rows, all of K; for few rows. The rest of
// the columns goes by narrow tiles.
function emitMultiplyWide(
  module: ModuleBuilder,
  lanes: ContractLanes,
  tile: TileShape,
  narrowTile: FunctionReference<'void'>,
): void {
  const wideTile = emitTile(module, lanes, { rows: 1, vectors: WIDE_VECTORS }, undefined);
  const f = module.function({ export: 'multiplyWide', params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const [k, depth, column, last, row, mode, bStepBytes, aRowBytes, cRowBytes] = f.locals('i32', 9);
  const scaled = (index: Expr<'i32'>) => i32.mul(index, lanes.sizeBytes);
  const rowOfTile = (reference: FunctionReference<'void'>) =>
    call(
      reference,
      i32.add(i32.add(read(params, 'a'), scaled(k)), i32.mul(row, aRowBytes)),
      aRowBytes,
      i32.add(i32.add(read(params, 'b'), scaled(column)), i32.mul(k, bStepBytes)),
      bStepBytes,
      depth,
      i32.add(i32.add(read(params, 'c'), scaled(column)), i32.mul(row, cRowBytes)),
      cRowBytes,
      i32.sub(last, column),
      mode,
    );
  const panel = (reference: FunctionReference<'void'>) =>
    sequence(
      set(mode, read(params, 'mode')),
      set(k, 0),
      countUp(
        k,
        read(params, 'depth'),
        K_BLOCK,
        set(depth, i32.sub(read(params, 'depth'), k)),
        when(i32.gtS(depth, K_BLOCK), set(depth, K_BLOCK)),
        set(row, 0),
        countUp(row, read(params, 'rows'), 1, rowOfTile(reference)),
        when(i32.eqz(mode), set(mode, MODE.add)),
      ),
    );
  const wide = WIDE_VECTORS * lanes.perVector;
  f.body(
    set(bStepBytes, read(params, 'bStepBytes')),
    set(aRowBytes, read(params, 'aRowBytes')),
    set(cRowBytes, read(params, 'cRowBytes')),
    set(column, i32.mul(start, wide)),
    set(last, i32.mul(end, wide)),
    when(i32.gtS(last, read(params, 'columns')), set(last, read(params, 'columns'))),
    whileTrue(i32.leS(i32.add(column, wide), last), panel(wideTile), set(column, i32.add(column, wide))),
    countUp(column, last, tile.vectors * lanes.perVector, panel(narrowTile)),
  );
}
