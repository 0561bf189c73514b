// The checksum of kernels/js/checksum.ts on WebAssembly SIMD: tens of GB/s of what is near the processor.
import {
  BLOCK_BYTES,
  checksumKernels,
  FOLDING,
  HISTORY_AT,
  LANE_FACTORS,
  LENGTH_AT,
  SEEDS,
  STRIPE_BYTES,
  SUM_AT,
  TAIL_AT,
  TURNED_BYTES,
} from '../js/checksum.ts';
import { instantiate, type Kernels } from './code/abi.ts';
import {
  call,
  i16x8,
  i32,
  i64,
  i64x2,
  i8x16,
  ModuleBuilder,
  set,
  v128,
  when,
  whileTrue,
  type Expr,
  type Local,
} from './code/assembler.ts';

const PAGE_BYTES = 65536;
const STAGING_AT = 512;
/** What lies elsewhere is copied in parts of so many bytes, which the second cache holds. */
const STAGING_BYTES = 2 * PAGE_BYTES;

/** Sums of bytes, and room for bytes that are summed where they stand. */
export class Checksums {
  /** Whoever fills it has it until somebody else does. */
  readonly room: Uint8Array;
  readonly #staging: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #length: Uint32Array;
  readonly #sum: BigUint64Array;
  readonly #kernels: Kernels;

  /** `isPlain` takes the readable kernels, as a host without WebAssembly does. */
  constructor(roomBytes: number, isPlain = typeof WebAssembly === 'undefined') {
    const roomAt = STAGING_AT + STAGING_BYTES;
    // The last block of the room is read whole.
    const pages = Math.ceil((roomAt + roomBytes + BLOCK_BYTES) / PAGE_BYTES);
    const memory = isPlain ? undefined : new WebAssembly.Memory({ initial: pages });
    const buffer = memory?.buffer ?? new ArrayBuffer(pages * PAGE_BYTES);
    this.#bytes = new Uint8Array(buffer);
    this.#length = new Uint32Array(buffer, LENGTH_AT, 2);
    this.#sum = new BigUint64Array(buffer, SUM_AT, 1);
    this.#staging = new Uint8Array(buffer, STAGING_AT, STAGING_BYTES);
    this.room = new Uint8Array(buffer, roomAt, roomBytes);
    this.#kernels = memory === undefined ? checksumKernels(this.#bytes) : instantiate(checksumModule(), memory);
  }

  /** The sum of bytes, in the room or elsewhere. */
  of(bytes: Uint8Array): bigint {
    this.#kernels['begin']!(0, 0, 0);
    return this.#finish(bytes, bytes.length);
  }

  /** A sum of parts, between which other sums may be made. */
  running(): RunningSum {
    this.#kernels['begin']!(0, 0, 0);
    const state = this.#bytes.slice(0, LENGTH_AT);
    let length = 0;
    return {
      add: (part) => {
        this.#bytes.set(state);
        this.#absorb(part, part.length);
        state.set(this.#bytes.subarray(0, LENGTH_AT));
        length += part.length;
      },
      end: (part) => {
        this.#bytes.set(state);
        return this.#finish(part, length + part.length);
      },
    };
  }

  #finish(bytes: Uint8Array, totalBytes: number): bigint {
    this.#length[0] = totalBytes;
    this.#length[1] = totalBytes / 2 ** 32;
    const { finish } = this.#kernels;
    if (bytes.buffer === this.#bytes.buffer) finish!(0, bytes.byteOffset, bytes.byteOffset + bytes.length);
    else {
      // What is left for the end fits.
      const before = bytes.length - (bytes.length % STAGING_BYTES);
      if (before > 0) this.#absorb(bytes, before);
      this.#staging.set(before > 0 ? bytes.subarray(before) : bytes);
      finish!(0, STAGING_AT, STAGING_AT + bytes.length - before);
    }
    return this.#sum[0]!;
  }

  /** Takes the first bytes of some, which are whole stripes. */
  #absorb(bytes: Uint8Array, count: number): void {
    const { absorb } = this.#kernels;
    if (bytes.buffer === this.#bytes.buffer) return absorb!(0, bytes.byteOffset, bytes.byteOffset + count);
    for (let at = 0; at < count; at += STAGING_BYTES) {
      const part = bytes.subarray(at, Math.min(count, at + STAGING_BYTES));
      this.#staging.set(part);
      absorb!(0, STAGING_AT, STAGING_AT + part.length);
    }
  }
}

/** A sum of parts, all of which but the last are whole stripes of 128 bytes. */
interface RunningSum {
  add(part: Uint8Array): void;
  /** The sum, with the last part. */
  end(part: Uint8Array): bigint;
}

let encoded: Uint8Array<ArrayBuffer> | undefined;

function checksumModule(): Uint8Array<ArrayBuffer> {
  if (encoded !== undefined) return encoded;
  const module = new ModuleBuilder({ memory: 'private' });
  addBegin(module);
  addFinish(module, addAbsorb(module));
  return (encoded = module.encode());
}

const constant = (bytes: Uint8Array): Expr<'v128'> => v128.constant([...bytes]);
const BLOCKS = Array.from({ length: STRIPE_BYTES / BLOCK_BYTES }, (_, block) => BLOCK_BYTES * block);
const ORDER = Array.from({ length: BLOCK_BYTES }, (_, i) => (i + TURNED_BYTES) % BLOCK_BYTES);
const ZEROS = constant(new Uint8Array(BLOCK_BYTES));

const turned = (block: Local<'v128'>): Expr<'v128'> => v128.shuffle(block, block, ORDER);

function addBegin(module: ModuleBuilder): void {
  const f = module.function({ export: 'begin', params: ['i32', 'i32', 'i32'] });
  const [state] = f.params;
  f.body(
    ...BLOCKS.map((at) => v128.store(state, constant(SEEDS.subarray(at, at + BLOCK_BYTES)), at)),
    v128.store(state, ZEROS, HISTORY_AT),
  );
}

function addAbsorb(module: ModuleBuilder) {
  const f = module.function({ export: 'absorb', params: ['i32', 'i32', 'i32'] });
  const [state, at, end] = f.params;
  const [factors, history] = f.locals('v128', 2);
  const blocks = BLOCKS.map(() => f.local('v128'));
  f.body(
    set(factors, constant(new Uint8Array(Uint16Array.from(LANE_FACTORS).buffer))),
    set(history, v128.load(state, HISTORY_AT)),
    ...blocks.map((block, i) => set(block, v128.load(state, BLOCKS[i]))),
    whileTrue(
      i32.ltU(at, end),
      // Each step over all blocks before the next, for a multiplication takes several cycles.
      ...blocks.map((block, i) => set(block, i16x8.mul(v128.xor(block, v128.load(at, BLOCKS[i])), factors))),
      ...blocks.map((block) => set(block, turned(block))),
      set(history, turned(history)),
      ...blocks.map((block) => set(history, i64x2.add(history, block))),
      set(at, i32.add(at, STRIPE_BYTES)),
    ),
    ...blocks.map((block, i) => v128.store(state, block, BLOCKS[i])),
    v128.store(state, history, HISTORY_AT),
  );
  return f;
}

function addFinish(module: ModuleBuilder, absorb: ReturnType<typeof addAbsorb>): void {
  const f = module.function({ export: 'finish', params: ['i32', 'i32', 'i32'] });
  const [state, at, end] = f.params;
  const [whole, to] = f.locals('i32', 2);
  const sum = f.local('i64');
  const indices = constant(Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => i));
  f.body(
    set(whole, i32.add(at, i32.and(i32.sub(end, at), -STRIPE_BYTES))),
    call(absorb, state, at, whole),
    when(
      i32.ltU(whole, end),
      set(to, i32.add(state, TAIL_AT)),
      ...BLOCKS.map((block) => v128.store(to, ZEROS, block)),
      whileTrue(
        i32.leU(i32.add(whole, BLOCK_BYTES), end),
        v128.store(to, v128.load(whole)),
        set(whole, i32.add(whole, BLOCK_BYTES)),
        set(to, i32.add(to, BLOCK_BYTES)),
      ),
      when(
        i32.ltU(whole, end),
        v128.store(to, v128.and(v128.load(whole), i8x16.ltU(indices, i8x16.splat(i32.sub(end, whole))))),
      ),
      call(absorb, state, i32.add(state, TAIL_AT), i32.add(state, TAIL_AT + STRIPE_BYTES)),
    ),
    ...Array.from({ length: SUM_AT / 8 }, (_, word) => [
      set(sum, i64.xor(sum, i64.load(state, 8 * word))),
      ...FOLDING.flatMap(({ factor, shift }) => [
        set(sum, i64.mul(sum, i64.constant(BigInt.asIntN(64, factor)))),
        set(sum, i64.xor(sum, i64.shrU(sum, i64.constant(shift)))),
      ]),
    ]).flat(),
    i64.store(state, sum, SUM_AT),
  );
}
