// The copy skeleton on WebAssembly: elements of any dtype move within linear memory.
import type { Gathering, Place } from '../../js/copy.ts';
import type { ElementArray } from '../../js/map.ts';
import { collapse, elementCount, forEachRow, type LoopNest } from '../../strides.ts';
import { callOver, instantiate, type Kernels } from '../code/abi.ts';
import { copyFields, copyModule, DIMENSIONS, type ItemBytes, SQUARE_SIDE } from './module.ts';
import { Scratch, type KernelMemory } from '../memory/staging.ts';

/** A strided run longer than this is cut, so that no call is long. */
const LONGEST_RUN = 1 << 12;

/** Copies within one linear memory; not reentrant, one per thread. */
export class WasmCopy {
  readonly #heap: KernelMemory;
  readonly #scratch: Scratch;
  readonly #kernels = new Map<ItemBytes, Kernels>();

  constructor(heap: KernelMemory, scratch: Scratch = new Scratch(heap)) {
    this.#heap = heap;
    this.#scratch = scratch;
  }

  /** Copies and returns true; false where one of the arrays lies elsewhere. */
  copy(shape: readonly number[], source: Place, target: Place): boolean {
    if (!this.#heap.holds(source.array) || !this.#heap.holds(target.array)) return false;
    const itemBytes = source.array.BYTES_PER_ELEMENT as ItemBytes;
    for (const [nest, starts] of cut(collapse({ shape, strides: [source.strides, target.strides] }))) {
      const { outer, inner } = split(nest);
      const bases = [source, target].map(
        ({ array, offset }, i) => array.byteOffset + (offset + starts[i]!) * itemBytes,
      );
      forEachRow(
        { shape: [...outer.shape, 1], strides: outer.strides.map((strides) => [...strides, 0]) },
        [0, 0],
        (offsets) =>
          this.#run(
            itemBytes,
            inner,
            bases.map((base, i) => base + offsets[i]! * itemBytes),
          ),
      );
    }
    return true;
  }

  /** Gathers slices and returns true; false where one of the arrays lies elsewhere. */
  gather({ outer, length, inner, places }: Gathering, source: ElementArray, target: ElementArray): boolean {
    if (!this.#heap.holds(source) || !this.#heap.holds(target) || places.length === 0) return false;
    const address = this.#heap.allocate(places.byteLength);
    if (address === 0) return false;
    new Int32Array(this.#heap.memory.buffer, address >>> 0, places.length).set(places);
    const itemBytes = source.BYTES_PER_ELEMENT as ItemBytes;
    const [words, sliceBytes, { gather }] = [this.#scratch.words, inner * itemBytes, this.#kernelsFor(itemBytes)];
    for (let block = 0; block < outer; block++) {
      words[copyFields.source / 4] = source.byteOffset + block * length * sliceBytes;
      words[copyFields.target / 4] = target.byteOffset + block * places.length * sliceBytes;
      words[copyFields.places / 4] = address;
      words[copyFields.sliceBytes / 4] = sliceBytes;
      callOver(gather!, this.#scratch.params, places.length, inner);
    }
    this.#heap.free(address);
    return true;
  }

  #run(itemBytes: ItemBytes, nest: LoopNest, [source, target]: readonly number[]): void {
    const { words, params } = this.#scratch;
    const { copy, turn } = this.#kernelsFor(itemBytes);
    const turned = turnable(nest);
    const { shape, strides } = turned ?? nest;
    const missing = DIMENSIONS - shape.length;
    words[copyFields.source / 4] = source!;
    words[copyFields.target / 4] = target!;
    for (let d = 0; d < DIMENSIONS; d++) {
      words[copyFields.extent(d) / 4] = d < missing ? 1 : shape[d - missing]!;
      words[copyFields.sourceBytes(d) / 4] = d < missing ? 0 : strides[0]![d - missing]! * itemBytes;
      words[copyFields.targetBytes(d) / 4] = d < missing ? 0 : strides[1]![d - missing]! * itemBytes;
    }
    // A loop over targets ends one step after the last, also where there is one.
    if (shape.at(-1) === 1) words[copyFields.targetBytes(DIMENSIONS - 1) / 4] = itemBytes;
    const [width, height] = [shape.at(-2) ?? 1, shape.at(-1)!];
    const outer = elementCount(shape.slice(0, -2));
    if (turned === undefined) callOver(copy!, params, outer * width, height);
    else callOver(turn!, params, outer * Math.ceil(width / SQUARE_SIDE), SQUARE_SIDE * height);
  }

  #kernelsFor(itemBytes: ItemBytes): Kernels {
    let kernels = this.#kernels.get(itemBytes);
    if (kernels === undefined)
      this.#kernels.set(itemBytes, (kernels = instantiate(copyModule(itemBytes, this.#heap.kind), this.#heap.memory)));
    return kernels;
  }
}

/** The nest with a long strided run cut into shorter ones and a rest, with where each part begins. */
function cut(nest: LoopNest): [LoopNest, readonly number[]][] {
  const last = nest.shape.length - 1;
  const length = nest.shape[last]!;
  const steps = nest.strides.map((strides) => strides[last]!);
  if (elementCount(nest.shape) === 0) return [];
  if (length <= LONGEST_RUN || steps.every((step) => step === 1)) return [[nest, [0, 0]]];
  const runs = Math.floor(length / LONGEST_RUN);
  const withLast = (extents: readonly number[], stridesOf: (step: number) => readonly number[]): LoopNest => ({
    shape: [...nest.shape.slice(0, last), ...extents],
    strides: nest.strides.map((strides, i) => [...strides.slice(0, last), ...stridesOf(steps[i]!)]),
  });
  const whole = withLast([runs, LONGEST_RUN], (step) => [step * LONGEST_RUN, step]);
  const rest = length - runs * LONGEST_RUN;
  return rest === 0
    ? [[whole, [0, 0]]]
    : [
        [whole, [0, 0]],
        [withLast([rest], (step) => [step]), steps.map((step) => step * runs * LONGEST_RUN)],
      ];
}

/** The innermost dimensions that fit a kernel, and those outside them. */
function split({ shape, strides }: LoopNest): { outer: LoopNest; inner: LoopNest } {
  const first = Math.max(0, shape.length - DIMENSIONS);
  return {
    outer: { shape: shape.slice(0, first), strides: strides.map((each) => each.slice(0, first)) },
    inner: { shape: shape.slice(first), strides: strides.map((each) => each.slice(first)) },
  };
}

/**
 * The nest with the dimension along which the source is dense before the last, along which the target is; undefined
 * where they are the same, or there is none.
 */
function turnable({ shape, strides: [source, target] }: LoopNest): LoopNest | undefined {
  const last = shape.length - 1;
  const dense = source!.lastIndexOf(1);
  if (dense < 0 || dense === last || target![last] !== 1 || shape[dense]! < 4 || shape[last]! < 4) return undefined;
  const order = [...shape.keys()].filter((d) => d !== dense && d !== last).concat(dense, last);
  return {
    shape: order.map((d) => shape[d]!),
    strides: [source!, target!].map((strides) => order.map((d) => strides[d]!)),
  };
}
