// The reduce skeleton on WebAssembly SIMD, for floats: kernels emitted per reduction and dtypes, operands resident or staged.
import { domainFor, type ElementArray, type Operand } from '../map.ts';
import { floatAlgebra } from '../js-algebra.ts';
import { Recent, sameNumbers } from '../recent.ts';
import { runsInLanes, type Reduction, type ReduceOptions } from '../reduce.ts';
import { elementCount, rowMajorStrides } from '../strides.ts';
import { instantiate, type CompiledKernel } from './abi.ts';
import { elementType, type ElementType, type ResultType } from './elements.ts';
import { profileOf } from './profile.ts';
import { reduceFields, reduceModule, type ReduceForm } from './reduce-module.ts';
import { copyElements, Scratch, Slots, type KernelMemory, type ViewClass } from './staging.ts';

/** A reduction over resident data as one parallel range of results. */
export interface ReduceJob {
  readonly kernel: CompiledKernel;
  readonly paramsSizeBytes: number;
  writeParams(address: number): void;
  readonly range: number;
}

const STAGE_BYTES = 128 * 1024;
const CALL_ELEMENTS = 1 << 16; // V8 replaces baseline code at calls only
const NONE: readonly ElementArray[] = [];

/** Reductions on one linear memory; not reentrant, one per thread. */
export class WasmReduce {
  readonly #heap: KernelMemory;
  readonly #scratch: Scratch;
  readonly #plans = new WeakMap<Reduction, Recent<PlannedReduction>>();
  readonly #kernels = new WeakMap<Reduction, Map<string, CompiledKernel>>();

  constructor(heap: KernelMemory, scratch = new Scratch(heap)) {
    this.#heap = heap;
    this.#scratch = scratch;
  }

  /** Does the reduction and returns true; false where it has no vector form: integers, strided operands, split axes, a full heap. */
  run(reduction: Reduction, operand: Operand, axes: readonly number[], out: ElementArray, options: ReduceOptions = {}): boolean {
    const { perResult = NONE } = options;
    const plan = this.#planFor(reduction, operand, axes, out, perResult);
    if (plan === undefined) return false;
    const divisor = options.divisor ?? plan.count;
    return plan.results === 0 || this.#runWhole(plan, operand, out, perResult, divisor) || this.#runSlices(plan, operand, out, perResult, divisor);
  }

  /** The same reduction as a job for several threads; undefined where `run` would say false or stage. */
  job(reduction: Reduction, operand: Operand, axes: readonly number[], out: ElementArray, options: ReduceOptions = {}): ReduceJob | undefined {
    const { perResult = NONE } = options;
    const plan = this.#planFor(reduction, operand, axes, out, perResult);
    if (plan === undefined || ![operand.array, out, ...perResult].every((array) => this.#heap.holds(array))) return undefined;
    const { array, offset = 0 } = operand;
    return {
      kernel: plan.kernel, paramsSizeBytes: reduceFields.sizeBytes(perResult.length), range: plan.results,
      writeParams: (address) => this.#writeParams(address, plan, {
        x: array.byteOffset + offset * array.BYTES_PER_ELEMENT, out: out.byteOffset, perResult: perResult.map((values) => values.byteOffset), divisor: options.divisor ?? plan.count,
      }),
    };
  }

  #planFor(reduction: Reduction, operand: Operand, axes: readonly number[], out: ElementArray, perResult: readonly ElementArray[]): Plan | undefined {
    let recent = this.#plans.get(reduction);
    if (recent === undefined) this.#plans.set(reduction, (recent = new Recent()));
    const known = recent.find((planned) => fitsCall(planned, operand, axes, out, perResult));
    if (known !== undefined) return known.plan;
    const form = formOf(reduction, operand, axes, out, perResult);
    const extents = collapseAxes(operand, axes);
    const classes = [operand.array.constructor, out.constructor, ...perResult.map((array) => array.constructor)];
    const plan = form === undefined || extents === undefined ? undefined : this.#plan(reduction, form, extents, classes as ViewClass[]);
    return operand.strides === undefined ? recent.add({ plan, classes, shape: [...operand.shape], axes: [...axes] }).plan : plan;
  }

  #plan(reduction: Reduction, form: Omit<ReduceForm, 'memory'>, { outer, count, inner }: Extents, classes: readonly ViewClass[]): Plan {
    const results = outer * inner;
    const lengths = classes.map((_, i) => (i === 0 ? results * count : results));
    return { outer, count, inner, results, kernel: this.#kernel(reduction, { ...form, memory: this.#heap.kind }), slots: new Slots(this.#scratch, classes, lengths) };
  }

  /** Everything at once, small arrays copied whole; false where one lies elsewhere and is not small. */
  #runWhole(plan: Plan, operand: Operand, out: ElementArray, perResult: readonly ElementArray[], divisor: number): boolean {
    const { slots, results, count } = plan;
    const { words, floats, params } = this.#scratch;
    const x = slots.place(0, operand.array, operand.offset);
    const target = slots.locate(1, out);
    if (x === 0 || target === 0) return false;
    writeHead(words, plan, x, target);
    floats[reduceFields.divisor / 8] = divisor;
    for (let k = 0; k < perResult.length; k++) {
      const address = slots.place(2 + k, perResult[k]!);
      if (address === 0) return false;
      words[reduceFields.perResult(k) / 4] = address;
    }
    const grain = Math.max(16, Math.ceil(CALL_ELEMENTS / Math.max(1, count)));
    for (let start = 0; start < results; start += grain) plan.kernel.call(params, start, Math.min(results, start + grain));
    slots.fetch(1, target, out);
    return true;
  }

  // Whole outer slices at a time; one slice at least, however large.
  #runSlices(plan: Plan, operand: Operand, out: ElementArray, perResult: readonly ElementArray[], divisor: number): boolean {
    const sliceElements = plan.count * plan.inner;
    const slices = Math.max(1, Math.min(plan.outer, Math.floor(STAGE_BYTES / Math.max(1, sliceElements * operand.array.BYTES_PER_ELEMENT))));
    const arrays = [operand.array, out, ...perResult];
    const lengths = arrays.map((_, i) => slices * (i === 0 ? sliceElements : plan.inner));
    const offsets = placement(arrays, lengths);
    const base = this.#heap.allocate(offsets[arrays.length]!);
    if (base === 0) return false;
    const { buffer } = this.#heap.memory;
    const stage = (i: number, from: number, count: number): void => copyElements(arrays[i]!.subarray(from, from + count), like(arrays[i]!, buffer, base + offsets[i]!, count));
    const block = { x: base + offsets[0]!, out: base + offsets[1]!, perResult: perResult.map((_, k) => base + offsets[2 + k]!), divisor };
    this.#writeParams(base, plan, block);
    for (let outer = 0; outer < plan.outer; outer += slices) {
      const now = Math.min(slices, plan.outer - outer);
      stage(0, (operand.offset ?? 0) + outer * sliceElements, now * sliceElements);
      perResult.forEach((_, k) => stage(2 + k, outer * plan.inner, now * plan.inner));
      plan.kernel.call(base, 0, now * plan.inner);
      copyElements(like(out, buffer, block.out, now * plan.inner), out.subarray(outer * plan.inner, (outer + now) * plan.inner));
    }
    this.#heap.free(base);
    return true;
  }

  #writeParams(address: number, plan: Plan, { x, out, perResult, divisor }: Addresses): void {
    const { buffer } = this.#heap.memory;
    const words = new Int32Array(buffer, address >>> 0, reduceFields.sizeBytes(perResult.length) / 4);
    writeHead(words, plan, x, out);
    new Float64Array(buffer, (address >>> 0) + reduceFields.divisor, 1)[0] = divisor;
    perResult.forEach((value, k) => (words[reduceFields.perResult(k) / 4] = value));
  }

  #kernel(reduction: Reduction, form: ReduceForm): CompiledKernel {
    let forms = this.#kernels.get(reduction);
    if (forms === undefined) this.#kernels.set(reduction, (forms = new Map()));
    const key = `${form.order} ${form.element} ${form.result} ${form.perResult.join(' ')}`;
    const known = forms.get(key);
    if (known !== undefined) return known;
    const bytes = reduceModule(reduction, form);
    const compiled = { bytes, name: 'reduce', call: instantiate(bytes, this.#heap.memory)['reduce']! };
    forms.set(key, compiled);
    return compiled;
  }
}

/** A dense operand seen as [outer, count, inner], the middle reduced. */
interface Extents {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

/** What a reduction needs besides its data. */
interface Plan extends Extents {
  readonly results: number;
  readonly kernel: CompiledKernel;
  /** Places for a small operand, result and per-result operands that lie elsewhere, in this order. */
  readonly slots: Slots;
}

/** A plan and the calls it is for; there is no plan where the reduction has no vector form. */
interface PlannedReduction {
  readonly plan: Plan | undefined;
  readonly classes: readonly unknown[];
  readonly shape: readonly number[];
  readonly axes: readonly number[];
}

interface Addresses {
  readonly x: number;
  readonly out: number;
  readonly perResult: readonly number[];
  readonly divisor: number;
}

function fitsCall({ classes, shape, axes }: PlannedReduction, operand: Operand, wanted: readonly number[], out: ElementArray, perResult: readonly ElementArray[]): boolean {
  if (operand.array.constructor !== classes[0] || out.constructor !== classes[1] || perResult.length + 2 !== classes.length) return false;
  for (let k = 0; k < perResult.length; k++) if (perResult[k]!.constructor !== classes[2 + k]) return false;
  return operand.strides === undefined && sameNumbers(axes, wanted) && sameNumbers(shape, operand.shape);
}

function formOf(
  reduction: Reduction, operand: Operand, axes: readonly number[], out: ElementArray, perResult: readonly ElementArray[],
): Omit<ReduceForm, 'memory'> | undefined {
  const element = elementType(operand.array);
  const extras = perResult.map(elementType);
  const result = elementType(out);
  if (element === undefined || extras.includes(undefined) || !isResult(result)) return undefined;
  if (domainFor('value', [operand.array, ...perResult], out) !== floatAlgebra) return undefined;
  const parts = [reduction.body, reduction.combine, ...(reduction.finish === undefined ? [] : [reduction.finish])];
  if (!parts.every((part) => profileOf(part).vector)) return undefined;
  const order = runsInLanes(operand.shape, axes) ? 'lanes' : 'sequence';
  const narrow = element === 'f32' || element === 'u8' || element === 'i8' || element === 'u16' || element === 'i16';
  const exact = reduction.finish === undefined && extras.length === 0 && parts.every((part) => profileOf(part).exact);
  const lanes = order === 'lanes' && narrow && exact && (result === 'f32' || result === 'f64') ? 'f32x4' : 'f64x2';
  return { element, perResult: extras as ElementType[], result, order, lanes };
}

function isResult(type: ElementType | undefined): type is Exclude<ResultType, 'mask'> {
  return type === 'f32' || type === 'f64' || type === 'i32' || type === 'u32';
}

/** [outer, count, inner] of a dense operand whose reduced axes are neighbours (extents of 1 aside). */
function collapseAxes({ shape, strides }: Operand, axes: readonly number[]): Extents | undefined {
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

function writeHead(words: Int32Array, { count, inner }: Plan, x: number, out: number): void {
  words[reduceFields.count / 4] = count;
  words[reduceFields.inner / 4] = inner;
  words[reduceFields.x / 4] = x;
  words[reduceFields.out / 4] = out;
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
  return new (array.constructor as ViewClass)(buffer, address >>> 0, length);
}
