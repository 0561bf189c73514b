// Positions of extreme elements on WebAssembly: the extremes by the reduce skeleton, then where each stands first.
//
// Parameter block (i32): address of x, of the extremes, of the positions, count, inner. The range is results, of one
// outer slice where inner > 1: all positions of a slice are looked for row by row.
import { isBigIntArray } from '../../big-integers.ts';
import type { ElementArray, StridedOperand } from '../../js/map.ts';
import { reductions } from '../../js/reduce.ts';
import { callOver, instantiate, type Kernels } from '../code/abi.ts';
import {
  f32,
  f64,
  i32,
  ModuleBuilder,
  set,
  when,
  whileTrue,
  type Expr,
  type Local,
  type Statement,
} from '../code/assembler.ts';
import { elementType, SIZE_BYTES, type ElementType } from '../code/elements.ts';
import { extentsOf, type WasmReduce } from './reduce.ts';
import type { KernelMemory, Scratch, ViewClass } from '../memory/staging.ts';

const FIELD = { x: 0, extremes: 4, positions: 8, count: 12, inner: 16 } as const;

/** Arg-reductions on one linear memory; not reentrant, one per thread. */
export class WasmArgReduce {
  readonly #heap: KernelMemory;
  readonly #scratch: Scratch;
  readonly #reductions: WasmReduce;
  readonly #kernels = new Map<ElementType, Kernels>();

  constructor(heap: KernelMemory, scratch: Scratch, reductions: WasmReduce) {
    this.#heap = heap;
    this.#scratch = scratch;
    this.#reductions = reductions;
  }

  /**
   * Finds the positions and returns true; false where the operand lies elsewhere, or its extremes have no vector form.
   */
  run(which: 'min' | 'max', operand: StridedOperand, axes: readonly number[], out: ElementArray): boolean {
    const { array, offset = 0 } = operand;
    const type = elementType(array);
    const extents = extentsOf([operand], operand.shape, axes);
    if (
      type === undefined ||
      extents === undefined ||
      extents.count === 0 ||
      !this.#heap.holds(array) ||
      isBigIntArray(out)
    )
      return false;
    const results = extents.outer * extents.inner;
    const extremesBytes = Math.ceil((results * SIZE_BYTES[type]) / 64) * 64;
    const address = this.#heap.allocate(extremesBytes + 4 * results);
    if (address === 0) return false;
    try {
      const extremes = new (array.constructor as ViewClass)(this.#heap.memory.buffer, address >>> 0, results);
      if (!this.#reductions.run(reductions[which], operand, axes, extremes)) return false;
      const positions = new Int32Array(this.#heap.memory.buffer, (address + extremesBytes) >>> 0, results);
      this.#find(type, array.byteOffset + offset * SIZE_BYTES[type], address, positions, extents);
      out.set(positions as never);
      return true;
    } finally {
      this.#heap.free(address);
    }
  }

  #find(
    type: ElementType,
    x: number,
    extremes: number,
    positions: Int32Array,
    { outer, count, inner }: { readonly outer: number; readonly count: number; readonly inner: number },
  ): void {
    const { params } = this.#scratch;
    const { along, across } = this.#kernelsFor(type);
    const words = this.#scratch.words;
    words[FIELD.x / 4] = x;
    words[FIELD.extremes / 4] = extremes;
    words[FIELD.positions / 4] = positions.byteOffset;
    words[FIELD.count / 4] = count;
    words[FIELD.inner / 4] = inner;
    if (inner === 1) {
      callOver(along!, params, outer, count);
      return;
    }
    positions.fill(-1);
    for (let slice = 0; slice < outer; slice++) {
      words[FIELD.x / 4] = x + slice * count * inner * SIZE_BYTES[type];
      words[FIELD.extremes / 4] = extremes + slice * inner * SIZE_BYTES[type];
      words[FIELD.positions / 4] = positions.byteOffset + slice * inner * 4;
      callOver(across!, params, count, inner);
    }
  }

  #kernelsFor(type: ElementType): Kernels {
    let kernels = this.#kernels.get(type);
    if (kernels === undefined)
      this.#kernels.set(type, (kernels = instantiate(findModule(type, this.#heap.kind), this.#heap.memory)));
    return kernels;
  }
}

/**
 * `along`: ranges over results whose elements are neighbours. `across`: ranges over rows, with all results of a slice
 * side by side.
 */
function findModule(type: ElementType, kind: 'shared' | 'private'): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: kind });
  const size = SIZE_BYTES[type];
  const f = module.function({ export: 'along', params: ['i32', 'i32', 'i32'] });
  const [params, result, end] = f.params;
  const [at, first, extreme, count] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const advance = (pointer: Local<'i32'>, bytes: number): Statement => set(pointer, i32.add(pointer, bytes));
  f.body(
    set(count, i32.load(params, FIELD.count)),
    set(extreme, i32.add(i32.load(params, FIELD.extremes), i32.mul(result, size))),
    whileTrue(
      i32.ltS(result, end),
      set(first, i32.add(i32.load(params, FIELD.x), i32.mul(i32.mul(result, count), size))),
      set(at, first),
      whileTrue(isNot(type, at, extreme), advance(at, size)),
      i32.store(i32.add(i32.load(params, FIELD.positions), i32.mul(result, 4)), i32.divU(i32.sub(at, first), size)),
      advance(extreme, size),
      set(result, i32.add(result, 1)),
    ),
  );
  const g = module.function({ export: 'across', params: ['i32', 'i32', 'i32'] });
  const [block, row, stop] = g.params;
  const [x, best, position, last] = [g.local('i32'), g.local('i32'), g.local('i32'), g.local('i32')];
  g.body(
    set(x, i32.add(i32.load(block, FIELD.x), i32.mul(i32.mul(row, i32.load(block, FIELD.inner)), size))),
    whileTrue(
      i32.ltS(row, stop),
      set(best, i32.load(block, FIELD.extremes)),
      set(position, i32.load(block, FIELD.positions)),
      set(last, i32.add(position, i32.mul(i32.load(block, FIELD.inner), 4))),
      whileTrue(
        i32.ltU(position, last),
        when(i32.ltS(i32.load(position), 0), when(i32.eqz(isNot(type, x, best)), i32.store(position, row))),
        set(x, i32.add(x, size)),
        set(best, i32.add(best, size)),
        set(position, i32.add(position, 4)),
      ),
      set(row, i32.add(row, 1)),
    ),
  );
  return module.encode();
}

const LOAD = {
  i32: i32.load,
  u32: i32.load,
  i16: i32.load16S,
  u16: i32.load16U,
  i8: i32.load8S,
  u8: i32.load8U,
} as const;

/**
 * Whether the element at an address is neither the extreme at another nor NaN, which is extreme wherever there is one.
 */
function isNot(type: ElementType, at: Expr<'i32'>, extreme: Expr<'i32'>): Expr<'i32'> {
  if (type === 'f32') return i32.and(f32.ne(f32.load(at), f32.load(extreme)), f32.eq(f32.load(at), f32.load(at)));
  if (type === 'f64') return i32.and(f64.ne(f64.load(at), f64.load(extreme)), f64.eq(f64.load(at), f64.load(at)));
  return i32.ne(LOAD[type](at), LOAD[type](extreme));
}
