// Conversions of whole arrays on WebAssembly.
import { scalar } from '../../scalar/algebra.ts';
import type { Codec, DecodedArray, StoredArray } from '../../codecs/codec.ts';
import type { NumberArray } from '../../js/map.ts';
import { callOver, instantiate, type Kernels } from '../code/abi.ts';
import { codecFields, codecModule } from './codec-module.ts';
import type { WasmMap } from '../map/map.ts';
import type { KernelMemory, Scratch } from '../memory/staging.ts';

const same = scalar('same', 1, (_m, x) => x);

/** Conversions within one linear memory; not reentrant, one per thread. */
export class WasmConvert {
  readonly #heap: KernelMemory;
  readonly #scratch: Scratch;
  readonly #maps: WasmMap;
  readonly #kernels = new Map<Codec, Kernels>();

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

  /** Stored elements to numbers; false where an array lies outside linear memory, or the codec has no layout. */
  decode(codec: Codec, stored: StoredArray, target: DecodedArray): boolean {
    return this.#run('decode', codec, stored, target);
  }

  /** Numbers to stored elements; false as in `decode`. */
  encode(codec: Codec, source: DecodedArray, stored: StoredArray): boolean {
    return this.#run('encode', codec, source, stored);
  }

  #run(name: 'decode' | 'encode', codec: Codec, source: NumberArray, target: NumberArray): boolean {
    const { layout } = codec;
    if (layout === undefined || !this.#heap.holds(source) || !this.#heap.holds(target)) return false;
    let kernels = this.#kernels.get(codec);
    if (kernels === undefined) {
      kernels = instantiate(codecModule(layout, this.#heap.kind), this.#heap.memory);
      this.#kernels.set(codec, kernels);
    }
    const { words, params } = this.#scratch;
    words[codecFields.source / 4] = source.byteOffset;
    words[codecFields.target / 4] = target.byteOffset;
    callOver(kernels[name]!, params, target.length);
    return true;
  }
}
