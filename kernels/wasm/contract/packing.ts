// Emits the packing kernels of the contract skeleton. They move numbers and compute nothing, so they cannot change
// bits.
//
// A packed operand is a row of panels `width` wide (NR columns of op(B), MR rows of op(A)): for each k the panel's
// `width` numbers side by side; the K blocks one after another; the last panel padded with 0. The range of the kernels
// is panels.
//   packB            op(B) = B, along the rows of B
//   packBTransposed  op(B) = Bᵀ, across the rows of B
//   packATransposed  op(A) = Aᵀ, along the rows of A
// (A that is not transposed is read in place: packing it gained nothing measurable.)
import { call, countUp, f32, f64, i32, sequence, set, v128, when, whenElse, whileTrue } from '../code/assembler.ts';
import type { Expr, FunctionReference, Local, ModuleBuilder, Statement } from '../code/assembler.ts';
import { K_BLOCK, read } from './fields.ts';
import type { ContractLanes, FIELD, TileShape } from './fields.ts';

/** Which operand a kernel packs: its fields in the parameter block, and the width of a panel. */
interface Target {
  readonly address: keyof typeof FIELD;
  readonly panelBytes: keyof typeof FIELD;
  readonly blockBytes: keyof typeof FIELD;
  readonly extent: keyof typeof FIELD;
  readonly width: number;
}

/** Adds the packing kernels to the module; `transposeBlock` is that of emitTransposeBlock. */
export function emitPacking(
  module: ModuleBuilder,
  lanes: ContractLanes,
  tile: TileShape,
  transposeBlock: FunctionReference<'void'>,
): void {
  const a: Target = {
    address: 'a',
    panelBytes: 'aTileBytes',
    blockBytes: 'aBlockBytes',
    extent: 'rows',
    width: tile.rows,
  };
  const b: Target = {
    address: 'b',
    panelBytes: 'bPanelBytes',
    blockBytes: 'bBlockBytes',
    extent: 'columns',
    width: tile.vectors * lanes.perVector,
  };
  emitPackAlong(module, lanes, b, 'packB');
  emitPackAlong(module, lanes, a, 'packATransposed');
  emitPackAcross(module, lanes, b, 'packBTransposed', transposeBlock);
}

function copyScalar(lanes: ContractLanes, to: Expr<'i32'>, from: Expr<'i32'>, offsetBytes = 0): Statement {
  return lanes.sizeBytes === 4
    ? f32.store(to, f32.load(from, offsetBytes), offsetBytes)
    : f64.store(to, f64.load(from, offsetBytes), offsetBytes);
}

function zeroScalar(lanes: ContractLanes, to: Expr<'i32'>): Statement {
  return lanes.sizeBytes === 4 ? f32.store(to, 0) : f64.store(to, 0);
}

// One k of a whole panel: vectors, then scalars where the width is no multiple.
function copyWidth(lanes: ContractLanes, width: number, to: Expr<'i32'>, from: Expr<'i32'>): Statement {
  const vectors = Math.floor(width / lanes.perVector);
  const rest = Array.from(
    { length: width - vectors * lanes.perVector },
    (_, i) => (vectors * lanes.perVector + i) * lanes.sizeBytes,
  );
  return sequence(
    ...Array.from({ length: vectors }, (_, j) => v128.store(to, v128.load(from, 16 * j), 16 * j)),
    ...rest.map((offset) => copyScalar(lanes, to, from, offset)),
  );
}

// Source row by source row over all panels of the part, so that a row is read as one stream.
function emitPackAlong(module: ModuleBuilder, lanes: ContractLanes, target: Target, name: string): void {
  const widthBytes = target.width * lanes.sizeBytes;
  const f = module.function({ export: name, params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const [k, row, to, from, panel, left, at, panelBytes] = f.locals('i32', 8);
  const scaled = (base: Local<'i32'>) => i32.add(base, i32.mul(at, lanes.sizeBytes));
  const part = sequence(
    set(at, 0),
    countUp(at, left, 1, copyScalar(lanes, scaled(to), scaled(from))),
    countUp(at, target.width, 1, zeroScalar(lanes, scaled(to))),
  );
  f.body(
    set(panelBytes, read(params, target.panelBytes)),
    set(row, i32.add(read(params, 'source'), i32.mul(start, widthBytes))),
    countUp(
      k,
      read(params, 'depth'),
      1,
      set(to, i32.add(panelAddress(params, target, k, start), i32.mul(i32.and(k, K_BLOCK - 1), widthBytes))),
      set(from, row),
      set(panel, start),
      countUp(
        panel,
        end,
        1,
        set(left, i32.sub(read(params, target.extent), i32.mul(panel, target.width))),
        whenElse(i32.geS(left, target.width), [copyWidth(lanes, target.width, to, from)], [part]),
        set(to, i32.add(to, panelBytes)),
        set(from, i32.add(from, widthBytes)),
      ),
      set(row, i32.add(row, read(params, 'sourceRowBytes'))),
    ),
  );
}

// Address of `panel` in the K block that `k` lies in.
function panelAddress(params: Local<'i32'>, target: Target, k: Expr<'i32'>, panel: Expr<'i32'>): Expr<'i32'> {
  const blockAt = i32.mul(i32.shrU(k, Math.log2(K_BLOCK)), read(params, target.blockBytes));
  return i32.add(i32.add(read(params, target.address), blockAt), i32.mul(panel, read(params, target.panelBytes)));
}

// Panel by panel: `width` rows of the source, read side by side and transposed.
function emitPackAcross(
  module: ModuleBuilder,
  lanes: ContractLanes,
  target: Target,
  name: string,
  transposeBlock: FunctionReference<'void'>,
): void {
  const f = module.function({ export: name, params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const [k, depth, panel, left, to, from, at] = f.locals('i32', 7);
  const clear = sequence(
    set(at, 0),
    countUp(at, i32.mul(depth, target.width), 1, zeroScalar(lanes, i32.add(to, i32.mul(at, lanes.sizeBytes)))),
  );
  const rowsBefore = i32.mul(i32.mul(panel, target.width), read(params, 'sourceRowBytes'));
  f.body(
    countUp(
      k,
      read(params, 'depth'),
      K_BLOCK,
      set(depth, i32.sub(read(params, 'depth'), k)),
      when(i32.gtS(depth, K_BLOCK), set(depth, K_BLOCK)),
      set(panel, start),
      countUp(
        panel,
        end,
        1,
        set(to, panelAddress(params, target, k, panel)),
        set(from, i32.add(i32.add(read(params, 'source'), rowsBefore), i32.mul(k, lanes.sizeBytes))),
        set(left, i32.sub(read(params, target.extent), i32.mul(panel, target.width))),
        when(i32.ltS(left, target.width), clear),
        when(i32.gtS(left, target.width), set(left, target.width)),
        call(transposeBlock, from, read(params, 'sourceRowBytes'), to, target.width * lanes.sizeBytes, left, depth),
      ),
    ),
  );
}

/**
 * An internal function transposeBlock(in, inRowBytes, out, outRowBytes, ys, xs): out[x][y] = in[y][x]; squares of one
 * v128, then single rows y lane by lane.
 */
export function emitTransposeBlock(module: ModuleBuilder, lanes: ContractLanes): FunctionReference<'void'> {
  const f = module.function({ params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] });
  const [input, inRowBytes, output, outRowBytes, ys, xs] = f.params;
  const [x, y, from, to, height, wholeX, line] = f.locals('i32', 7);
  const side = lanes.perVector;
  const vectors = Array.from({ length: side }, () => f.local('v128'));
  const place = sequence(
    set(from, i32.add(i32.add(input, i32.mul(y, inRowBytes)), i32.mul(x, lanes.sizeBytes))),
    set(to, i32.add(i32.add(output, i32.mul(x, outRowBytes)), i32.mul(y, lanes.sizeBytes))),
  );
  const square = sequence(
    place,
    ...vectors.flatMap((v) => [set(v, v128.load(from)), set(from, i32.add(from, inRowBytes))]),
    ...transposed(lanes, vectors).flatMap((v) => [v128.store(to, v), set(to, i32.add(to, outRowBytes))]),
  );
  const storeLane = lanes.sizeBytes === 4 ? v128.store32Lane : v128.store64Lane;
  const strip = sequence(
    place,
    set(vectors[0]!, v128.load(from)),
    ...vectors.flatMap((_, lane) => [storeLane(to, vectors[0]!, lane), set(to, i32.add(to, outRowBytes))]),
  );
  const column = sequence(
    set(line, 0),
    countUp(
      line,
      height,
      1,
      place,
      copyScalar(lanes, i32.add(to, i32.mul(line, lanes.sizeBytes)), i32.add(from, i32.mul(line, inRowBytes))),
    ),
  );
  f.body(
    set(wholeX, i32.and(xs, -side)),
    whileTrue(
      i32.ltS(y, ys),
      whenElse(i32.leS(i32.add(y, side), ys), [set(height, side)], [set(height, 1)]),
      set(x, 0),
      whenElse(i32.eq(height, side), [countUp(x, wholeX, side, square)], [countUp(x, wholeX, side, strip)]),
      countUp(x, xs, 1, column),
      set(y, i32.add(y, height)),
    ),
  );
  return f.reference;
}

function transposed(lanes: ContractLanes, rows: readonly Expr<'v128'>[]): readonly Expr<'v128'>[] {
  const pick = (a: Expr<'v128'>, b: Expr<'v128'>, words: readonly number[]) =>
    v128.shuffle(
      a,
      b,
      words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]),
    );
  const halves = (a: Expr<'v128'>, b: Expr<'v128'>) => [pick(a, b, [0, 1, 4, 5]), pick(a, b, [2, 3, 6, 7])];
  const [a, b, c, d] = rows;
  if (lanes.perVector === 2) return halves(a!, b!);
  const low = halves(pick(a!, b!, [0, 4, 1, 5]), pick(c!, d!, [0, 4, 1, 5]));
  return [...low, ...halves(pick(a!, b!, [2, 6, 3, 7]), pick(c!, d!, [2, 6, 3, 7]))];
}
