// The map skeleton on WebAssembly SIMD: kernels emitted per function and dtypes, operands resident or staged through scratch.
import type { ElementFunction } from '../algebra.ts';
import { isFloatArray, loopNest, type ElementArray, type Operand } from '../map.ts';
import { elementCount, forEachRow } from '../strides.ts';
import { instantiate, type Kernel } from './abi.ts';
import { elementType, SIZE_BYTES, type ElementType, type ResultType } from './elements.ts';
import { mapFields, mapModule, type MapForm } from './map-module.ts';
import { profileOf } from './profile.ts';
import { copyRectangle, type Plane } from './staging.ts';
import type { LaneType } from './vector-algebra.ts';

/** Linear memory with an allocator (kernels/wasm/heap.ts). */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly kind: 'shared' | 'private';
  /** Address of a 64-byte aligned block, 0 when full. */
  allocate(sizeBytes: number): number;
}

/** A kernel that is ready to run, on any thread that loads `bytes`. */
export interface CompiledKernel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Exported name. */
  readonly name: string;
  readonly call: Kernel;
}

/** A map over resident data as one parallel range. */
export interface MapJob {
  readonly kernel: CompiledKernel;
  /** Bytes of the parameter block. */
  readonly paramsSizeBytes: number;
  /** Writes the block at an address. */
  writeParams(address: number): void;
  /** Number of elements. */
  readonly range: number;
}

const SCRATCH_BYTES = 96 * 1024; // staged chunks of all operands together: they stay in the second-level cache
const PARAMS_BYTES = 512;
const CALL_ELEMENTS = 1 << 16; // V8 replaces baseline code at calls only

/** Maps on one linear memory; not reentrant, one per thread. */
export class WasmMap {
  readonly #heap: KernelMemory;
  readonly #scratch: number;
  readonly #kernels = new WeakMap<ElementFunction, Map<string, CompiledKernel>>();

  /** Takes 96 KiB of the heap as scratch. Throws RangeError when the heap is full. */
  constructor(heap: KernelMemory) {
    this.#heap = heap;
    this.#scratch = heap.allocate(SCRATCH_BYTES + PARAMS_BYTES);
    if (this.#scratch === 0) throw new RangeError(`no ${SCRATCH_BYTES} bytes of scratch left: free some results or grow the heap`);
  }

  /** Does the map and returns true, or returns false where there is no vector form (64-bit integers, remainder, …). */
  run(fn: ElementFunction, operands: readonly Operand[], out: ElementArray, shape: readonly number[]): boolean {
    const lanes = lanesFor(fn, operands, out);
    if (lanes === undefined) return false;
    if (out.length === 0) return true;
    const nest = loopNest(operands, shape);
    const inner = nest.shape.length - 1;
    const length = nest.shape[inner]!;
    const rows = inner > 0 ? nest.shape[inner - 1]! : 1;
    const form = { lanes, result: resultType(fn, out)!, memory: this.#heap.kind };
    const types = operands.map((operand) => elementType(operand.array)!);
    const steps = nest.strides.map((s) => s[inner]!);
    const kernel = this.#kernel(fn, { ...form, operands: types.map((type, k) => ({ type, along: steps[k] === 0 ? 'constant' : 'dense' })) });
    const outer = { shape: [...nest.shape.slice(0, Math.max(0, inner - 1)), 1], strides: nest.strides.map((s) => [...s.slice(0, Math.max(0, inner - 1)), 0]) };
    forEachRow(outer, operands.map((operand) => operand.offset ?? 0), (offsets, plane) => {
      const planes = operands.map((operand, k): Plane =>
        ({ array: operand.array, offset: offsets[k]!, rowStride: inner > 0 ? nest.strides[k]![inner - 1]! : 0, step: steps[k]! }));
      this.#runPlane(kernel.call, planes, types, { array: out, offset: plane * rows * length }, { rows, length });
    });
    return true;
  }

  /** The same map as a job for several threads; undefined unless all of it is resident, dense and one plane. */
  job(fn: ElementFunction, operands: readonly Operand[], out: ElementArray, shape: readonly number[]): MapJob | undefined {
    const lanes = lanesFor(fn, operands, out);
    const nest = loopNest(operands, shape);
    const inner = nest.shape.length - 1;
    const { buffer } = this.#heap.memory;
    const resident = [out, ...operands.map((operand) => operand.array)].every((array) => array.buffer === buffer);
    if (lanes === undefined || !resident || inner > 1 || nest.strides.some((s) => s[inner] !== 0 && s[inner] !== 1)) return undefined;
    const types = operands.map((operand) => elementType(operand.array)!);
    const kernel = this.#kernel(fn, {
      lanes, result: resultType(fn, out)!, memory: this.#heap.kind,
      operands: types.map((type, k) => ({ type, along: nest.strides[k]![inner] === 0 ? 'constant' : 'dense' })),
    });
    const sources = operands.map((operand, k) => {
      const size = SIZE_BYTES[types[k]!];
      return [operand.array.byteOffset + (operand.offset ?? 0) * size, (inner > 0 ? nest.strides[k]![0]! : 0) * size] as const;
    });
    return {
      kernel, paramsSizeBytes: mapFields.sizeBytes(operands.length), range: elementCount(nest.shape),
      writeParams: (address) => writeParams(this.#words(), address, nest.shape[inner]!, out.byteOffset, sources),
    };
  }

  #runPlane(
    kernel: Kernel, planes: readonly Plane[], types: readonly ElementType[],
    out: { readonly array: ElementArray; readonly offset: number }, { rows, length }: { readonly rows: number; readonly length: number },
  ): void {
    const staged = this.#stage(planes, types, out.array, rows * length);
    const total = rows * length;
    for (let start = 0; start < total;) {
      const row = Math.floor(start / length);
      const column = start - row * length;
      const whole = column === 0 && length <= staged.elements ? Math.min(rows - row, Math.floor(staged.elements / length)) : 0;
      const count = whole > 0 ? whole * length : Math.min(length - column, staged.elements);
      const part = { row, rows: Math.max(1, whole), column, columns: whole > 0 ? length : count };
      const sources = planes.map((plane, k) => this.#source(plane, types[k]!, part, staged.slots[k]));
      const outSize = out.array.BYTES_PER_ELEMENT;
      const target = staged.out === undefined ? out.array.byteOffset + out.offset * outSize : staged.out - start * outSize;
      writeParams(this.#words(), this.#params(), length, target, sources);
      kernel(this.#params(), start, start + count);
      if (staged.out !== undefined) this.#copyOut(staged.out, out.array, out.offset + start, count);
      start += count;
    }
  }

  // Slots for what is not in linear memory, and the number of elements that fit them.
  #stage(planes: readonly Plane[], types: readonly ElementType[], out: ElementArray, total: number) {
    const { buffer } = this.#heap.memory;
    const sizes = planes.map((plane, k) => (plane.array.buffer === buffer && plane.step <= 1 && plane.step >= 0 ? 0 : SIZE_BYTES[types[k]!]));
    const outSize = out.buffer === buffer ? 0 : out.BYTES_PER_ELEMENT;
    const perElement = sizes.reduce((sum, size) => sum + size, outSize);
    const fits = perElement === 0 ? CALL_ELEMENTS : Math.floor(SCRATCH_BYTES / perElement / 16) * 16 - 16;
    const elements = Math.min(fits, total);
    let next = this.#scratch + PARAMS_BYTES;
    const take = (size: number): number | undefined => {
      if (size === 0) return undefined;
      const address = next;
      next += Math.ceil((elements * size) / 16) * 16;
      return address;
    };
    return { slots: sizes.map(take), out: take(outSize), elements };
  }

  // Address and row stride of an operand, staged first if it has a slot.
  #source(plane: Plane, type: ElementType, part: { row: number; rows: number; column: number; columns: number }, slot: number | undefined): readonly [number, number] {
    const size = SIZE_BYTES[type];
    if (slot === undefined) return [plane.array.byteOffset + plane.offset * size, plane.rowStride * size];
    const columns = plane.step === 0 ? 1 : part.columns;
    const rows = plane.rowStride === 0 ? 1 : part.rows;
    copyRectangle(plane, part, viewLike(plane.array, this.#heap.memory.buffer, slot, rows * columns));
    const rowStride = plane.rowStride === 0 ? 0 : columns * size;
    return [slot - part.row * rowStride - (plane.step === 0 ? 0 : part.column * size), rowStride];
  }

  #copyOut(address: number, out: ElementArray, at: number, count: number): void {
    const from = viewLike(out, this.#heap.memory.buffer, address, count);
    (out as Float64Array).set(from as Float64Array, at);
  }

  #kernel(fn: ElementFunction, form: MapForm): CompiledKernel {
    const forms = this.#kernels.get(fn) ?? new Map<string, CompiledKernel>();
    this.#kernels.set(fn, forms);
    const key = `${form.lanes} ${form.result} ${form.operands.map((operand) => `${operand.type}/${operand.along}`).join(' ')}`;
    const known = forms.get(key);
    if (known !== undefined) return known;
    const bytes = mapModule(fn, form);
    const compiled = { bytes, name: 'map', call: instantiate(bytes, this.#heap.memory)['map']! };
    forms.set(key, compiled);
    return compiled;
  }

  #params(): number {
    return this.#scratch;
  }

  #words(): Int32Array {
    return new Int32Array(this.#heap.memory.buffer);
  }
}

/** The lanes a map runs in with the bits of the JavaScript skeleton; undefined where it has no vector form. */
export function lanesFor(fn: ElementFunction, operands: readonly Operand[], out: ElementArray): LaneType | undefined {
  const profile = profileOf(fn);
  const types = operands.map((operand) => elementType(operand.array));
  const result = resultType(fn, out);
  if (!profile.vector || types.includes(undefined) || result === undefined) return undefined;
  const narrow = types.every((type) => type === 'f32' || type === 'u8' || type === 'i8' || type === 'u16' || type === 'i16');
  if (fn.returns === 'mask' || isFloatArray(out)) return profile.single && narrow && result !== 'f64' ? 'f32x4' : 'f64x2';
  if (operands.some((operand) => isFloatArray(operand.array))) return 'f64x2';
  return profile.integer && out instanceof Int32Array && !types.includes('u32') ? 'i32x4' : undefined;
}

function resultType(fn: ElementFunction, out: ElementArray): ResultType | undefined {
  const type = elementType(out);
  if (fn.returns === 'mask') return type === 'u8' ? 'mask' : undefined;
  return type === 'f32' || type === 'f64' || type === 'i32' || type === 'u32' ? type : undefined;
}

function writeParams(words: Int32Array, address: number, length: number, out: number, sources: readonly (readonly [number, number])[]): void {
  const base = address >>> 2;
  words[base + mapFields.length / 4] = length;
  words[base + mapFields.out / 4] = out;
  sources.forEach(([source, rowStride], k) => {
    words[base + mapFields.address(k) / 4] = source;
    words[base + mapFields.rowStride(k) / 4] = rowStride;
  });
}

function viewLike(array: ElementArray, buffer: ArrayBufferLike, address: number, length: number): ElementArray {
  const view = array.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ElementArray;
  return new view(buffer, address >>> 0, length);
}
