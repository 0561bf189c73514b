// Emits the copy kernels for elements of one size: rows of a strided space, squares of a transposition, slices by
// index.
//
// Parameter block of `copy` and `turn` (i32): source, target, then for each of four dimensions its extent, and the
// bytes from one index to the next in source and target. The range of `copy` is rows, the index space of the first
// three dimensions; the range of `turn` is bands of SQUARE_SIDE indices of the third dimension, along which the source
// is dense, as the target is along the fourth. Parameter block of `gather`: source, target, address of i32 places,
// bytes of a slice. Its range is places.
import {
  call,
  f32,
  f64,
  i32,
  memory,
  ModuleBuilder,
  select,
  sequence,
  set,
  v128,
  when,
  whenElse,
  whileTrue,
  type Expr,
  type FunctionReference,
  type Local,
  type Statement,
} from '../code/assembler.ts';
import { FLOAT_LANES } from '../contract/fields.ts';
import { emitTransposeBlock } from '../contract/packing.ts';

/** Bytes of an element. */
export type ItemBytes = 1 | 2 | 4 | 8;

/** Dimensions of a space in a parameter block. */
export const DIMENSIONS = 4;

/** Offsets in the parameter blocks. */
export const copyFields = {
  source: 0,
  target: 4,
  places: 8,
  sliceBytes: 12,
  extent: (dimension: number): number => 8 + 12 * dimension,
  sourceBytes: (dimension: number): number => 12 + 12 * dimension,
  targetBytes: (dimension: number): number => 16 + 12 * dimension,
} as const;

/** Side of the squares that are turned at a time: a cache line of float32. */
export const SQUARE_SIDE = 16;
/** Runs of so many bytes are copied by one instruction. */
const LONG_RUN = 256;

type Address = Local<'i32'>;

/** The module; its exports `copy`, `turn` and `gather` follow the kernel ABI. */
export function copyModule(itemBytes: ItemBytes, kind: 'shared' | 'private'): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: kind });
  const copyRun = emitCopyRun(module, itemBytes);
  emitCopy(module, itemBytes, copyRun);
  emitTurn(module, itemBytes);
  emitGather(module, itemBytes, copyRun);
  return module.encode();
}

const LOAD = { 1: i32.load8U, 2: i32.load16U, 4: f32.load, 8: f64.load } as const;
const STORE = { 1: i32.store8, 2: i32.store16, 4: f32.store, 8: f64.store } as const;

/** One element; loads and stores of floats keep all bits. */
const move = (itemBytes: ItemBytes, to: Expr<'i32'>, from: Expr<'i32'>): Statement =>
  STORE[itemBytes](to, LOAD[itemBytes](from) as never);

/** An internal function copyRun(to, from, sizeBytes) for adjacent elements. */
function emitCopyRun(module: ModuleBuilder, itemBytes: ItemBytes): FunctionReference<'void'> {
  const f = module.function({ params: ['i32', 'i32', 'i32'] });
  const [to, from, sizeBytes] = f.params;
  const end = f.local('i32');
  const advance = (bytes: number): Statement[] => [set(to, i32.add(to, bytes)), set(from, i32.add(from, bytes))];
  f.body(
    whenElse(
      i32.geS(sizeBytes, LONG_RUN),
      [memory.copy(to, from, sizeBytes)],
      [
        set(end, i32.add(to, i32.and(sizeBytes, -16))),
        whileTrue(i32.ltU(to, end), v128.store(to, v128.load(from)), ...advance(16)),
        set(end, i32.add(to, i32.and(sizeBytes, 15))),
        whileTrue(i32.ltU(to, end), move(itemBytes, to, from), ...advance(itemBytes)),
      ],
    ),
  );
  return f.reference;
}

function emitCopy(module: ModuleBuilder, itemBytes: ItemBytes, copyRun: FunctionReference<'void'>): void {
  const f = module.function({ export: 'copy', params: ['i32', 'i32', 'i32'] });
  const [params, row, end] = f.params;
  const [from, to, at, until, source, target, stop] = [
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ];
  const [length, sourceStep, targetStep, sourceRow, targetRow] = [
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ];
  const rows = space(params, f.local('i32'), f.local('i32'), f.local('i32'));
  const isRun = i32.and(i32.eq(sourceStep, itemBytes), i32.eq(targetStep, itemBytes));
  const elements = [
    set(source, from),
    set(target, to),
    set(stop, i32.add(to, i32.mul(length, targetStep))),
    whileTrue(
      i32.ne(target, stop),
      move(itemBytes, target, source),
      set(source, i32.add(source, sourceStep)),
      set(target, i32.add(target, targetStep)),
    ),
  ];
  f.body(
    set(length, i32.load(params, copyFields.extent(3))),
    set(sourceStep, i32.load(params, copyFields.sourceBytes(3))),
    set(targetStep, i32.load(params, copyFields.targetBytes(3))),
    set(sourceRow, i32.load(params, copyFields.sourceBytes(2))),
    set(targetRow, i32.load(params, copyFields.targetBytes(2))),
    whileTrue(
      i32.ltS(row, end),
      ...rows.locate(row, i32.load(params, copyFields.extent(2))),
      set(from, rows.address(copyFields.source, copyFields.sourceBytes)),
      set(to, rows.address(copyFields.target, copyFields.targetBytes)),
      // All rows that differ in the third index alone.
      set(at, row),
      set(until, i32.add(row, i32.sub(i32.load(params, copyFields.extent(2)), rows.third))),
      set(until, select(until, end, i32.ltS(until, end))),
      whileTrue(
        i32.ltS(at, until),
        whenElse(isRun, [call(copyRun, to, from, i32.mul(length, itemBytes))], elements),
        set(from, i32.add(from, sourceRow)),
        set(to, i32.add(to, targetRow)),
        set(at, i32.add(at, 1)),
      ),
      set(row, until),
    ),
  );
}

/** The indices of the first three dimensions, and addresses by them. */
function space(params: Address, first: Local<'i32'>, second: Local<'i32'>, third: Local<'i32'>) {
  const seconds = i32.load(params, copyFields.extent(1));
  return {
    third,
    /** Indices from one number, where the third dimension has so many. */
    locate: (at: Expr<'i32'>, thirds: Expr<'i32'>): Statement[] => [
      set(second, i32.divU(at, thirds)),
      set(third, i32.sub(at, i32.mul(second, thirds))),
      set(first, i32.divU(second, seconds)),
      set(second, i32.sub(second, i32.mul(first, seconds))),
    ],
    address: (base: number, bytes: (dimension: number) => number): Expr<'i32'> =>
      [first, second, third].reduce<Expr<'i32'>>(
        (sum, index, d) => i32.add(sum, i32.mul(index, i32.load(params, bytes(d)))),
        i32.load(params, base),
      ),
  };
}

function emitTurn(module: ModuleBuilder, itemBytes: ItemBytes): void {
  const turnSquare =
    itemBytes < 4
      ? emitTurnSquare(module, itemBytes)
      : emitTransposeBlock(module, FLOAT_LANES[itemBytes === 4 ? 'float32' : 'float64']);
  const f = module.function({ export: 'turn', params: ['i32', 'i32', 'i32'] });
  const [params, band, end] = f.params;
  const [from, to, y, ys, xs, sourceRow, targetRow, height, width] = [
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ];
  const bands = space(params, f.local('i32'), f.local('i32'), f.local('i32'));
  f.body(
    set(width, i32.load(params, copyFields.extent(2))),
    set(height, i32.load(params, copyFields.extent(3))),
    set(sourceRow, i32.load(params, copyFields.sourceBytes(3))),
    set(targetRow, i32.load(params, copyFields.targetBytes(2))),
    whileTrue(
      i32.ltS(band, end),
      ...bands.locate(band, i32.divU(i32.add(width, SQUARE_SIDE - 1), SQUARE_SIDE)),
      set(bands.third, i32.mul(bands.third, SQUARE_SIDE)),
      set(from, bands.address(copyFields.source, copyFields.sourceBytes)),
      set(to, bands.address(copyFields.target, copyFields.targetBytes)),
      set(xs, i32.sub(width, bands.third)),
      when(i32.gtS(xs, SQUARE_SIDE), set(xs, SQUARE_SIDE)),
      set(y, 0),
      whileTrue(
        i32.ltS(y, height),
        set(ys, i32.sub(height, y)),
        when(i32.gtS(ys, SQUARE_SIDE), set(ys, SQUARE_SIDE)),
        call(turnSquare, from, sourceRow, to, targetRow, ys, xs),
        set(from, i32.add(from, i32.mul(sourceRow, SQUARE_SIDE))),
        set(to, i32.add(to, SQUARE_SIDE * itemBytes)),
        set(y, i32.add(y, SQUARE_SIDE)),
      ),
      set(band, i32.add(band, 1)),
    ),
  );
}

/** As emitTransposeBlock, element by element. */
function emitTurnSquare(module: ModuleBuilder, itemBytes: ItemBytes): FunctionReference<'void'> {
  const f = module.function({ params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] });
  const [input, inRowBytes, output, outRowBytes, ys, xs] = f.params;
  const [x, y, from, to] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  f.body(
    whileTrue(
      i32.ltS(x, xs),
      set(from, i32.add(input, i32.mul(x, itemBytes))),
      set(to, i32.add(output, i32.mul(x, outRowBytes))),
      set(y, 0),
      whileTrue(
        i32.ltS(y, ys),
        move(itemBytes, to, from),
        set(from, i32.add(from, inRowBytes)),
        set(to, i32.add(to, itemBytes)),
        set(y, i32.add(y, 1)),
      ),
      set(x, i32.add(x, 1)),
    ),
  );
  return f.reference;
}

function emitGather(module: ModuleBuilder, itemBytes: ItemBytes, copyRun: FunctionReference<'void'>): void {
  const f = module.function({ export: 'gather', params: ['i32', 'i32', 'i32'] });
  const [params, at, end] = f.params;
  const [source, to, place, sliceBytes] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const from = i32.add(source, i32.mul(i32.load(place), sliceBytes));
  const each = (copy: Statement): Statement =>
    whileTrue(
      i32.ltS(at, end),
      copy,
      set(to, i32.add(to, sliceBytes)),
      set(place, i32.add(place, 4)),
      set(at, i32.add(at, 1)),
    );
  f.body(
    set(source, i32.load(params, copyFields.source)),
    set(sliceBytes, i32.load(params, copyFields.sliceBytes)),
    set(to, i32.add(i32.load(params, copyFields.target), i32.mul(at, sliceBytes))),
    set(place, i32.add(i32.load(params, copyFields.places), i32.shl(at, 2))),
    whenElse(
      i32.eq(sliceBytes, itemBytes),
      [each(move(itemBytes, to, from))],
      [each(sequence(call(copyRun, to, from, sliceBytes)))],
    ),
  );
}
