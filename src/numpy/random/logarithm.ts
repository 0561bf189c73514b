// Natural logarithm, exponential and power, rounded as if they had been computed in a hundred bits: NumPy's draws are
// made of the C library's, which err by little more than half a unit in the last place.
const LN2_HIGH = 6.9314718036912381649e-1; // 33 bits, so that a product with an exponent is exact
const LN2_LOW = 1.90821492927058770002e-10;
const LN2_LOWEST = 1.1612227229362532e-26;

const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer);

/** log(x); −∞ of 0. */
export function logarithm(x: number): number {
  return x === 0 ? -Infinity : logarithmOf(x)[0];
}

/** e^x. */
export const powerOfE = (x: number): number => exponentialOf(x, 0);

/** x^y of x ≥ 0. */
export function powerOf(x: number, y: number): number {
  if (x === 0) return y > 0 ? 0 : y === 0 ? 1 : Infinity;
  if (x === 1 || y === 0) return 1;
  const [log, rest] = logarithmOf(x);
  const product = log * y;
  if (!Number.isFinite(product) || !Number.isFinite(y)) return Math.exp(product);
  return exponentialOf(product, productRest(log, y, product) + rest * y);
}

/** e^(x + rest), rest below a unit in the last place of x. */
function exponentialOf(x: number, rest: number): number {
  if (x > 709.78 || x < -740) return Math.exp(x);
  const k = Math.round(x * Math.LOG2E);
  const [r, lost] = sum(x, -k * LN2_HIGH);
  const low = lost + (rest - k * LN2_LOW - k * LN2_LOWEST);
  const [high, highRest] = sum(r, low);
  const square = high * high;
  const squareRest = productRest(high, high, square) + 2 * high * highRest;
  const cube = square * high;
  const cubeRest = productRest(square, high, cube) + squareRest * high;
  const sixth = cube / 6;
  const sixthRest = (cube - 6 * sixth - productRest(6, sixth, 6 * sixth) + cubeRest) / 6;
  const tail = square * square * exponentialTail(high);
  const [first, firstRest] = sum(1, high);
  const [second, secondRest] = sum(first, square / 2);
  const [third, thirdRest] = sum(second, sixth);
  const total = third + (thirdRest + (secondRest + (firstRest + (highRest + squareRest / 2 + sixthRest + tail))));
  const half = Math.trunc(k / 2);
  return total * 2 ** half * 2 ** (k - half);
}

/** 1/4! + x/5! + x²/6! + …, for |x| below 0.35. */
function exponentialTail(x: number): number {
  let total = 0;
  for (let n = 20; n >= 4; n--) total = total * x + INVERSE_FACTORIALS[n]!;
  return total;
}

const INVERSE_FACTORIALS: readonly number[] = Array.from({ length: 21 }, (_, n) => {
  let product = 1;
  for (let k = 2; k <= n; k++) product *= k;
  return 1 / product;
});

/** log(x) of a positive normal number, and what rounding it loses. */
function logarithmOf(x: number): readonly [number, number] {
  word[0] = x;
  let exponent = (halves[1]! >>> 20) - 1023;
  halves[1] = (halves[1]! & 0xfffff) | 0x3ff00000;
  let m = word[0]!;
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  // log m = 2 (s + s³/3 + s⁵/5 + …), s = (m - 1) / (m + 1) as a sum of two numbers.
  const above = m - 1;
  const below = m + 1;
  const belowRest = m - (below - 1);
  const s = above / below;
  const rest = (above - s * below - productRest(s, below, s * below) - s * belowRest) / below;
  const z = s * s;
  const third = z / 3;
  const bend = s * third;
  const thirdRest = (z - 3 * third - productRest(3, third, 3 * third) + productRest(s, s, z)) / 3;
  const bendRest = productRest(s, third, bend) + s * thirdRest;
  const low = rest + rest * z + bendRest + s * (z * z) * series(z);
  const head = exponent * LN2_HIGH;
  const [first, firstRest] = sum(head, 2 * s);
  const [second, secondRest] = sum(first, 2 * bend);
  const tail = exponent * LN2_LOW;
  return sum(second, tail + (secondRest + (firstRest + (2 * low + exponent * LN2_LOWEST))));
}

/** 1/5 + z/7 + z²/9 + …, for z below 0.03. */
function series(z: number): number {
  let total = 0;
  for (let n = 35; n >= 5; n -= 2) total = total * z + 1 / n;
  return total;
}

/** a + b and what its rounding loses. */
function sum(a: number, b: number): readonly [number, number] {
  const total = a + b;
  const part = total - a;
  return [total, a - (total - part) + (b - part)];
}

/** What rounding a · b to `product` loses (Dekker 1971). */
function productRest(a: number, b: number, product: number): number {
  const [a1, b1] = [highHalf(a), highHalf(b)];
  const [a2, b2] = [a - a1, b - b1];
  return a1 * b1 - product + a1 * b2 + a2 * b1 + a2 * b2;
}

function highHalf(x: number): number {
  const scaled = 134217729 * x;
  return scaled - (scaled - x);
}
