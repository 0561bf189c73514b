// Blocks of Philox on WebAssembly SIMD: four at a time, word by word of each in one vector.
//
// Parameter block: i32 key words, low and high word of the first block's number, stream, address of the words. The
// range is groups of four blocks.
import { keyOf, MULTIPLIER_0, MULTIPLIER_1, type RandomSource, ROUNDS, WEYL_0, WEYL_1 } from '../js/philox.ts';
import { instantiate, type Kernel } from './code/abi.ts';
import {
  i32,
  i32x4,
  i64x2,
  ModuleBuilder,
  set,
  v128,
  whileTrue,
  type Expr,
  type Local,
  type Statement,
} from './code/assembler.ts';
import { copyElements, SCRATCH_BYTES, type KernelMemory, type Scratch } from './memory/staging.ts';

type Vector = Expr<'v128'>;

const FIELD = { key0: 0, key1: 4, low: 8, high: 12, stream: 16, target: 20 } as const;
const BLOCKS = 4;
const GROUP_BYTES = 64;

/** Draws into an array anywhere, through linear memory; not reentrant, one per thread. */
export class WasmPhilox {
  readonly #heap: KernelMemory;
  readonly #scratch: Scratch;
  #kernel: Kernel | undefined;

  constructor(heap: KernelMemory, scratch: Scratch) {
    this.#heap = heap;
    this.#scratch = scratch;
  }

  /** Draws whole blocks and returns true; false where they are few, or their numbers pass 2^32. */
  draw(source: RandomSource, first: number, out: Uint32Array): boolean {
    const blocks = out.length / 4;
    const low = first % 2 ** 32;
    if (blocks < BLOCKS || low + blocks + BLOCKS > 2 ** 32) return false;
    this.#kernel ??= instantiate(philoxModule(this.#heap.kind), this.#heap.memory)['draw']!;
    const { words, params, room } = this.#scratch;
    [words[FIELD.key0 / 4], words[FIELD.key1 / 4]] = keyOf(source);
    words[FIELD.high / 4] = Math.floor(first / 2 ** 32);
    words[FIELD.stream / 4] = source.stream ?? 0;
    words[FIELD.target / 4] = room;
    const most = SCRATCH_BYTES / 16;
    for (let done = 0; done < blocks; done += most) {
      const now = Math.min(most, blocks - done);
      words[FIELD.low / 4] = low + done;
      this.#kernel(params, 0, Math.ceil(now / BLOCKS));
      copyElements(
        new Uint32Array(this.#heap.memory.buffer, room >>> 0, 4 * now),
        out.subarray(4 * done, 4 * (done + now)),
      );
    }
    return true;
  }
}

function philoxModule(kind: 'shared' | 'private'): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: kind });
  const f = module.function({ export: 'draw', params: ['i32', 'i32', 'i32'] });
  const [params, group, end] = f.params;
  const at = f.local('i32');
  const code: Statement[] = [];
  const keep = (value: Vector): Local<'v128'> => {
    const local = f.local('v128');
    code.push(set(local, value));
    return local;
  };
  const load = (offset: number): Vector => i32x4.splat(i32.load(params, offset));
  const [multiplier0, multiplier1] = [keep(words(MULTIPLIER_0)), keep(words(MULTIPLIER_1))];
  const keys = Array.from(
    { length: ROUNDS },
    (_, round) =>
      [
        keep(i32x4.add(load(FIELD.key0), words(Math.imul(round, WEYL_0)))),
        keep(i32x4.add(load(FIELD.key1), words(Math.imul(round, WEYL_1)))),
      ] as const,
  );
  const [high, stream] = [keep(load(FIELD.high)), keep(load(FIELD.stream))];
  const enter = code.splice(0);
  let block: readonly Vector[] = [
    keep(i32x4.add(i32x4.splat(i32.add(i32.load(params, FIELD.low), i32.mul(group, BLOCKS))), lanes([0, 1, 2, 3]))),
    high,
    stream,
    words(0),
  ];
  for (const [key0, key1] of keys) {
    const [c0, c1, c2, c3] = block as readonly [Vector, Vector, Vector, Vector];
    const [even, odd] = [products(c0, multiplier0, keep), products(c2, multiplier1, keep)];
    block = [
      keep(v128.xor(v128.xor(odd.high, c1), key0)),
      odd.low,
      keep(v128.xor(v128.xor(even.high, c3), key1)),
      even.low,
    ];
  }
  f.body(
    ...enter,
    set(at, i32.add(i32.load(params, FIELD.target), i32.mul(group, GROUP_BYTES))),
    whileTrue(
      i32.ltS(group, end),
      ...code,
      ...inBlocks(block as readonly Local<'v128'>[]).map((vector, i) => v128.store(at, vector, 16 * i)),
      set(at, i32.add(at, GROUP_BYTES)),
      set(group, i32.add(group, 1)),
    ),
  );
  return module.encode();
}

/** High and low words of four products of 32-bit words. */
function products(a: Vector, b: Vector, keep: (value: Vector) => Local<'v128'>): { high: Vector; low: Vector } {
  const [first, last] = [keep(i64x2.extmulLowI32x4U(a, b)), keep(i64x2.extmulHighI32x4U(a, b))];
  return { high: keep(pick(first, last, [1, 3, 5, 7])), low: keep(pick(first, last, [0, 2, 4, 6])) };
}

/** Word by word of four blocks, as block after block. */
function inBlocks(vectors: readonly Vector[]): Vector[] {
  const [a, b, c, d] = vectors as readonly [Vector, Vector, Vector, Vector];
  return [0, 1, 2, 3].map((lane) =>
    pick(pick(a, b, [lane, lane + 4, 0, 0]), pick(c, d, [lane, lane + 4, 0, 0]), [0, 1, 4, 5]),
  );
}

const pick = (a: Vector, b: Vector, order: readonly number[]): Vector =>
  v128.shuffle(
    a,
    b,
    order.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]),
  );
const lanes = (values: readonly number[]): Vector => v128.constant([...new Uint8Array(Int32Array.from(values).buffer)]);
const words = (value: number): Vector => lanes([value, value, value, value]);
