// The reduce skeleton on WebAssembly SIMD: kernels emitted per reduction, mapping and dtypes, operands resident or
// staged.
import type { Scalar } from '../../scalar/algebra.ts';
import { domainFor, type ElementArray, type StridedOperand } from '../../js/map.ts';
import { floatAlgebra } from '../../scalar/js-algebra.ts';
import { Recent, sameNumbers } from '../../recent.ts';
import { runsInLanes, type MappedOperand, type Reduction, type ReduceOptions } from '../../js/reduce.ts';
import { broadcastStrides, collapse, elementCount, rowMajorStrides } from '../../strides.ts';
import { CALL_ELEMENTS, callOver, instantiate, type CompiledKernel } from '../code/abi.ts';
import { elementType, NARROW_RANGES, SIZE_BYTES, type ElementType, type WrittenType } from '../code/elements.ts';
import { profileOf } from '../code/profile.ts';
import { columnsModule } from './columns.ts';
import { reduceFields, type ReducedForm, type ReduceForm, TOTALS } from './form.ts';
import { lanesModule } from './lanes.ts';
import { copyElements, Scratch, Slots, type KernelMemory, type ViewClass } from '../memory/staging.ts';

const STAGE_BYTES = 128 * 1024;
const NONE: readonly ElementArray[] = [];

/** Reductions on one linear memory; not reentrant, one per thread. */
export class WasmReduce {
  readonly #heap: KernelMemory;
  readonly #scratch: Scratch;
  readonly #plans = new WeakMap<Reduction, Recent<PlannedReduction>>();
  readonly #kernels = new WeakMap<Scalar, WeakMap<Reduction, Map<string, CompiledKernel>>>();

  constructor(heap: KernelMemory, scratch = new Scratch(heap)) {
    this.#heap = heap;
    this.#scratch = scratch;
  }

  /**
   * Does the reduction and returns true; false where it has no vector form: 64-bit and unsigned 32-bit integers,
   * strided operands, split axes, a full heap, a mapping that `joins` refuses.
   */
  run(
    reduction: Reduction,
    source: StridedOperand | MappedOperand,
    axes: readonly number[],
    out: ElementArray,
    options: ReduceOptions = {},
  ): boolean {
    const { perResult = NONE } = options;
    const plan = this.#planFor(reduction, source, axes, out, perResult);
    if (plan === undefined) return false;
    const divisor = options.divisor ?? plan.count;
    return (
      plan.results === 0 ||
      this.#runWhole(plan, source, out, perResult, divisor) ||
      (!('element' in source) && this.#runSlices(plan, source, out, perResult, divisor))
    );
  }

  /**
   * Whether reductions of a mapped operand take it in, in one pass: an inexpensive function in float32 lanes, of
   * operands that lie in this memory.
   */
  joins({ element, operands, shape }: MappedOperand, axes: readonly number[]): boolean {
    const { vector, single } = profileOf(element);
    return (
      vector &&
      single &&
      operands.every(({ array }) => array instanceof Float32Array && this.#heap.holds(array)) &&
      extentsOf(operands, shape, axes) !== undefined
    );
  }

  #planFor(
    reduction: Reduction,
    source: StridedOperand | MappedOperand,
    axes: readonly number[],
    out: ElementArray,
    perResult: readonly ElementArray[],
  ): Plan | undefined {
    let recent = this.#plans.get(reduction);
    if (recent === undefined) this.#plans.set(reduction, (recent = new Recent()));
    const known = recent.find((planned) => fitsCall(planned, source, axes, out, perResult));
    if (known !== undefined) return known.plan;
    const [mapping, operands] = 'element' in source ? [source.element, source.operands] : [undefined, [source]];
    const plan = this.#plan(reduction, mapping, operands, source.shape, axes, out, perResult);
    if (operands.some(({ strides }) => strides !== undefined)) return plan;
    const classes = [
      ...operands.map(({ array }) => array.constructor),
      ...perResult.map((array) => array.constructor),
      out.constructor,
    ];
    return recent.add({
      plan,
      mapping,
      classes,
      shapes: operands.map(({ shape }) => [...shape]),
      shape: [...source.shape],
      axes: [...axes],
    }).plan;
  }

  #plan(
    reduction: Reduction,
    mapping: Scalar | undefined,
    operands: readonly StridedOperand[],
    shape: readonly number[],
    axes: readonly number[],
    out: ElementArray,
    perResult: readonly ElementArray[],
  ): Plan | undefined {
    const extents = extentsOf(operands, shape, axes);
    const order = runsInLanes(shape, axes) ? 'lanes' : 'sequence';
    const types = typesOf(reduction, mapping, operands, out, perResult);
    if (extents === undefined || types === undefined) return undefined;
    const { outer, count, inner, walks } = extents;
    const results = outer * inner;
    const kernel = this.#kernel(reduction, mapping, {
      operands: walks.map(({ row, column }, k) => ({
        type: types.operands[k]!,
        varies: row !== 0,
        dense: order === 'sequence' && column !== 0,
      })),
      perResult: types.perResult.map((type) => ({ type, varies: false, dense: order === 'sequence' })),
      mapping,
      result: types.result,
      order,
      identity: identityOf(reduction, types),
      lanes: types.lanes,
      memory: this.#heap.kind,
    });
    const bytes = [
      ...walks.map((walk, k) => bytesOf(walk, types.operands[k]!)),
      ...types.perResult.map((type) => bytesOf({ outer: inner, row: 0, column: 1 }, type)),
    ];
    const arrays = [...operands.map(({ array }) => array), ...perResult, out];
    const lengths = [
      ...operands.map((operand) => elementCount(operand.shape)),
      ...perResult.map(() => results),
      results,
    ];
    return {
      outer,
      count,
      inner,
      results,
      kernel,
      bytes,
      slots: new Slots(
        this.#scratch,
        arrays.map((array) => array.constructor as ViewClass),
        lengths,
      ),
    };
  }

  /** Everything at once, small arrays copied whole; false where one lies elsewhere and is not small. */
  #runWhole(
    plan: Plan,
    source: StridedOperand | MappedOperand,
    out: ElementArray,
    perResult: readonly ElementArray[],
    divisor: number,
  ): boolean {
    const { slots, results, count, bytes } = plan;
    const { words, floats, params } = this.#scratch;
    const target = slots.locate(bytes.length, out);
    if (target === 0) return false;
    const sources = bytes.length - perResult.length;
    for (let k = 0; k < bytes.length; k++) {
      const operand = 'element' in source ? source.operands[k] : source;
      const address =
        k < sources ? slots.place(k, operand!.array, operand!.offset) : slots.place(k, perResult[k - sources]!);
      if (address === 0) return false;
      writeOperand(words, k, address, bytes[k]!);
    }
    writeHead(words, plan, target, this.#scratch.totals);
    floats[reduceFields.divisor / 8] = divisor;
    if (count * Math.min(plan.inner, TOTALS) > CALL_ELEMENTS) callInParts(plan, words, params);
    else callOver(plan.kernel.call, params, results, count);
    slots.fetch(bytes.length, target, out);
    return true;
  }

  // Whole outer slices at a time; one slice at least, however large.
  #runSlices(
    plan: Plan,
    operand: StridedOperand,
    out: ElementArray,
    perResult: readonly ElementArray[],
    divisor: number,
  ): boolean {
    const sliceElements = plan.count * plan.inner;
    const slices = Math.max(
      1,
      Math.min(plan.outer, Math.floor(STAGE_BYTES / Math.max(1, sliceElements * operand.array.BYTES_PER_ELEMENT))),
    );
    const arrays = [operand.array, ...perResult, out];
    const offsets = placement(
      arrays,
      arrays.map((_, i) => slices * (i === 0 ? sliceElements : plan.inner)),
    );
    const base = this.#heap.allocate(offsets[arrays.length]!);
    if (base === 0) return false;
    const { buffer } = this.#heap.memory;
    const staged = (i: number, count: number): ElementArray => like(arrays[i]!, buffer, base + offsets[i]!, count);
    const stage = (i: number, from: number, count: number): void =>
      copyElements(arrays[i]!.subarray(from, from + count), staged(i, count));
    const words = new Int32Array(buffer, base >>> 0, reduceFields.sizeBytes(plan.bytes.length) / 4);
    const last = arrays.length - 1;
    writeHead(words, plan, base + offsets[last]!, this.#scratch.totals);
    plan.bytes.forEach((bytes, k) => writeOperand(words, k, base + offsets[k]!, bytes));
    new Float64Array(buffer, (base >>> 0) + reduceFields.divisor, 1)[0] = divisor;
    for (let outer = 0; outer < plan.outer; outer += slices) {
      const now = Math.min(slices, plan.outer - outer);
      stage(0, (operand.offset ?? 0) + outer * sliceElements, now * sliceElements);
      perResult.forEach((_, k) => stage(1 + k, outer * plan.inner, now * plan.inner));
      plan.kernel.call(base, 0, now * plan.inner);
      copyElements(staged(last, now * plan.inner), out.subarray(outer * plan.inner, (outer + now) * plan.inner));
    }
    this.#heap.free(base);
    return true;
  }

  #kernel(reduction: Reduction, mapping: Scalar | undefined, form: ReduceForm): CompiledKernel {
    const owner = mapping ?? reduction.body;
    let ofOwner = this.#kernels.get(owner);
    if (ofOwner === undefined) this.#kernels.set(owner, (ofOwner = new WeakMap()));
    let forms = ofOwner.get(reduction);
    if (forms === undefined) ofOwner.set(reduction, (forms = new Map()));
    const key =
      `${form.order} ${form.lanes} ${form.identity} ${form.result} ${nameOf(form.operands)} ` +
      `${nameOf(form.perResult)}`;
    const known = forms.get(key);
    if (known !== undefined) return known;
    const bytes = (form.order === 'lanes' ? lanesModule : columnsModule)(reduction, form);
    const compiled = { bytes, name: 'reduce', call: instantiate(bytes, this.#heap.memory)['reduce']! };
    forms.set(key, compiled);
    return compiled;
  }
}

const nameOf = (operands: readonly ReducedForm[]): string =>
  operands.map(({ type, varies, dense }) => `${type}${varies ? '/' : ''}${dense ? '-' : ''}`).join();

/** Elements from one outer slice, row or column of an operand to the next. */
interface Walk {
  readonly outer: number;
  readonly row: number;
  readonly column: number;
}

/** An index space seen as [outer, count, inner], the middle reduced, and how operands are walked in it. */
interface Extents {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
  readonly walks: readonly Walk[];
}

/** Bytes from slice to slice and from row to row of an operand. */
interface Strides {
  readonly outer: number;
  readonly row: number;
}

/** What a reduction needs besides its data. */
interface Plan {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
  readonly results: number;
  readonly kernel: CompiledKernel;
  /** Of the operands, then of the values per result. */
  readonly bytes: readonly Strides[];
  /** Places for small arrays that lie elsewhere: operands, values per result, the result. */
  readonly slots: Slots;
}

/** A plan and the calls it is for; there is no plan where the reduction has no vector form. */
interface PlannedReduction {
  readonly plan: Plan | undefined;
  readonly mapping: Scalar | undefined;
  readonly classes: readonly unknown[];
  readonly shapes: readonly (readonly number[])[];
  readonly shape: readonly number[];
  readonly axes: readonly number[];
}

function fitsCall(
  { mapping, classes, shapes, shape, axes }: PlannedReduction,
  source: StridedOperand | MappedOperand,
  wanted: readonly number[],
  out: ElementArray,
  perResult: readonly ElementArray[],
): boolean {
  const sources = shapes.length;
  if (classes.length !== sources + perResult.length + 1 || out.constructor !== classes[classes.length - 1])
    return false;
  for (let k = 0; k < perResult.length; k++) if (perResult[k]!.constructor !== classes[sources + k]) return false;
  if (!sameNumbers(axes, wanted) || !sameNumbers(shape, source.shape)) return false;
  if (!('element' in source))
    return mapping === undefined && source.strides === undefined && source.array.constructor === classes[0];
  return (
    mapping === source.element &&
    source.operands.every(
      ({ array, strides, shape: own }, k) =>
        strides === undefined && array.constructor === classes[k] && sameNumbers(own, shapes[k]!),
    )
  );
}

interface Types {
  readonly operands: readonly ElementType[];
  readonly perResult: readonly ElementType[];
  readonly result: Exclude<WrittenType, 'mask'>;
  readonly lanes: ReduceForm['lanes'];
}

/** Element types and lanes of a reduction; undefined where it has no vector form. */
function typesOf(
  reduction: Reduction,
  mapping: Scalar | undefined,
  operands: readonly StridedOperand[],
  out: ElementArray,
  perResult: readonly ElementArray[],
): Types | undefined {
  const arrays = operands.map(({ array }) => array);
  const [elements, extras, result] = [arrays.map(elementType), perResult.map(elementType), elementType(out)];
  if (elements.includes(undefined) || extras.includes(undefined) || result === undefined) return undefined;
  const types = { operands: elements as ElementType[], perResult: extras as ElementType[], result };
  const parts = [
    reduction.body,
    reduction.combine,
    ...(reduction.finish === undefined ? [] : [reduction.finish]),
    ...(mapping === undefined ? [] : [mapping]),
  ];
  if (domainFor('value', [...arrays, ...perResult], out) !== floatAlgebra) {
    // Sums and products may wrap last; what is compared has to be wrapped before.
    const isWide =
      result === 'i32' ||
      (SIZE_BYTES[result] < 4 &&
        (reduction.identity === 'zero' || reduction.identity === 'one' || elements[0] === result));
    return isWide &&
      mapping === undefined &&
      elements.every((type) => type !== 'u32') &&
      parts.every((part) => profileOf(part).integer)
      ? { ...types, lanes: 'i32x4' }
      : undefined;
  }
  if (mapping !== undefined && !(profileOf(mapping).single && elements.every((type) => type === 'f32')))
    return undefined;
  if (!parts.every((part) => profileOf(part).vector)) return undefined;
  const narrow = elements.every(
    (type) => type === 'f32' || type === 'u8' || type === 'i8' || type === 'u16' || type === 'i16',
  );
  const exact =
    reduction.finish === undefined &&
    extras.length === 0 &&
    profileOf(reduction.body).exact &&
    profileOf(reduction.combine).exact;
  return { ...types, lanes: narrow && exact ? 'f32x4' : 'f64x2' };
}

const EXTREMES: Partial<Record<ElementType, readonly [number, number]>> = {
  i32: [-(2 ** 31), 2 ** 31 - 1],
  ...NARROW_RANGES,
};

/** What a reduction begins with: the neutral element in the type that is reduced. */
function identityOf({ identity }: Reduction, { lanes, operands: [type] }: Types): number {
  if (identity === 'zero' || identity === 'one') return identity === 'zero' ? 0 : 1;
  const [lowest, highest] = (lanes === 'i32x4' && EXTREMES[type!]) || [-Infinity, Infinity];
  return identity === 'lowest' ? lowest : highest;
}

/**
 * How a reduction walks its operands; undefined where reduced axes are no neighbours (extents of 1 aside), or an
 * operand is not walked with one step along each of the three.
 */
export function extentsOf(
  operands: readonly StridedOperand[],
  shape: readonly number[],
  axes: readonly number[],
): Extents | undefined {
  const dims = shape.map((_, d) => d).filter((d) => shape[d] !== 1);
  const places = dims
    .map((d, place) => ({ d, place }))
    .filter(({ d }) => axes.includes(d))
    .map(({ place }) => place);
  const [first, last] = places.length === 0 ? [dims.length, dims.length - 1] : [places[0]!, places[places.length - 1]!];
  if (last - first + 1 !== places.length) return undefined;
  const parts = [dims.slice(0, first), dims.slice(first, last + 1), dims.slice(last + 1)];
  const walks: Walk[] = [];
  for (const operand of operands) {
    const dense = rowMajorStrides(operand.shape);
    if (operand.strides?.some((stride, d) => operand.shape[d] !== 1 && stride !== dense[d])) return undefined;
    const strides = broadcastStrides(operand.shape, dense, shape);
    const [outer, row, column] = parts.map((part) => stepAlong(part, shape, strides));
    if (
      outer === undefined ||
      row === undefined ||
      column === undefined ||
      (column === 0 ? parts[2]!.length === 0 && row > 1 : column !== 1)
    )
      return undefined;
    walks.push({ outer, row, column });
  }
  const [outer, count, inner] = parts.map((part) => elementCount(part.map((d) => shape[d]!))) as [
    number,
    number,
    number,
  ];
  return { outer, count, inner, walks };
}

/** The one step with which an operand goes along some dimensions; undefined where there is none. */
function stepAlong(dims: readonly number[], shape: readonly number[], strides: readonly number[]): number | undefined {
  const nest = collapse({ shape: dims.map((d) => shape[d]!), strides: [dims.map((d) => strides[d]!)] });
  return nest.shape.length === 1 ? nest.strides[0]![0]! : undefined;
}

const bytesOf = ({ outer, row }: Walk, type: ElementType): Strides => ({
  outer: outer * SIZE_BYTES[type],
  row: row * SIZE_BYTES[type],
});

function writeHead(words: Int32Array, { count, inner }: Plan, out: number, totals: number): void {
  words[reduceFields.count / 4] = count;
  words[reduceFields.inner / 4] = inner;
  words[reduceFields.out / 4] = out;
  words[reduceFields.totals / 4] = totals;
  words[reduceFields.resumes / 4] = 0;
  words[reduceFields.pauses / 4] = 0;
}

/** Results that take long, panel by panel and some rows at a time: a kernel in one call would stay in baseline code. */
function callInParts({ kernel, bytes, count, inner, results }: Plan, words: Int32Array, params: number): void {
  const starts = bytes.map((_, k) => words[reduceFields.address(k) / 4]!);
  for (let first = 0; first < results;) {
    const end = Math.min(first + TOTALS, first - (first % inner) + inner);
    const rows = Math.max(8, Math.floor(CALL_ELEMENTS / (end - first)) & -8);
    for (let row = 0; row < count; row += rows) {
      words[reduceFields.count / 4] = Math.min(rows, count - row);
      words[reduceFields.resumes / 4] = row;
      words[reduceFields.pauses / 4] = row + rows < count ? 1 : 0;
      bytes.forEach((stride, k) => (words[reduceFields.address(k) / 4] = starts[k]! + row * stride.row));
      kernel.call(params, first, end);
    }
    first = end;
  }
}

function writeOperand(words: Int32Array, k: number, address: number, { outer, row }: Strides): void {
  words[reduceFields.address(k) / 4] = address;
  words[reduceFields.outerBytes(k) / 4] = outer;
  words[reduceFields.rowBytes(k) / 4] = row;
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
