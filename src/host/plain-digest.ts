// BLAKE3-256 in plain JavaScript, for hosts that run neither native code nor WebAssembly: the same bits, at a tenth of
// the rate or less.
import type { Digest } from '../core/fingerprint/digest.ts';

const CHUNK_BYTES = 1024;
const BLOCK_BYTES = 64;
const FLAG = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8 } as const;
const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);
/** Where the words of a round's message come from in the message of the round before. */
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
/** The order of the message's words in each of the seven rounds. */
const SCHEDULE = schedule();

function schedule(): Uint8Array {
  const orders = [[...PERMUTATION.keys()]];
  while (orders.length < 7) orders.push(PERMUTATION.map((word) => orders.at(-1)![word]!));
  return Uint8Array.from(orders.flat());
}

const state = new Int32Array(16);
const message = new Int32Array(16);

/** BLAKE3-256 without WebAssembly. */
export const plainDigest: Digest = { name: 'blake3-256/js', hash };

/** The tree over chunks: a subtree is closed as soon as as many chunks as it holds lie before the next one. */
function hash(bytes: Uint8Array): Uint8Array {
  const stack: Int32Array[] = [];
  const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
  for (let chunk = 0; chunk < chunks - 1; chunk++) {
    let value = chunkValue(bytes, chunk, 0);
    for (let done = chunk + 1; (done & 1) === 0; done >>>= 1) value = parentValue(stack.pop()!, value, 0);
    stack.push(value);
  }
  let value = chunkValue(bytes, chunks - 1, stack.length === 0 ? FLAG.root : 0);
  while (stack.length > 0) value = parentValue(stack.pop()!, value, stack.length === 0 ? FLAG.root : 0);
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  value.forEach((word, i) => words.setInt32(4 * i, word, true));
  return out;
}

function chunkValue(bytes: Uint8Array, chunk: number, rootFlag: number): Int32Array {
  const value = INITIAL.slice();
  const start = chunk * CHUNK_BYTES;
  const end = Math.min(bytes.length, start + CHUNK_BYTES);
  for (let at = start; at === start || at < end; at += BLOCK_BYTES) {
    const lengthBytes = Math.min(BLOCK_BYTES, end - at);
    loadBlock(bytes, at, lengthBytes);
    const flags = (at === start ? FLAG.chunkStart : 0) | (at + BLOCK_BYTES >= end ? FLAG.chunkEnd | rootFlag : 0);
    compress(value, chunk, lengthBytes, flags);
  }
  return value;
}

function parentValue(left: Int32Array, right: Int32Array, rootFlag: number): Int32Array {
  message.set(left, 0);
  message.set(right, 8);
  const value = INITIAL.slice();
  compress(value, 0, BLOCK_BYTES, FLAG.parent | rootFlag);
  return value;
}

/** A block as sixteen little-endian words, filled up with zeros. */
function loadBlock(bytes: Uint8Array, at: number, lengthBytes: number): void {
  for (let word = 0; word < 16; word++) {
    let value = 0;
    const left = lengthBytes - 4 * word;
    for (let byte = 0; byte < 4 && byte < left; byte++) value |= bytes[at + 4 * word + byte]! << (8 * byte);
    message[word] = value;
  }
}

/** Compresses the message into a chaining value. */
function compress(value: Int32Array, counter: number, lengthBytes: number, flags: number): void {
  state.set(value, 0);
  state.set(INITIAL.subarray(0, 4), 8);
  state[12] = counter | 0;
  state[13] = Math.floor(counter / 2 ** 32);
  state[14] = lengthBytes;
  state[15] = flags;
  for (let round = 0; round < SCHEDULE.length; round += 16) {
    for (let i = 0; i < 4; i++) mix(i, 4 + i, 8 + i, 12 + i, round + 2 * i);
    for (let i = 0; i < 4; i++) mix(i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3), round + 8 + 2 * i);
  }
  for (let i = 0; i < 8; i++) value[i] = word(state, i) ^ word(state, 8 + i);
}

const word = (words: Int32Array, i: number): number => words[i]!;

/** The quarter-round with two words of the message. */
function mix(ia: number, ib: number, ic: number, id: number, at: number): void {
  let [a, b, c, d] = [word(state, ia), word(state, ib), word(state, ic), word(state, id)];
  for (let half = 0; half < 2; half++) {
    a = (a + b + word(message, SCHEDULE[at + half]!)) | 0;
    d = turn(d ^ a, half === 0 ? 16 : 8);
    c = (c + d) | 0;
    b = turn(b ^ c, half === 0 ? 12 : 7);
  }
  state[ia] = a;
  state[ib] = b;
  state[ic] = c;
  state[id] = d;
}

const turn = (value: number, by: number): number => (value >>> by) | (value << (32 - by));
