// The accumulator of kernels/cells/exact-sum.ts over cells in WebAssembly's memory: about a nanosecond a cell.
import { f64, i32, i64, ModuleBuilder, set, when, whenElse, whileTrue } from '../wasm/code/assembler.ts';
import { CHUNKS } from './exact-sum.ts';

/** Where a state, whose chunks are integers of 64 bits, counts what has no place in chunks. */
export const POSITIVE_AT = 8 * CHUNKS;
export const NEGATIVE_AT = POSITIVE_AT + 8;
export const UNDEFINED_AT = POSITIVE_AT + 16;
/** An addition adds less than 2^52 to a chunk of 64 bits. */
const CELLS_PER_CARRY = 1024;

let encoded: Uint8Array<ArrayBuffer> | undefined;

/** `absorb(state, start, end)` adds the numbers between two addresses and leaves carried chunks. */
export function exactSumModule(): Uint8Array<ArrayBuffer> {
  if (encoded !== undefined) return encoded;
  const module = new ModuleBuilder({ memory: 'private' });
  const f = module.function({ export: 'absorb', params: ['i32', 'i32', 'i32'] });
  const [state, at, end] = f.params;
  const [stop, exponent, slot, isNormal] = f.locals('i32', 4);
  const [bits, mantissa, shift, negative, carry] = f.locals('i64', 5);
  const value = f.local('f64');
  const addAt = (offset: number, amount: typeof mantissa | ReturnType<typeof i64.add>) =>
    i64.store(slot, i64.add(i64.load(slot, offset), amount), offset);
  const signed = (part: ReturnType<typeof i64.add>) => i64.sub(i64.xor(part, negative), negative);
  const one = i64.constant(1n);
  f.body(
    whileTrue(
      i32.ltU(at, end),
      set(stop, i32.add(at, 8 * CELLS_PER_CARRY)),
      when(i32.gtU(stop, end), set(stop, end)),
      whileTrue(
        i32.ltU(at, stop),
        set(bits, i64.load(at)),
        set(exponent, i32.and(i32.wrap(i64.shrU(bits, i64.constant(52n))), 0x7ff)),
        set(negative, i64.shrS(bits, i64.constant(63n))),
        whenElse(
          i32.eq(exponent, 0x7ff),
          [
            set(value, f64.load(at)),
            set(slot, state),
            whenElse(
              f64.ne(value, value),
              [addAt(UNDEFINED_AT, one)],
              [whenElse(i64.eqz(negative), [addAt(POSITIVE_AT, one)], [addAt(NEGATIVE_AT, one)])],
            ),
          ],
          [
            set(isNormal, i32.ne(exponent, 0)),
            set(exponent, i32.sub(exponent, isNormal)),
            set(
              mantissa,
              i64.or(i64.and(bits, i64.constant(0xfffffffffffffn)), i64.shl(i64.extendU(isNormal), i64.constant(52n))),
            ),
            set(shift, i64.extendU(i32.and(exponent, 31))),
            set(slot, i32.add(state, i32.shl(i32.shrU(exponent, 5), 3))),
            addAt(0, signed(i64.and(i64.shl(mantissa, shift), i64.constant(0xffffffffn)))),
            addAt(8, signed(i64.shrU(mantissa, i64.sub(i64.constant(32n), shift)))),
          ],
        ),
        set(at, i32.add(at, 8)),
      ),
      set(carry, i64.constant(0n)),
      set(slot, state),
      set(stop, i32.add(state, 8 * (CHUNKS - 1))),
      whileTrue(
        i32.ltU(slot, stop),
        set(carry, i64.add(carry, i64.load(slot))),
        i64.store(slot, i64.and(carry, i64.constant(0xffffffffn))),
        set(carry, i64.shrS(carry, i64.constant(32n))),
        set(slot, i32.add(slot, 8)),
      ),
      addAt(0, carry),
    ),
  );
  return (encoded = module.encode());
}
