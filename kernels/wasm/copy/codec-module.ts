// Emits the conversions between small floats and float32 (Giesen, "Float->half variants"): integers, and one float
// operation.
//
// Parameter block (i32): source, target. The range is elements.
import type { FloatLayout } from '../../codecs/codec.ts';
import { constantsOf, type FloatConstants } from '../../codecs/small-float.ts';
import { f32x4, i16x8, i32, i32x4, ModuleBuilder, set, v128, whileTrue } from '../code/assembler.ts';
import type { Expr, FunctionBuilder, Local, Statement } from '../code/assembler.ts';

type Vector = Expr<'v128'>;
type Kernel = FunctionBuilder<readonly ['i32', 'i32', 'i32'], 'void'>;

/** Offsets in the parameter block. */
export const codecFields = { source: 0, target: 4 } as const;

/** The module of a layout; its exports `decode` and `encode` follow the kernel ABI. */
export function codecModule(layout: FloatLayout, kind: 'shared' | 'private'): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: kind });
  const spec = { params: ['i32', 'i32', 'i32'] } as const;
  const constants = constantsOf(layout);
  const stored = constants.magnitudeBits < 8 ? BYTES : PAIRS;
  emit(module.function({ export: 'decode', ...spec }), stored, WORDS, (x, keep) => decoded(x, constants, keep));
  emit(module.function({ export: 'encode', ...spec }), WORDS, stored, (x, keep) => encoded(x, constants, keep));
  return module.encode();
}

type Load = (at: Expr<'i32'>) => Vector;
type Store = (at: Expr<'i32'>, value: Vector) => Statement;
/** Keeps a value in a local variable of its own. */
type Keep = (value: Vector) => Vector;

/** How elements of a width come into the four lanes of a vector, and out of them. */
interface Width {
  readonly bytes: 1 | 2 | 4;
  readonly load: Load;
  readonly loadOne: Load;
  readonly store: Store;
  readonly storeOne: Store;
}

const WORDS: Width = {
  bytes: 4,
  load: (at) => v128.load(at),
  loadOne: (at) => v128.load32Splat(at),
  store: (at, value) => v128.store(at, value),
  storeOne: (at, value) => v128.store32Lane(at, value, 0),
};
const PAIRS: Width = {
  bytes: 2,
  load: (at) => v128.load16x4U(at),
  loadOne: (at) => i32x4.splat(i32.load16U(at)),
  store: (at, value) => v128.store64Lane(at, i16x8.narrowU(value, value), 0),
  storeOne: (at, value) => i32.store16(at, i32x4.extract(value, 0)),
};
/** Lane i takes byte i and three of a vector of zeros; on the way out, byte i is the lowest of lane i. */
const BYTES_TO_LANES = Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? i / 4 : 16));
const LANES_TO_BYTES = Array.from({ length: 16 }, (_, i) => 4 * (i % 4));
const BYTES: Width = {
  bytes: 1,
  load: (at) => v128.shuffle(v128.load32Zero(at), words(0), BYTES_TO_LANES),
  loadOne: (at) => i32x4.splat(i32.load8U(at)),
  store: (at, value) => v128.store32Lane(at, v128.shuffle(value, value, LANES_TO_BYTES), 0),
  storeOne: (at, value) => i32.store8(at, i32x4.extract(value, 0)),
};

/** Four elements at a time, then one. */
function emit(f: Kernel, source: Width, target: Width, convert: (x: Vector, keep: Keep) => Vector): void {
  const [params, start, end] = f.params;
  const [from, to] = [f.local('i32'), f.local('i32')];
  const rounds = (elements: number, loaded: Load, stored: Store): Statement => {
    const code: Statement[] = [];
    const keep: Keep = (value) => {
      const local: Local<'v128'> = f.local('v128');
      code.push(set(local, value));
      return local;
    };
    const result = keep(convert(keep(loaded(from)), keep));
    return whileTrue(
      i32.leS(i32.add(start, elements), end),
      ...code,
      stored(to, result),
      set(from, i32.add(from, elements * source.bytes)),
      set(to, i32.add(to, elements * target.bytes)),
      set(start, i32.add(start, elements)),
    );
  };
  f.body(
    set(from, i32.add(i32.load(params, codecFields.source), i32.mul(start, source.bytes))),
    set(to, i32.add(i32.load(params, codecFields.target), i32.mul(start, target.bytes))),
    rounds(4, source.load, target.store),
    rounds(1, source.loadOne, target.storeOne),
  );
}

const words = (value: number): Vector => i32x4.splat(i32.constant(value | 0));

/**
 * Exponent and fraction moved into place and rescaled, which also makes subnormal elements normal; NaN in its canonical
 * bits.
 */
function decoded(element: Vector, constants: FloatConstants, keep: Keep): Vector {
  const { magnitudeBits, shift, bias, infinity, firstNaN } = constants;
  const signBit = 2 ** magnitudeBits;
  const magnitude = keep(i32x4.shl(v128.and(element, words(signBit - 1)), shift));
  // 2^(127 - bias): no scale where the exponents are those of float32.
  const finite = bias === 127 ? magnitude : f32x4.mul(magnitude, words((254 - bias) << 23));
  const special = infinity === undefined ? undefined : keep(i32x4.geU(magnitude, words(infinity << shift)));
  const number =
    special === undefined ? finite : v128.bitselect(v128.or(magnitude, words(0x7f800000)), finite, special);
  const signed = v128.or(number, i32x4.shl(v128.and(element, words(signBit)), 31 - magnitudeBits));
  return v128.bitselect(words(0x7fc00000), signed, i32x4.gtU(magnitude, words((firstNaN - 1) << shift)));
}

/**
 * In the normal range the last bits are rounded off the rebiased ones; below it, adding a power of two rounds to the
 * least numbers.
 */
function encoded(single: Vector, constants: FloatConstants, keep: Keep): Vector {
  const { magnitudeBits, shift, bias, infinity, nan, rebias, overflowWord, firstNormalWord, nanWord } = constants;
  const magnitude = keep(v128.and(single, words(0x7fffffff)));
  const odd = v128.and(i32x4.shrU(magnitude, shift), words(1));
  const normal = i32x4.shrU(i32x4.add(i32x4.add(magnitude, words(2 ** (shift - 1) - 1 - rebias)), odd), shift);
  // The power of two whose last place is the least number.
  const unit = words((127 - bias + shift + 1) << 23);
  const small = i32x4.sub(f32x4.add(magnitude, unit), unit);
  const finite =
    firstNormalWord === 0 ? normal : v128.bitselect(small, normal, i32x4.ltS(magnitude, words(firstNormalWord)));
  const bounded =
    infinity === undefined
      ? finite
      : v128.bitselect(words(infinity), finite, i32x4.geS(magnitude, words(overflowWord)));
  const signed = v128.or(bounded, v128.and(i32x4.shrU(single, 31 - magnitudeBits), words(2 ** magnitudeBits)));
  return v128.bitselect(words(nan), signed, i32x4.gtS(magnitude, words(nanWord - 1)));
}
