// The reduce skeleton on WebAssembly SIMD, for floats: kernels emitted per reduction and dtypes, operands resident or staged.
import { domainFor, type ElementArray, type Operand } from '../map.ts';
import { floatAlgebra } from '../js-algebra.ts';
import { runsInLanes, type Reduction, type ReduceOptions } from '../reduce.ts';
import { elementCount, rowMajorStrides } from '../strides.ts';
import { instantiate } from './abi.ts';
import { elementType, type ElementType, type ResultType } from './elements.ts';
import type { CompiledKernel, KernelMemory } from './map.ts';
import { profileOf } from './profile.ts';
import { reduceFields, reduceModule, type ReduceForm } from './reduce-module.ts';

/** Linear memory whose blocks can be given back. */
export interface ReduceMemory extends KernelMemory {
  free(address: number): void;
}

/** A reduction over resident data as one parallel range of results. */
export interface ReduceJob {
  readonly kernel: CompiledKernel;
  readonly paramsSizeBytes: number;
  writeParams(address: number): void;
  readonly range: number;
}

const STAGE_BYTES = 128 * 1024;
const PARAMS_BYTES = 128;

/** Reductions on one linear memory; not reentrant, one per thread. */
export class WasmReduce {
  readonly #heap: ReduceMemory;
  readonly #params: number;
  readonly #kernels = new WeakMap<Reduction, Map<string, CompiledKernel>>();

  /** Takes a parameter block of the heap. Throws RangeError when the heap is full. */
  constructor(heap: ReduceMemory) {
    this.#heap = heap;
    this.#params = heap.allocate(PARAMS_BYTES);
    if (this.#params === 0) throw new RangeError(`no ${PARAMS_BYTES} bytes left for parameters: free some results or grow the heap`);
  }

  /** Does the reduction and returns true; false where it has no vector form: integers, strided operands, split axes, a full heap. */
  run(reduction: Reduction, operand: Operand, axes: readonly number[], out: ElementArray, options: ReduceOptions = {}): boolean {
    const plan = planOf(reduction, operand, axes, out, options);
    if (plan === undefined) return false;
    if (plan.outer * plan.inner === 0) return true;
    const kernel = this.#kernel(reduction, { ...plan.form, memory: this.#heap.kind });
    const { buffer } = this.#heap.memory;
    const resident = [operand.array, out, ...(options.perResult ?? [])].every((array) => array.buffer === buffer);
    const divisor = options.divisor ?? plan.count;
    if (resident) return this.#runResident(kernel, plan, operand, out, options, divisor);
    return this.#runStaged(kernel, plan, operand, out, options, divisor);
  }

  /** The same reduction as a job for several threads; undefined where `run` would say false or stage. */
  job(reduction: Reduction, operand: Operand, axes: readonly number[], out: ElementArray, options: ReduceOptions = {}): ReduceJob | undefined {
    const plan = planOf(reduction, operand, axes, out, options);
    const perResult = options.perResult ?? [];
    const resident = [operand.array, out, ...perResult].every((array) => array.buffer === this.#heap.memory.buffer);
    if (plan === undefined || !resident) return undefined;
    const block = { plan, x: addressOf(operand), out: out.byteOffset, perResult: perResult.map((array) => array.byteOffset), divisor: options.divisor ?? plan.count };
    return {
      kernel: this.#kernel(reduction, { ...plan.form, memory: this.#heap.kind }),
      paramsSizeBytes: reduceFields.sizeBytes(perResult.length), range: plan.outer * plan.inner,
      writeParams: (address) => writeParams(this.#heap.memory.buffer, address, block),
    };
  }

  #runResident(kernel: CompiledKernel, plan: Plan, operand: Operand, out: ElementArray, options: ReduceOptions, divisor: number): boolean {
    const perResult = (options.perResult ?? []).map((array) => array.byteOffset);
    writeParams(this.#heap.memory.buffer, this.#params, { plan, x: addressOf(operand), out: out.byteOffset, perResult, divisor });
    const total = plan.outer * plan.inner;
    const grain = Math.max(16, Math.ceil(65536 / Math.max(1, plan.count)));
    for (let start = 0; start < total; start += grain) kernel.call(this.#params, start, Math.min(total, start + grain));
    return true;
  }

  // Whole outer slices at a time; one slice at least, however large.
  #runStaged(kernel: CompiledKernel, plan: Plan, operand: Operand, out: ElementArray, options: ReduceOptions, divisor: number): boolean {
    const perResult = options.perResult ?? [];
    const sliceElements = plan.count * plan.inner;
    const slices = Math.max(1, Math.min(plan.outer, Math.floor(STAGE_BYTES / Math.max(1, sliceElements * operand.array.BYTES_PER_ELEMENT))));
    const arrays = [operand.array, out, ...perResult];
    const lengths = arrays.map((_, i) => slices * (i === 0 ? sliceElements : plan.inner));
    const offsets = placement(arrays, lengths);
    const base = this.#heap.allocate(offsets[arrays.length]!);
    if (base === 0) return false;
    const { buffer } = this.#heap.memory;
    const stage = (i: number, from: number, count: number): void => copy(arrays[i]!.subarray(from, from + count), like(arrays[i]!, buffer, base + offsets[i]!, count));
    for (let outer = 0; outer < plan.outer; outer += slices) {
      const now = Math.min(slices, plan.outer - outer);
      stage(0, (operand.offset ?? 0) + outer * sliceElements, now * sliceElements);
      perResult.forEach((_, k) => stage(2 + k, outer * plan.inner, now * plan.inner));
      writeParams(buffer, base, { plan, x: base + offsets[0]!, out: base + offsets[1]!, perResult: perResult.map((_, k) => base + offsets[2 + k]!), divisor });
      kernel.call(base, 0, now * plan.inner);
      copy(like(out, buffer, base + offsets[1]!, now * plan.inner), out.subarray(outer * plan.inner, (outer + now) * plan.inner));
    }
    this.#heap.free(base);
    return true;
  }

  #kernel(reduction: Reduction, form: ReduceForm): CompiledKernel {
    const forms = this.#kernels.get(reduction) ?? new Map<string, CompiledKernel>();
    this.#kernels.set(reduction, forms);
    const key = `${form.order} ${form.element} ${form.result} ${form.perResult.join(' ')}`;
    const known = forms.get(key);
    if (known !== undefined) return known;
    const bytes = reduceModule(reduction, form);
    const compiled = { bytes, name: 'reduce', call: instantiate(bytes, this.#heap.memory)['reduce']! };
    forms.set(key, compiled);
    return compiled;
  }
}

interface Plan {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
  readonly form: Omit<ReduceForm, 'memory'>;
}

function planOf(reduction: Reduction, operand: Operand, axes: readonly number[], out: ElementArray, options: ReduceOptions): Plan | undefined {
  const perResult = options.perResult ?? [];
  const element = elementType(operand.array);
  const extras = perResult.map(elementType);
  const result = elementType(out);
  if (element === undefined || extras.includes(undefined) || !isResult(result)) return undefined;
  if (domainFor('value', [operand.array, ...perResult], out) !== floatAlgebra) return undefined;
  const parts = [reduction.body, reduction.combine, ...(reduction.finish === undefined ? [] : [reduction.finish])];
  const extents = collapseAxes(operand, axes);
  if (extents === undefined || !parts.every((part) => profileOf(part).vector)) return undefined;
  const order = runsInLanes(operand.shape, axes) ? 'lanes' : 'sequence';
  const narrow = element === 'f32' || element === 'u8' || element === 'i8' || element === 'u16' || element === 'i16';
  const exact = reduction.finish === undefined && extras.length === 0 && parts.every((part) => profileOf(part).exact);
  const lanes = order === 'lanes' && narrow && exact && (result === 'f32' || result === 'f64') ? 'f32x4' : 'f64x2';
  return { ...extents, form: { element, perResult: extras as ElementType[], result, order, lanes } };
}

function isResult(type: ElementType | undefined): type is Exclude<ResultType, 'mask'> {
  return type === 'f32' || type === 'f64' || type === 'i32' || type === 'u32';
}

/** [outer, count, inner] of a dense operand whose reduced axes are neighbours (extents of 1 aside). */
function collapseAxes({ shape, strides }: Operand, axes: readonly number[]): { outer: number; count: number; inner: number } | undefined {
  const dense = rowMajorStrides(shape);
  if (strides !== undefined && strides.some((stride, d) => shape[d] !== 1 && stride !== dense[d])) return undefined;
  const dims = shape.map((_, d) => d).filter((d) => shape[d] !== 1);
  const places = dims.map((d, place) => ({ d, place })).filter(({ d }) => axes.includes(d)).map(({ place }) => place);
  if (places.length === 0) return { outer: elementCount(shape), count: 1, inner: 1 };
  const [first, last] = [places[0]!, places[places.length - 1]!];
  if (last - first + 1 !== places.length) return undefined;
  const extent = (from: number, to: number): number => elementCount(dims.slice(from, to).map((d) => shape[d]!));
  return { outer: extent(0, first), count: extent(first, last + 1), inner: extent(last + 1, dims.length) };
}

interface Block {
  readonly plan: Plan;
  readonly x: number;
  readonly out: number;
  readonly perResult: readonly number[];
  readonly divisor: number;
}

function writeParams(buffer: ArrayBufferLike, address: number, { plan, x, out, perResult, divisor }: Block): void {
  const view = new DataView(buffer, address >>> 0);
  view.setInt32(reduceFields.count, plan.count, true);
  view.setInt32(reduceFields.inner, plan.inner, true);
  view.setUint32(reduceFields.x, x, true);
  view.setUint32(reduceFields.out, out, true);
  view.setFloat64(reduceFields.divisor, divisor, true);
  perResult.forEach((value, k) => view.setUint32(reduceFields.perResult(k), value, true));
}

function addressOf(operand: Operand): number {
  return operand.array.byteOffset + (operand.offset ?? 0) * operand.array.BYTES_PER_ELEMENT;
}

// Start of each array behind the parameter block, and the size of the whole.
function placement(arrays: readonly ElementArray[], lengths: readonly number[]): number[] {
  const offsets: number[] = [];
  let next = 64 + Math.ceil(reduceFields.sizeBytes(arrays.length) / 64) * 64;
  arrays.forEach((array, i) => {
    offsets.push(next);
    next += Math.ceil((lengths[i]! * array.BYTES_PER_ELEMENT) / 64) * 64;
  });
  return [...offsets, next];
}

function like(array: ElementArray, buffer: ArrayBufferLike, address: number, length: number): ElementArray {
  const view = array.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ElementArray;
  return new view(buffer, address >>> 0, length);
}

function copy(from: ElementArray, to: ElementArray): void {
  (to as Float64Array).set(from as Float64Array);
}
