// Emits the conversions between halves and float32 (Giesen, "Float->half variants"): integer arithmetic on the bits, and one float operation.
//
// Parameter block (i32): source, target. The range is elements.
import { f32x4, i16x8, i32, i32x4, ModuleBuilder, set, v128, whileTrue, type Expr, type FunctionBuilder, type Local, type Statement } from '../code/assembler.ts';

type Vector = Expr<'v128'>;
type Kernel = FunctionBuilder<readonly ['i32', 'i32', 'i32'], 'void'>;

/** Offsets in the parameter block. */
export const convertFields = { source: 0, target: 4 } as const;

/** The module; its exports `widen` and `narrow` follow the kernel ABI. */
export function convertModule(kind: 'shared' | 'private'): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: kind });
  const spec = { params: ['i32', 'i32', 'i32'] } as const;
  emit(module.function({ export: 'widen', ...spec }), 2, 4, (at) => v128.load16x4U(at), (at) => i32x4.splat(i32.load16U(at)), widened,
    (at, value) => v128.store(at, value), (at, value) => v128.store32Lane(at, value, 0));
  emit(module.function({ export: 'narrow', ...spec }), 4, 2, (at) => v128.load(at), (at) => v128.load32Splat(at), narrowed,
    (at, value) => v128.store64Lane(at, i16x8.narrowU(value, value), 0), (at, value) => i32.store16(at, i32x4.extract(value, 0)));
  return module.encode();
}

type Load = (at: Expr<'i32'>) => Vector;
type Store = (at: Expr<'i32'>, value: Vector) => Statement;
/** Keeps a value in a local variable of its own. */
type Keep = (value: Vector) => Vector;

/** Four elements at a time, then one. */
function emit(f: Kernel, fromBytes: number, toBytes: number, load: Load, loadOne: Load, convert: (x: Vector, keep: Keep) => Vector, store: Store, storeOne: Store): void {
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
    return whileTrue(i32.leS(i32.add(start, elements), end), ...code, stored(to, result),
      set(from, i32.add(from, elements * fromBytes)), set(to, i32.add(to, elements * toBytes)), set(start, i32.add(start, elements)));
  };
  f.body(
    set(from, i32.add(i32.load(params, convertFields.source), i32.mul(start, fromBytes))),
    set(to, i32.add(i32.load(params, convertFields.target), i32.mul(start, toBytes))),
    rounds(4, load, store), rounds(1, loadOne, storeOne));
}

const words = (value: number): Vector => i32x4.splat(i32.constant(value));

/** Exponent and fraction moved into place and rescaled by 2^112, which also makes subnormal halves normal; NaN in its canonical bits. */
function widened(half: Vector, keep: Keep): Vector {
  const magnitude = keep(i32x4.shl(v128.and(half, words(0x7fff)), 13));
  const finite = f32x4.mul(magnitude, words(0x77800000));
  const special = keep(i32x4.geU(magnitude, words(0x7c00 << 13)));
  const signed = v128.or(v128.bitselect(v128.or(magnitude, words(0x7f800000)), finite, special), i32x4.shl(v128.and(half, words(0x8000)), 16));
  return v128.bitselect(words(0x7fc00000), signed, i32x4.gtU(magnitude, words(0x7c00 << 13)));
}

/** In the normal range 13 bits are rounded off the rebiased bits; below it, adding 0.5 rounds to multiples of 2^-24. */
function narrowed(single: Vector, keep: Keep): Vector {
  const magnitude = keep(v128.and(single, words(0x7fffffff)));
  const odd = v128.and(i32x4.shrU(magnitude, 13), words(1));
  const normal = i32x4.shrU(i32x4.add(i32x4.add(magnitude, words(0xfff - (112 << 23))), odd), 13);
  const small = i32x4.sub(f32x4.add(magnitude, words(0x3f000000)), words(0x3f000000));
  const finite = v128.bitselect(small, normal, i32x4.ltS(magnitude, words(113 << 23)));
  const bounded = v128.bitselect(words(0x7c00), finite, i32x4.geS(magnitude, words(0x47800000)));
  const signed = v128.or(bounded, v128.and(i32x4.shrU(single, 16), words(0x8000)));
  return v128.bitselect(words(0x7e00), signed, i32x4.gtS(magnitude, words(0x7f800000)));
}
