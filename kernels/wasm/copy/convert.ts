// Conversions of whole arrays on WebAssembly.
import { scalar } from '../../scalar/algebra.ts';
import type { NumberArray } from '../../js/map.ts';
import { callOver, instantiate, type Kernels } from '../code/abi.ts';
import { convertFields, convertModule } from './convert-module.ts';
import type { WasmMap } from '../map/map.ts';
import type { KernelMemory, Scratch } from '../memory/staging.ts';

const same = scalar('same', 1, (_m, x) => x);

/** Conversions within one linear memory; not reentrant, one per thread. */
export class WasmConvert {
  readonly #heap: KernelMemory;
  readonly #scratch: Scratch;
  readonly #maps: WasmMap;
  #kernels: Kernels | undefined;

  constructor(heap: KernelMemory, scratch: Scratch, maps: WasmMap) {
    this.#heap = heap;
    this.#scratch = scratch;
    this.#maps = maps;
  }

  /** Converts to floats and returns true; false for other classes. */
  convert(source: NumberArray, target: NumberArray): boolean {
    if (!(target instanceof Float32Array || target instanceof Float64Array)) return false;
    const shape = [target.length];
    return this.#maps.run(same, [{ array: source, shape }], target, shape);
  }

  /** Halves to float32; false where an array lies outside linear memory. */
  widen(halves: Uint16Array, target: Float32Array): boolean {
    return this.#run('widen', halves, target);
  }

  /** Float32 to halves; false where an array lies outside linear memory. */
  narrow(source: Float32Array, halves: Uint16Array): boolean {
    return this.#run('narrow', source, halves);
  }

  #run(name: 'widen' | 'narrow', source: NumberArray, target: NumberArray): boolean {
    if (!this.#heap.holds(source) || !this.#heap.holds(target)) return false;
    this.#kernels ??= instantiate(convertModule(this.#heap.kind), this.#heap.memory);
    const { words, params } = this.#scratch;
    words[convertFields.source / 4] = source.byteOffset;
    words[convertFields.target / 4] = target.byteOffset;
    callOver(this.#kernels[name]!, params, target.length);
    return true;
  }
}
