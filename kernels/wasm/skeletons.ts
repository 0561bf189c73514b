// The skeletons on WebAssembly with the JavaScript ones behind them: what the row operations and the CPU device run on.
import { convert } from '../js/convert.ts';
import { copy, gather } from '../js/copy.ts';
import { decodeAll, encodeAll } from '../codecs/codec.ts';
import { map } from '../js/map.ts';
import { drawBlocks } from '../js/philox.ts';
import { argReduce, reduce, stored } from '../js/reduce.ts';
import type { Skeletons } from '../skeletons.ts';
import { WasmArgReduce } from './reduce/arg-reduce.ts';
import { WasmConvert } from './copy/convert.ts';
import { WasmCopy } from './copy/copy.ts';
import { WasmMap } from './map/map.ts';
import { WasmPhilox } from './philox.ts';
import { WasmReduce } from './reduce/reduce.ts';
import { Scratch, type KernelMemory } from './memory/staging.ts';

/** Skeletons over one heap; whatever has no vector form is computed in JavaScript, to the same bits. */
export function wasmSkeletons(
  heap: KernelMemory,
): Skeletons & { readonly maps: WasmMap; readonly reductions: WasmReduce } {
  const scratch = new Scratch(heap);
  const maps = new WasmMap(heap, scratch);
  const reductions = new WasmReduce(heap, scratch);
  const argReductions = new WasmArgReduce(heap, scratch, reductions);
  const philox = new WasmPhilox(heap, scratch);
  const copies = new WasmCopy(heap, scratch);
  const conversions = new WasmConvert(heap, scratch, maps);
  const mapAll: typeof map = (fn, operands, out, shape) => {
    if (!maps.run(fn, operands, out, shape)) map(fn, operands, out, shape);
  };
  const reduceAll: typeof reduce = (reduction, source, axes, out, options) => {
    if (reductions.run(reduction, source, axes, out, options)) return;
    if ('element' in source) reduceAll(reduction, stored(source, mapAll), axes, out, options);
    else reduce(reduction, source, axes, out, options);
  };
  return {
    maps,
    reductions,
    map: mapAll,
    reduce: reduceAll,
    argReduce: (which, operand, axes, out) => {
      if (!argReductions.run(which, operand, axes, out)) argReduce(which, operand, axes, out);
    },
    drawBlocks: (source, first, out) => {
      if (!philox.draw(source, first, out)) drawBlocks(source, first, out);
    },
    copy: (shape, source, target) => {
      if (!copies.copy(shape, source, target)) copy(shape, source, target);
    },
    gather: (gathering, source, target) => {
      if (!copies.gather(gathering, source, target)) gather(gathering, source, target);
    },
    convert: (source, target) => {
      if (!conversions.convert(source, target)) convert(source, target);
    },
    decode: (codec, stored, target) => {
      if (!conversions.decode(codec, stored, target)) decodeAll(codec, stored, target);
    },
    encode: (codec, source, stored) => {
      if (!conversions.encode(codec, source, stored)) encodeAll(codec, source, stored);
    },
  };
}
