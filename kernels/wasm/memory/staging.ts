// Copies of operands that do not lie in linear memory: small ones whole into fixed slots, rectangles of larger ones
// chunk by chunk.
import type { ElementArray, NumberArray } from '../../js/map.ts';

/** Linear memory with an allocator (kernels/wasm/memory/heap.ts). */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly kind: 'shared' | 'private';
  /** Address of a 64-byte aligned block, 0 when full. */
  allocate(sizeBytes: number): number;
  free(address: number): void;
  /** Whether the bytes of an array lie in this memory. */
  holds(array: ElementArray): boolean;
}

/** An array class of elements in linear memory. */
export type ViewClass = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ElementArray;

/** A parameter block and room for copies, at a fixed place of linear memory; used by one call at a time. */
export class Scratch {
  readonly heap: KernelMemory;
  /** Address of the parameter block. */
  readonly params: number;
  /** Address of room for what kernels keep between calls. */
  readonly totals: number;
  /** Address of the room for copies. */
  readonly room: number;
  #words: Int32Array;
  #floats: Float64Array;

  /** Takes 100 KiB of the heap. Throws RangeError when it is full. */
  constructor(heap: KernelMemory) {
    this.heap = heap;
    this.params = heap.allocate(PARAMS_BYTES + TOTALS_BYTES + SCRATCH_BYTES);
    if (this.params === 0)
      throw new RangeError(`no ${SCRATCH_BYTES} bytes of scratch left: free some results or grow the heap`);
    this.totals = this.params + PARAMS_BYTES;
    this.room = this.totals + TOTALS_BYTES;
    this.#words = this.#view(Int32Array) as Int32Array;
    this.#floats = this.#view(Float64Array) as Float64Array;
  }

  /** The words of the parameter block. Growth detaches the views of a private memory, which leaves them empty. */
  get words(): Int32Array {
    return this.#words.length > 0 ? this.#words : (this.#words = this.#view(Int32Array) as Int32Array);
  }

  /** The parameter block as float64. */
  get floats(): Float64Array {
    return this.#floats.length > 0 ? this.#floats : (this.#floats = this.#view(Float64Array) as Float64Array);
  }

  #view(Elements: ViewClass): ElementArray {
    return new Elements(this.heap.memory.buffer, this.params, PARAMS_BYTES / bytesPerElement(Elements));
  }
}

/** Copies of all operands of a call together stay in the second-level cache. */
export const SCRATCH_BYTES = 96 * 1024;
const PARAMS_BYTES = 512;
const TOTALS_BYTES = 4096;
const SLOT_ALIGNMENT_BYTES = 64;

/**
 * A place in scratch memory for each array of a call, but for those too large for it. Views are kept: making one costs
 * more than a small copy.
 */
export class Slots {
  readonly #heap: KernelMemory;
  readonly #addresses: number[] = [];
  readonly #views: (ElementArray | undefined)[];
  readonly #classes: readonly ViewClass[];
  readonly #lengths: readonly number[];

  constructor({ heap, room }: Scratch, classes: readonly ViewClass[], lengths: readonly number[]) {
    this.#heap = heap;
    this.#classes = classes;
    this.#lengths = lengths;
    let end = room;
    classes.forEach((Elements, k) => {
      const next =
        end + Math.ceil((lengths[k]! * bytesPerElement(Elements)) / SLOT_ALIGNMENT_BYTES) * SLOT_ALIGNMENT_BYTES;
      const fits = next - room <= SCRATCH_BYTES;
      this.#addresses.push(fits ? end : 0);
      if (fits) end = next;
    });
    this.#views = classes.map(() => undefined);
  }

  /** Address of a result: where it lies, or its slot; 0 where it has none. */
  locate(k: number, array: ElementArray): number {
    return this.#heap.holds(array) ? array.byteOffset : this.#addresses[k]!;
  }

  /** Address of an operand: where it lies, or its slot, to which it is copied; 0 where it has none. */
  place(k: number, array: ElementArray, offset = 0): number {
    if (this.#heap.holds(array))
      return offset === 0 ? array.byteOffset : array.byteOffset + offset * array.BYTES_PER_ELEMENT;
    const address = this.#addresses[k]!;
    if (address === 0) return 0;
    const view = this.#view(k);
    copyElements(array.length === view.length ? array : array.subarray(offset, offset + view.length), view);
    return address;
  }

  /** Copies a result out of its slot, if that is where it was written. */
  fetch(k: number, address: number, out: ElementArray): void {
    if (address === this.#addresses[k]) copyElements(this.#view(k), out);
  }

  #view(k: number): ElementArray {
    const view = this.#views[k];
    if (view !== undefined && view.length > 0) return view;
    return (this.#views[k] = new this.#classes[k]!(this.#heap.memory.buffer, this.#addresses[k]!, this.#lengths[k]!));
  }
}

const bytesPerElement = (Elements: ViewClass): number =>
  (Elements as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;

/** Copies all elements, in the type they have. */
export function copyElements(from: ElementArray, to: ElementArray): void {
  (to as Float64Array).set(from as Float64Array);
}

/** A rows × length plane of an operand: element (r, c) lies at offset + r * rowStride + c * step (in elements). */
export interface Plane {
  readonly array: ElementArray;
  readonly offset: number;
  readonly rowStride: number;
  readonly step: number;
}

/** Rows [row, row + rows) × columns [column, column + columns) of a plane. */
interface Rectangle {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Copies a rectangle to the start of `target`, row after row; a plane whose rows repeat gives one row. */
export function copyRectangle(plane: Plane, part: Rectangle, target: ElementArray): void {
  const columns = plane.step === 0 ? 1 : part.columns;
  const rows = plane.rowStride === 0 ? 1 : part.rows;
  const start = plane.offset + part.row * plane.rowStride + (plane.step === 0 ? 0 : part.column * plane.step);
  const dense = plane.step === 1 || columns === 1;
  if (dense && (rows === 1 || plane.rowStride === columns)) {
    copyRun(plane.array, start, rows * columns, target, 0);
    return;
  }
  for (let r = 0; r < rows; r++) {
    const from = start + r * plane.rowStride;
    if (dense && columns > 16) copyRun(plane.array, from, columns, target, r * columns);
    else copyStrided(plane.array as NumberArray, from, plane.step, columns, target as NumberArray, r * columns);
  }
}

// Element copies of floats change signalling NaNs only into quiet ones, and results carry canonical NaNs anyhow.
function copyStrided(from: NumberArray, start: number, step: number, count: number, to: NumberArray, at: number): void {
  for (let c = 0; c < count; c++) to[at + c] = from[start + c * step]!;
}

function copyRun(from: ElementArray, start: number, count: number, to: ElementArray, at: number): void {
  (to as Float64Array).set((from as Float64Array).subarray(start, start + count), at);
}
