// Exactly rounded sums of float64 numbers: an accumulator as wide as their whole range, in chunks of 32 bits. Its value
// does not depend on the order of the numbers, and a number can be taken out again.

/** Chunk k stands for multiples of 2^(32 k − 1074); the last one holds what is carried out of all others. */
export const CHUNKS = 67;
const CHUNK = 2 ** 32;
/** An addition adds less than 2^32 to a chunk, which holds integers below 2^53 exactly. */
const ADDITIONS_PER_CARRY = 2 ** 20;

const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer);

/** A sum of float64 numbers that is rounded once, when it is read: to nearest, ties to even. */
export class ExactSum {
  readonly #chunks = new Float64Array(CHUNKS);
  #additions = 0;
  /** How many infinities of each sign and NaNs are in the sum. */
  #positive = 0;
  #negative = 0;
  #undefined = 0;

  add(value: number): void {
    this.#take(value, 1);
  }

  /** Takes a number out that was added before. */
  subtract(value: number): void {
    this.#take(value, -1);
  }

  /** Adds a number of infinities and NaNs, and chunks that were carried: what a kernel summed. */
  addCarried(chunks: ArrayLike<number>, positive: number, negative: number, undefinedCount: number): void {
    this.#positive += positive;
    this.#negative += negative;
    this.#undefined += undefinedCount;
    for (let k = 0; k < CHUNKS; k++) this.#chunks[k]! += chunks[k]!;
    this.#count();
  }

  /** The sum, rounded; a zero sum is +0. */
  value(): number {
    if (this.#undefined > 0 || (this.#positive > 0 && this.#negative > 0)) return NaN;
    if (this.#positive > 0) return Infinity;
    if (this.#negative > 0) return -Infinity;
    carry(this.#chunks);
    this.#additions = 0;
    if (this.#chunks[CHUNKS - 1]! >= 0) return rounded(this.#chunks);
    const magnitude = this.#chunks.map((chunk) => -chunk);
    carry(magnitude);
    return -rounded(magnitude);
  }

  #take(value: number, times: number): void {
    word[0] = value;
    const [low, high] = [halves[0]!, halves[1]!];
    const exponent = (high >>> 20) & 0x7ff;
    if (exponent === 0x7ff) {
      if (value !== value) this.#undefined += times;
      else if (value > 0) this.#positive += times;
      else this.#negative += times;
      return;
    }
    const top = exponent === 0 ? high & 0xfffff : (high & 0xfffff) | 0x100000;
    const place = exponent === 0 ? 0 : exponent - 1;
    const [k, shift] = [place >>> 5, place & 31];
    const sign = high >>> 31 === 1 ? -times : times;
    this.#chunks[k]! += sign * ((low << shift) >>> 0);
    this.#chunks[k + 1]! += sign * (shift === 0 ? top : ((low >>> (32 - shift)) | (top << shift)) >>> 0);
    if (shift > 0) this.#chunks[k + 2]! += sign * (top >>> (32 - shift));
    this.#count();
  }

  #count(): void {
    if (++this.#additions < ADDITIONS_PER_CARRY) return;
    carry(this.#chunks);
    this.#additions = 0;
  }
}

/** Brings all chunks but the last one into [0, 2^32). */
function carry(chunks: Float64Array): void {
  let carried = 0;
  for (let k = 0; k < CHUNKS - 1; k++) {
    const whole = chunks[k]! + carried;
    carried = Math.floor(whole / CHUNK);
    chunks[k] = whole - carried * CHUNK;
  }
  chunks[CHUNKS - 1]! += carried;
}

/** The nearest float64 of carried chunks that are not negative. */
function rounded(chunks: Float64Array): number {
  let top = CHUNKS - 1;
  while (top >= 0 && chunks[top] === 0) top--;
  if (top < 0) return 0;
  // What carries out of the range of numbers is infinite whatever stands below.
  if (top === CHUNKS - 1) return Infinity;
  const length = 32 - Math.clz32(chunks[top]!);
  const highest = 32 * top + length - 1;
  if (highest <= 52) return (chunks[0]! + CHUNK * chunks[1]!) * Number.MIN_VALUE;
  // 53 bits from the highest one on, out of three chunks; then the bit below them, and whether anything follows.
  const [middle, low] = [chunks[top - 1]!, top >= 2 ? chunks[top - 2]! : 0];
  const wanted = 53 - length;
  const fromMiddle = Math.min(wanted, 32);
  const fromLow = wanted - fromMiddle;
  const bits =
    (chunks[top]! * 2 ** fromMiddle + Math.floor(middle / 2 ** (32 - fromMiddle))) * 2 ** fromLow +
    (fromLow === 0 ? 0 : Math.floor(low / 2 ** (32 - fromLow)));
  const rest = (middle % 2 ** (32 - fromMiddle)) * CHUNK + (low % 2 ** (32 - fromLow));
  const half = (fromLow === 0 ? 2 ** (32 - fromMiddle) * CHUNK : 2 ** (32 - fromLow)) / 2;
  const isAbove = rest > half || (rest === half && (isAnyBelow(chunks, top - 2) || bits % 2 === 1));
  return scaled(isAbove ? bits + 1 : bits, highest - 52 - 1074);
}

function isAnyBelow(chunks: Float64Array, end: number): boolean {
  for (let k = 0; k < end; k++) if (chunks[k] !== 0) return true;
  return false;
}

/** bits · 2^exponent, where the result is a normal number or infinite: in two exact steps. */
function scaled(bits: number, exponent: number): number {
  if (exponent > 971) return Infinity;
  const part = exponent < -1000 ? -1000 : exponent;
  return bits * powerOfTwo(part) * powerOfTwo(exponent - part);
}

function powerOfTwo(exponent: number): number {
  halves[0] = 0;
  halves[1] = (exponent + 1023) << 20;
  return word[0]!;
}
