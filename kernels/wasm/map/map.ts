// The map skeleton on WebAssembly SIMD: kernels emitted per function and dtypes, operands resident or staged through
// scratch.
import type { ElementFunction } from '../../scalar/algebra.ts';
import type { ElementArray, StridedOperand } from '../../js/map.ts';
import { Recent } from '../../recent.ts';
import { forEachRow } from '../../strides.ts';
import { CALL_ELEMENTS, callOver, encodedOnce, instantiate, type CompiledKernel } from '../code/abi.ts';
import { SIZE_BYTES, type ElementType } from '../code/elements.ts';
import { fitsCall, planMap, type FlatPlan, type MapPlan, type PlannedMap } from './plan.ts';
import { mapFields, mapModule, type MapForm } from './module.ts';
import {
  copyElements,
  copyRectangle,
  Scratch,
  SCRATCH_BYTES,
  type KernelMemory,
  type Plane,
  type ViewClass,
} from '../memory/staging.ts';

/** A map over resident data as one parallel range. */
interface MapJob {
  readonly kernel: CompiledKernel;
  /** Bytes of the parameter block. */
  readonly paramsSizeBytes: number;
  /** Writes the block at an address. */
  writeParams(address: number): void;
  /** Number of elements. */
  readonly range: number;
}

/** Maps on one linear memory; not reentrant, one per thread. */
export class WasmMap {
  readonly #heap: KernelMemory;
  readonly #scratch: Scratch;
  readonly #plans = new WeakMap<ElementFunction, Recent<PlannedMap>>();
  readonly #kernels = new WeakMap<ElementFunction, Map<string, CompiledKernel>>();

  constructor(heap: KernelMemory, scratch = new Scratch(heap)) {
    this.#heap = heap;
    this.#scratch = scratch;
  }

  /** Does the map and returns true, or returns false where there is no vector form (64-bit integers, remainder, …). */
  run(fn: ElementFunction, operands: readonly StridedOperand[], out: ElementArray, shape: readonly number[]): boolean {
    const plan = this.#planFor(fn, operands, out, shape);
    if (plan === undefined) return false;
    if (out.length === 0 || (plan.flat !== undefined && this.#runFlat(plan, plan.flat, operands, out))) return true;
    this.#runPlanes(plan, operands, out);
    return true;
  }

  /** Whether there is a vector form of the map. */
  fits(fn: ElementFunction, operands: readonly StridedOperand[], out: ElementArray, shape: readonly number[]): boolean {
    return this.#planFor(fn, operands, out, shape) !== undefined;
  }

  /** The same map as a job for several threads; undefined unless all of it is resident, dense and one plane. */
  job(
    fn: ElementFunction,
    operands: readonly StridedOperand[],
    out: ElementArray,
    shape: readonly number[],
  ): MapJob | undefined {
    const plan = this.#planFor(fn, operands, out, shape);
    const flat = plan?.flat;
    if (
      plan === undefined ||
      flat === undefined ||
      !this.#heap.holds(out) ||
      !operands.every(({ array }) => this.#heap.holds(array))
    )
      return undefined;
    const sizeBytes = mapFields.sizeBytes(operands.length);
    return {
      kernel: plan.kernel,
      paramsSizeBytes: sizeBytes,
      range: plan.range,
      writeParams: (address) => {
        const words = new Int32Array(this.#heap.memory.buffer, address >>> 0, sizeBytes / 4);
        words[mapFields.length / 4] = plan.length;
        words[mapFields.out / 4] = out.byteOffset;
        operands.forEach(({ array, offset = 0 }, k) =>
          writeSource(words, k, array.byteOffset + offset * array.BYTES_PER_ELEMENT, flat.rowBytes[k]!),
        );
      },
    };
  }

  #planFor(
    fn: ElementFunction,
    operands: readonly StridedOperand[],
    out: ElementArray,
    shape: readonly number[],
  ): MapPlan | undefined {
    let recent = this.#plans.get(fn);
    if (recent === undefined) this.#plans.set(fn, (recent = new Recent()));
    const known = recent.find((planned) => fitsCall(planned, operands, out, shape));
    if (known !== undefined) return known.plan;
    const planned = planMap(fn, operands, out, shape, this.#scratch, (form) => this.#kernel(fn, form));
    return operands.some((operand) => operand.strides !== undefined) ? planned.plan : recent.add(planned).plan;
  }

  /** One kernel over everything, small operands copied whole; false where one lies elsewhere and is not small. */
  #runFlat(
    { kernel, length, range }: MapPlan,
    { slots, rowBytes }: FlatPlan,
    operands: readonly StridedOperand[],
    out: ElementArray,
  ): boolean {
    const { words, params } = this.#scratch;
    const count = operands.length;
    const target = slots.locate(count, out);
    if (target === 0) return false;
    words[mapFields.length / 4] = length;
    words[mapFields.out / 4] = target;
    for (let k = 0; k < count; k++) {
      const { array, offset } = operands[k]!;
      const address = slots.place(k, array, offset);
      if (address === 0) return false;
      writeSource(words, k, address, rowBytes[k]!);
    }
    callOver(kernel.call, params, range);
    slots.fetch(count, target, out);
    return true;
  }

  /** Plane by plane of the two innermost dimensions. */
  #runPlanes(
    { kernel, types, nest, length, steps }: MapPlan,
    operands: readonly StridedOperand[],
    out: ElementArray,
  ): void {
    const inner = nest.shape.length - 1;
    const rows = inner > 0 ? nest.shape[inner - 1]! : 1;
    const outer = {
      shape: [...nest.shape.slice(0, Math.max(0, inner - 1)), 1],
      strides: nest.strides.map((s) => [...s.slice(0, Math.max(0, inner - 1)), 0]),
    };
    forEachRow(
      outer,
      operands.map((operand) => operand.offset ?? 0),
      (offsets, plane) => {
        const planes = operands.map((operand, k): Plane => ({
          array: operand.array,
          offset: offsets[k]!,
          rowStride: inner > 0 ? nest.strides[k]![inner - 1]! : 0,
          step: steps[k]!,
        }));
        this.#runPlane(kernel, planes, types, { array: out, offset: plane * rows * length }, { rows, length });
      },
    );
  }

  #runPlane(
    kernel: CompiledKernel,
    planes: readonly Plane[],
    types: readonly ElementType[],
    out: { readonly array: ElementArray; readonly offset: number },
    { rows, length }: { readonly rows: number; readonly length: number },
  ): void {
    const staged = this.#stage(planes, types, out.array, rows * length);
    const { words, params } = this.#scratch;
    const outSize = out.array.BYTES_PER_ELEMENT;
    const total = rows * length;
    for (let start = 0; start < total;) {
      const row = Math.floor(start / length);
      const column = start - row * length;
      const whole =
        column === 0 && length <= staged.elements ? Math.min(rows - row, Math.floor(staged.elements / length)) : 0;
      const count = whole > 0 ? whole * length : Math.min(length - column, staged.elements);
      const part = { row, rows: Math.max(1, whole), column, columns: whole > 0 ? length : count };
      words[mapFields.length / 4] = length;
      words[mapFields.out / 4] =
        staged.out === undefined ? out.array.byteOffset + out.offset * outSize : staged.out - start * outSize;
      planes.forEach((plane, k) => this.#stageSource(words, k, plane, types[k]!, part, staged.slots[k]));
      kernel.call(params, start, start + count);
      if (staged.out !== undefined)
        copyElements(
          this.#viewLike(out.array, staged.out, count),
          out.array.subarray(out.offset + start, out.offset + start + count),
        );
      start += count;
    }
  }

  // Slots for what is not in linear memory, and the number of elements that fit them.
  #stage(planes: readonly Plane[], types: readonly ElementType[], out: ElementArray, total: number) {
    const sizes = planes.map((plane, k) =>
      this.#heap.holds(plane.array) && (plane.step === 0 || plane.step === 1) ? 0 : SIZE_BYTES[types[k]!],
    );
    const outSize = this.#heap.holds(out) ? 0 : out.BYTES_PER_ELEMENT;
    const perElement = sizes.reduce((sum, size) => sum + size, outSize);
    const fits = perElement === 0 ? CALL_ELEMENTS : Math.floor(SCRATCH_BYTES / perElement / 16) * 16 - 16;
    const elements = Math.min(fits, total);
    let next = this.#scratch.room;
    const take = (size: number): number | undefined => {
      if (size === 0) return undefined;
      const address = next;
      next += Math.ceil((elements * size) / 16) * 16;
      return address;
    };
    return { slots: sizes.map(take), out: take(outSize), elements };
  }

  // Address and row stride of an operand, staged first if it has a slot.
  #stageSource(
    words: Int32Array,
    k: number,
    plane: Plane,
    type: ElementType,
    part: { row: number; rows: number; column: number; columns: number },
    slot: number | undefined,
  ): void {
    const size = SIZE_BYTES[type];
    if (slot === undefined)
      return writeSource(words, k, plane.array.byteOffset + plane.offset * size, plane.rowStride * size);
    const columns = plane.step === 0 ? 1 : part.columns;
    const rows = plane.rowStride === 0 ? 1 : part.rows;
    copyRectangle(plane, part, this.#viewLike(plane.array, slot, rows * columns));
    const rowStride = plane.rowStride === 0 ? 0 : columns * size;
    writeSource(words, k, slot - part.row * rowStride - (plane.step === 0 ? 0 : part.column * size), rowStride);
  }

  #viewLike(array: ElementArray, address: number, length: number): ElementArray {
    return new (array.constructor as ViewClass)(this.#heap.memory.buffer, address >>> 0, length);
  }

  #kernel(fn: ElementFunction, form: MapForm): CompiledKernel {
    let forms = this.#kernels.get(fn);
    if (forms === undefined) this.#kernels.set(fn, (forms = new Map()));
    const operands = form.operands.map((operand) => `${operand.type}/${operand.along}`);
    const key = `${form.lanes} ${form.result} ${operands.join(' ')}`;
    const known = forms.get(key);
    if (known !== undefined) return known;
    const bytes = encodedOnce(fn, `map ${key} ${form.memory}`, () => mapModule(fn, form));
    const compiled = { bytes, name: 'map', call: instantiate(bytes, this.#heap.memory)['map']! };
    forms.set(key, compiled);
    return compiled;
  }
}

function writeSource(words: Int32Array, k: number, address: number, rowStride: number): void {
  words[mapFields.address(k) / 4] = address;
  words[mapFields.rowStride(k) / 4] = rowStride;
}
