// Emits the kernels of slim products, where one matrix is read once, row by row, and the other has few columns:
// `blockSums` and `addSums`.
//
// X is K×columns, row-major; each of `rows` vectors of factors weighs its rows. The sums of every K block lie side by
// side in scratch, so that threads may share K, and enter the result in the order of docs/format/numerics.md
// ("contract", sqs-num/1): the bits are those of a tile.
import { call, countUp, i32, memory, sequence, set, tee, v128, when, whenElse, whileTrue } from '../code/assembler.ts';
import type { Expr, FunctionReference, ModuleBuilder, Statement } from '../code/assembler.ts';
import { type ContractLanes, K_BLOCK, MODE, read, SLIM_CHUNK_BYTES } from './fields.ts';

/** Rows of X that are added in one pass over the sums: 8 factors, a sum and a product stay in registers. */
const ROWS = 8;

/** Adds the kernels to the module; `transposeBlock` is that of contract-packing.ts. */
export function emitSlim(module: ModuleBuilder, lanes: ContractLanes, transposeBlock: FunctionReference<'void'>): void {
  emitBlockSums(module, emitWeigh(module, lanes, ROWS), emitWeigh(module, lanes, 1));
  emitAddSums(module, lanes, transposeBlock);
}

// weigh(x, xRowBytes, factor, stepBytes, sums, widthBytes): sums += factor_r · row r of x, for `rows` rows one after
// the other.
function emitWeigh(module: ModuleBuilder, lanes: ContractLanes, rows: number): FunctionReference<'void'> {
  const f = module.function({ params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] });
  const [x, xRowBytes, factor, stepBytes, sums, widthBytes] = f.params;
  const [at, to] = f.locals('i32', 2);
  const sum = f.local('v128');
  const pointers = [x, ...Array.from({ length: rows - 1 }, () => f.local('i32'))];
  const factors = Array.from({ length: rows }, () => f.local('v128'));
  f.body(
    ...pointers.slice(1).map((pointer, i) => set(pointer, i32.add(pointers[i]!, xRowBytes))),
    ...factors.flatMap((v) => [set(v, lanes.broadcast(factor)), set(factor, i32.add(factor, stepBytes))]),
    countUp(
      at,
      widthBytes,
      16,
      set(sum, v128.load(tee(to, i32.add(sums, at)))),
      ...factors.map((v, i) => set(sum, lanes.add(sum, lanes.mul(v, v128.load(i32.add(pointers[i]!, at)))))),
      v128.store(to, sum),
    ),
  );
  return f.reference;
}

// blockSums(params, start, end): an index is a K block and a chunk of the columns.
function emitBlockSums(
  module: ModuleBuilder,
  weighRows: FunctionReference<'void'>,
  weighRow: FunctionReference<'void'>,
): void {
  const f = module.function({ export: 'blockSums', params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const [block, column, width, left, x, factor, target, row, sums, weights, at] = f.locals('i32', 11);
  const [count, sumsRowBytes, xRowBytes, stepBytes, chunks] = f.locals('i32', 5);
  const eachVector = (...body: readonly Statement[]): Statement =>
    sequence(
      set(row, 0),
      set(sums, target),
      set(weights, factor),
      countUp(
        row,
        count,
        1,
        ...body,
        set(sums, i32.add(sums, sumsRowBytes)),
        set(weights, i32.add(weights, read(params, 'bPanelBytes'))),
      ),
    );
  const weigh = (rows: number, kernel: FunctionReference<'void'>): Statement =>
    sequence(
      eachVector(call(kernel, x, xRowBytes, weights, stepBytes, sums, width)),
      set(x, i32.add(x, i32.mul(xRowBytes, rows))),
      set(factor, i32.add(factor, i32.mul(stepBytes, rows))),
      set(left, i32.sub(left, rows)),
    );
  f.body(
    set(count, read(params, 'rows')),
    set(sumsRowBytes, read(params, 'sumsRowBytes')),
    set(xRowBytes, read(params, 'aRowBytes')),
    set(stepBytes, read(params, 'bStepBytes')),
    set(chunks, read(params, 'chunks')),
    countUp(
      start,
      end,
      1,
      set(block, i32.divU(start, chunks)),
      set(column, i32.mul(i32.sub(start, i32.mul(block, chunks)), SLIM_CHUNK_BYTES)),
      set(width, i32.sub(sumsRowBytes, column)),
      when(i32.gtS(width, SLIM_CHUNK_BYTES), set(width, SLIM_CHUNK_BYTES)),
      set(left, i32.sub(read(params, 'depth'), i32.mul(block, K_BLOCK))),
      when(i32.gtS(left, K_BLOCK), set(left, K_BLOCK)),
      set(x, i32.add(i32.add(read(params, 'a'), column), i32.mul(block, read(params, 'aBlockBytes')))),
      set(factor, i32.add(read(params, 'b'), i32.mul(block, read(params, 'bBlockBytes')))),
      set(
        target,
        i32.add(i32.add(read(params, 'sums'), column), i32.mul(i32.add(block, 1), read(params, 'sumsBlockBytes'))),
      ),
      eachVector(set(at, 0), countUp(at, width, 16, v128.store(i32.add(sums, at), ZERO))),
      whileTrue(i32.geS(left, ROWS), weigh(ROWS, weighRows)),
      whileTrue(left, weigh(1, weighRow)),
    ),
  );
}

// addSums(params, start, end): chunks of the columns; adds the sums of the blocks to those before them, which begin at
// 0, and writes the last.
function emitAddSums(module: ModuleBuilder, lanes: ContractLanes, transposeBlock: FunctionReference<'void'>): void {
  const f = module.function({ export: 'addSums', params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const [row, column, width, at, k, from, to, running, c] = f.locals('i32', 9);
  const [count, sumsRowBytes, blockBytes, cRowBytes] = f.locals('i32', 4);
  const [sum, scratch] = f.locals('v128', 2);
  const addBlocks = sequence(
    set(to, i32.add(running, at)),
    set(from, to),
    whenElse(i32.eq(read(params, 'mode'), MODE.store), [set(sum, ZERO)], [set(sum, v128.load(to))]),
    set(k, 0),
    countUp(
      k,
      read(params, 'depth'),
      K_BLOCK,
      set(sum, lanes.add(sum, v128.load(tee(from, i32.add(from, blockBytes))))),
    ),
    v128.store(to, lanes.canonical(sum, scratch)),
  );
  const scaled = (index: Expr<'i32'>): Expr<'i32'> => i32.mul(index, lanes.sizeBytes);
  const turned = call(
    transposeBlock,
    running,
    sumsRowBytes,
    i32.add(c, i32.mul(column, cRowBytes)),
    cRowBytes,
    count,
    width,
  );
  const straight = sequence(
    set(to, i32.add(c, scaled(column))),
    set(from, running),
    set(row, 0),
    countUp(
      row,
      count,
      1,
      memory.copy(to, from, scaled(width)),
      set(to, i32.add(to, cRowBytes)),
      set(from, i32.add(from, sumsRowBytes)),
    ),
  );
  f.body(
    set(count, read(params, 'rows')),
    set(sumsRowBytes, read(params, 'sumsRowBytes')),
    set(blockBytes, read(params, 'sumsBlockBytes')),
    set(cRowBytes, read(params, 'cRowBytes')),
    set(c, read(params, 'c')),
    countUp(
      start,
      end,
      1,
      set(column, i32.mul(start, SLIM_CHUNK_BYTES / lanes.sizeBytes)),
      set(width, i32.sub(read(params, 'columns'), column)),
      when(i32.gtS(width, SLIM_CHUNK_BYTES / lanes.sizeBytes), set(width, SLIM_CHUNK_BYTES / lanes.sizeBytes)),
      set(row, 0),
      set(running, i32.add(read(params, 'sums'), scaled(column))),
      countUp(
        row,
        count,
        1,
        set(at, 0),
        countUp(at, scaled(width), 16, addBlocks),
        set(running, i32.add(running, sumsRowBytes)),
      ),
      when(
        read(params, 'ends'),
        set(running, i32.add(read(params, 'sums'), scaled(column))),
        whenElse(read(params, 'turned'), [turned], [straight]),
      ),
    ),
  );
}

const ZERO = v128.constant(new Array<number>(16).fill(0));
