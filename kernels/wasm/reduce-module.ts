// Emits the reduce kernel of one reduction over a dense [outer, count, inner] array; accumulates in float64 lanes.
//
// Parameter block: i32 count, i32 inner, i32 address of x, i32 address of the out, f64 divisor, then i32 address per result operand.
// The range is outer * inner results in any split: results do not touch each other. With inner = 1 a result combines eight lanes
// in the order of kernels/reduce.ts; else two results share a vector and r runs sequentially.
import type { Reduction } from '../reduce.ts';
import { f64x2, i32, ModuleBuilder, sequence, set, v128, when, whileTrue, type Expr, type Local, type Statement } from './assembler.ts';
import { LANES, loadElements, SIZE_BYTES, storeElements, type ElementType, type ResultType, type Width } from './elements.ts';
import { VectorAlgebra, type Vector } from './vector-algebra.ts';

/** One specialisation of a reduce kernel. */
export interface ReduceForm {
  readonly element: ElementType;
  readonly perResult: readonly ElementType[];
  readonly result: ResultType;
  readonly order: 'lanes' | 'sequence';
  /** f32x4 where nothing is rounded (minimum, maximum): the bits are the same and twice as many fit. */
  readonly lanes: 'f64x2' | 'f32x4';
  readonly memory: 'shared' | 'private';
}

/** Offsets in the parameter block. */
export const reduceFields = {
  count: 0, inner: 4, x: 8, out: 12, divisor: 16,
  perResult: (k: number): number => 24 + 4 * k,
  sizeBytes: (perResult: number): number => 24 + 4 * perResult,
} as const;

const IDENTITY = { zero: 0, one: 1, lowest: -Infinity, highest: Infinity } as const;
const COLUMN_VECTORS = 8; // a cache line of float32 per row

/** The module; its one export, `reduce`, follows the kernel ABI. */
export function reduceModule(reduction: Reduction, form: ReduceForm): Uint8Array<ArrayBuffer> {
  return form.order === 'lanes' ? lanesModule(reduction, form) : sequenceModule(reduction, form);
}

type Params = Local<'i32'>;

function lanesModule(reduction: Reduction, form: ReduceForm): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: form.memory });
  const f = module.function({ export: 'reduce', params: ['i32', 'i32', 'i32'] });
  const [params, result, end] = f.params;
  const [at, left] = [f.local('i32'), f.local('i32')];
  const width = LANES[form.lanes];
  const lanes = Array.from({ length: 8 / width }, () => f.local('v128'));
  const m = new VectorAlgebra(module, f, form.lanes);
  const size = SIZE_BYTES[form.element];
  const fixed = form.perResult.map((type, k) => ({ type, k, local: f.local('v128') }));
  const extras = fixed.map((extra) => extra.local);
  const body = (part: Width, offset: number): Vector =>
    reduction.body.body(m, m.keep(loadElements(form.lanes, form.element, at, part, offset)), ...extras);
  lanes.forEach((lane, i) => m.emit(set(lane, reduction.combine.body(m, lane, body('all', width * i * size)))));
  const round = sequence(...m.drain(), set(at, i32.add(at, 8 * size)), set(left, i32.sub(left, 8)));
  const tail = Array.from({ length: 7 }, (_, r) => {
    const lane = lanes[Math.floor(r / width)]!;
    const next = reduction.combine.body(m, lane, body('one', r * size));
    return when(i32.gtS(left, r), ...m.drain(), set(lane, v128.bitselect(next, lane, m.bits(laneMask(r % width, 16 / width)))));
  });
  const identity = m.constant(IDENTITY[reduction.identity]);
  const total = joined(m, lanes, 16 / width, (a, b) => reduction.combine.body(m, a, b));
  const out = i32.add(i32.load(params, reduceFields.out), i32.mul(result, SIZE_BYTES[form.result]));
  const finish = store(m, reduction, form, total, params, out, 'one');
  const count = i32.load(params, reduceFields.count);
  f.body(
    ...m.prologue,
    whileTrue(i32.ltS(result, end),
      set(left, count),
      set(at, i32.add(i32.load(params, reduceFields.x), i32.mul(i32.mul(result, count), size))),
      ...lanes.map((lane) => set(lane, identity)),
      ...fixed.map(({ type, k, local }) => set(local, loadElements(form.lanes, type, perResultAddress(params, k, type, result), 'one'))),
      whileTrue(i32.geS(left, 8), round),
      ...tail,
      finish,
      set(result, i32.add(result, 1))));
  return module.encode();
}

/** All ones in one lane. */
function laneMask(lane: number, sizeBytes: number): Uint8Array {
  return new Uint8Array(16).fill(255, lane * sizeBytes, (lane + 1) * sizeBytes);
}

/** ((0+4)+(2+6))+((1+5)+(3+7)) in lane 0: halves of the vectors, then halves of the vector. */
function joined(m: VectorAlgebra, lanes: readonly Vector[], laneBytes: number, combine: (a: Vector, b: Vector) => Vector): Vector {
  let vectors = lanes;
  while (vectors.length > 1) {
    const half = vectors.length / 2;
    vectors = vectors.slice(0, half).map((vector, i) => combine(vector, vectors[i + half]!));
  }
  let total = vectors[0]!;
  for (let shift = 8; shift >= laneBytes; shift /= 2) {
    const order = Array.from({ length: 16 }, (_, i) => (i + shift) % 16);
    total = combine(total, m.keep(v128.shuffle(total, total, order)));
  }
  return total;
}

function sequenceModule(reduction: Reduction, form: ReduceForm): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: form.memory });
  const f = module.function({ export: 'reduce', params: ['i32', 'i32', 'i32'] });
  const [params, result, end] = f.params;
  const [outer, stop, first, at, left, inner] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const m = new VectorAlgebra(module, f, 'f64x2');
  const sums = Array.from({ length: COLUMN_VECTORS }, () => f.local('v128'));
  const extras = form.perResult.map(() => Array.from({ length: COLUMN_VECTORS }, () => f.local('v128')));
  const size = SIZE_BYTES[form.element];
  const identity = m.constant(IDENTITY[reduction.identity]);
  // Results [result, result + columns): down all rows, then store.
  const columns = (vectors: number, width: Width): Statement => {
    const step = width === 'one' ? 1 : 2;
    const enter = extras.flatMap((locals, k) => locals.slice(0, vectors).map((local, v) =>
      set(local, loadElements('f64x2', form.perResult[k]!, perResultAddress(params, k, form.perResult[k]!, result), width, v * step * SIZE_BYTES[form.perResult[k]!]))));
    for (let v = 0; v < vectors; v++) {
      const x = m.keep(loadElements('f64x2', form.element, at, width, v * step * size));
      const value = reduction.body.body(m, x, ...extras.map((locals) => locals[v]!));
      m.emit(set(sums[v]!, reduction.combine.body(m, sums[v]!, value)));
    }
    const round = sequence(...m.drain(), set(at, i32.add(at, i32.mul(inner, size))), set(left, i32.sub(left, 1)));
    const out = i32.add(i32.load(params, reduceFields.out), i32.mul(result, SIZE_BYTES[form.result]));
    const stores = sums.slice(0, vectors).map((sum, v) => store(m, reduction, form, sum, params, out, width, v * step * SIZE_BYTES[form.result]));
    return sequence(
      ...enter, ...sums.slice(0, vectors).map((sum) => set(sum, identity)),
      set(at, i32.add(first, i32.mul(result, size))), set(left, i32.load(params, reduceFields.count)),
      whileTrue(i32.gtS(left, 0), round), ...stores, set(result, i32.add(result, vectors * step)));
  };
  const passes = ([[COLUMN_VECTORS, 'all', 2 * COLUMN_VECTORS], [1, 'all', 2], [1, 'one', 1]] as const).map(([vectors, width, elements]) =>
    whileTrue(i32.leS(i32.add(result, elements), stop), columns(vectors, width)));
  const rowEnd = i32.mul(i32.add(outer, 1), inner);
  f.body(
    set(inner, i32.load(params, reduceFields.inner)),
    ...m.prologue,
    whileTrue(i32.ltS(result, end),
      set(outer, i32.divU(result, inner)),
      set(stop, end),
      when(i32.ltS(rowEnd, end), set(stop, rowEnd)),
      // Element (outer, 0, column) lies at x + (outer * count * inner + column) * size and column = result - outer * inner.
      set(first, i32.add(i32.load(params, reduceFields.x),
        i32.mul(i32.mul(i32.mul(outer, inner), i32.sub(i32.load(params, reduceFields.count), 1)), size))),
      ...passes));
  return module.encode();
}

function perResultAddress(params: Params, k: number, type: ElementType, result: Local<'i32'>): Expr<'i32'> {
  return i32.add(i32.load(params, reduceFields.perResult(k)), i32.mul(result, SIZE_BYTES[type]));
}

function store(
  m: VectorAlgebra, reduction: Reduction, form: ReduceForm, total: Vector, params: Params, address: Expr<'i32'>, width: Width, offset = 0,
): Statement {
  if (form.lanes === 'f32x4') {
    const single = form.result === 'f32';
    const write = storeElements(m, single ? 'f32x4' : 'f64x2', form.result, address, single ? total : m.keep(f64x2.promoteLowF32x4(total)), width, offset);
    return sequence(...m.drain(), write);
  }
  const divisor = v128.load64Splat(params, reduceFields.divisor);
  const value = reduction.finish === undefined ? total : reduction.finish.body(m, total, m.keep(divisor));
  const write = storeElements(m, 'f64x2', form.result, address, value, width, offset);
  return sequence(...m.drain(), write);
}
