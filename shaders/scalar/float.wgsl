// Float32 as IEEE 754 has it, on compilers that may ignore NaN, infinities and signs of zeros and that divide to 2.5 ulp:
// what matters is decided on bits. Compiled into a shader where a body asks for it (kernels/wgsl/text/functions.ts).

const SIGN = 0x80000000u;
const MAGNITUDE = 0x7fffffffu;
const INFINITY = 0x7f800000u;
const NOT_A_NUMBER = 0x7fc00000u;

// A number from bits that are known when compiling, which a shader may not name otherwise.
fn fromBits(bits: u32) -> f32 {
  return bitcast<f32>(bits);
}

// x as it was rounded. A compiler may reorder and fuse float arithmetic where real numbers would give the same: errors that are
// computed to be made up for become 0, constants in two parts become one, products of extremes overflow. It cannot see that
// params.zero is 0, and so not through this.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ params.zero);
}

fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & MAGNITUDE) > INFINITY;
}

fn withSign(x: f32, sign: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & MAGNITUDE) | (bitcast<u32>(sign) & SIGN));
}

fn magnitude(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & MAGNITUDE);
}

// The bits a result is stored with: one NaN.
fn canonical(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits, NOT_A_NUMBER, (bits & MAGNITUDE) > INFINITY);
}

// Floats in their order as integers; both zeros are 0.
fn rank(bits: u32) -> i32 {
  let distance = i32(bits & MAGNITUDE);
  return select(distance, -distance, (bits & SIGN) != 0u);
}

fn comparable(a: u32, b: u32) -> bool {
  return max(a & MAGNITUDE, b & MAGNITUDE) <= INFINITY;
}

fn less(a: u32, b: u32) -> bool {
  return comparable(a, b) && rank(a) < rank(b);
}

fn lessEqual(a: u32, b: u32) -> bool {
  return comparable(a, b) && rank(a) <= rank(b);
}

fn equal(a: u32, b: u32) -> bool {
  return comparable(a, b) && rank(a) == rank(b);
}

// As rank, with -0 below +0.
fn totalRank(bits: u32) -> i32 {
  let signed = bitcast<i32>(bits);
  return signed ^ ((signed >> 31u) & 0x7fffffff);
}

// IEEE 754-2019 minimum and maximum: NaN wins, -0 < +0.
fn minimumBits(a: u32, b: u32) -> u32 {
  return select(NOT_A_NUMBER, select(b, a, totalRank(a) < totalRank(b)), comparable(a, b));
}

fn maximumBits(a: u32, b: u32) -> u32 {
  return select(NOT_A_NUMBER, select(b, a, totalRank(a) > totalRank(b)), comparable(a, b));
}

struct Parts {
  significand: u32,
  exponent: i32,
}

// |x| = significand 2^exponent with the leading bit at 2^23, for finite x but 0; subnormals too.
fn partsOf(x: f32) -> Parts {
  let bits = bitcast<u32>(x) & MAGNITUDE;
  let shift = max(countLeadingZeros(bits), 8u) - 8u;
  let field = max(bits >> 23u, 1u);
  return Parts(select((bits & 0x7fffffu) | 0x800000u, bits << shift, shift > 0u), i32(field) - 150 - i32(shift));
}

// significand 2^exponent for a significand in [2^23, 2^24]; too large is infinite, below normal rounds once more.
fn assembled(significand: u32, exponent: i32, sign: u32) -> f32 {
  let field = exponent + 150;
  let down = u32(clamp(1 - field, 1, 31));
  let subnormal = (significand + (1u << (down - 1u))) >> down;
  let normal = select((u32(field) << 23u) + (significand - 0x800000u), INFINITY, field >= 255);
  return bitcast<f32>(sign | select(min(normal, INFINITY), subnormal, field < 1));
}

// a / b, rounded to nearest: the quotient of the significands by the machine, put right by its exact remainder modulo 2^32.
fn divide(a: f32, b: f32) -> f32 {
  let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & SIGN;
  let top = bitcast<u32>(a) & MAGNITUDE;
  let bottom = bitcast<u32>(b) & MAGNITUDE;
  if (max(top, bottom) >= INFINITY || min(top, bottom) == 0u) {
    let undefinedHere = !comparable(top, bottom) || top == bottom;
    let bits = select(0u, INFINITY, top == INFINITY || bottom == 0u) | sign;
    return bitcast<f32>(select(bits, NOT_A_NUMBER, undefinedHere));
  }
  let x = partsOf(a);
  let y = partsOf(b);
  let shift = select(24u, 23u, x.significand >= y.significand);
  let divisor = f32(y.significand);
  let guess = u32(f32(x.significand) / divisor * f32(1u << shift));
  let rest = bitcast<i32>((x.significand << shift) - guess * y.significand);
  let correction = i32(round(f32(rest) / divisor));
  let last = 2 * (rest - correction * i32(y.significand));
  let half = i32(y.significand);
  let quotient = guess + bitcast<u32>(correction) + select(0u, 1u, last > half) - select(0u, 1u, last < -half);
  return assembled(quotient, x.exponent - y.exponent - i32(shift), sign);
}

// The square root, rounded to nearest in the same way.
fn squareRoot(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & MAGNITUDE) == 0u || bits >= INFINITY) {
    return bitcast<f32>(select(bits, NOT_A_NUMBER, (bits & MAGNITUDE) != 0u && bits != INFINITY));
  }
  let parts = partsOf(x);
  let shift = 23u + (u32(parts.exponent + 511) & 1u); // an even power of two is left
  let guess = u32(sqrt(f32(parts.significand) * f32(1u << shift)) + 0.5f);
  let rest = bitcast<i32>((parts.significand << shift) - guess * guess);
  let correction = i32(round(f32(rest) / f32(2u * guess)));
  let root = guess + bitcast<u32>(correction);
  let last = bitcast<i32>((parts.significand << shift) - root * root);
  let rounded = root + select(0u, 1u, last > i32(root)) - select(0u, 1u, last <= -i32(root));
  return assembled(rounded, (parts.exponent - i32(shift)) / 2, 0u);
}

// y 2^k for y in [1/2, 2) and a product that does not overflow.
fn scale(y: f32, k: i32) -> f32 {
  let low = k < -125;
  let scaled = bitcast<f32>(bitcast<u32>(y) + (u32(max(select(k, k + 64, low), -125)) << 23u));
  return select(scaled, scaled * 0x1p-64f, low);
}

struct Division {
  quotient: u32, // modulo 2^32, all ones where it is larger
  rest: f32,
}

// |a| = quotient |b| + rest, exact, for finite a and finite b but 0: long division, eight bits a step.
fn divideWhole(a: f32, b: f32) -> Division {
  if (bitcast<u32>(magnitude(a)) < bitcast<u32>(magnitude(b))) {
    return Division(0u, magnitude(a));
  }
  let x = partsOf(a);
  let y = partsOf(b);
  var left = x.exponent - y.exponent;
  var quotient = x.significand / y.significand;
  var rest = x.significand % y.significand;
  var large = false;
  while (left > 0) {
    let step = u32(min(left, 8));
    large = large || (quotient >> (32u - step)) != 0u;
    let digits = rest << step;
    quotient = (quotient << step) + digits / y.significand;
    rest = digits % y.significand;
    left -= i32(step);
  }
  if (left < 0) { // only where a has one bit of the significand less than b needs
    return Division(0u, magnitude(a));
  }
  let shift = countLeadingZeros(rest | 1u) - 8u;
  let value = assembled(rest << shift, y.exponent - i32(shift), 0u);
  return Division(select(quotient, 0xffffffffu, large), select(value, 0f, rest == 0u));
}

// Python's a % b: the sign of b, also of a zero.
fn remainder(a: f32, b: f32) -> f32 {
  let top = bitcast<u32>(a) & MAGNITUDE;
  let bottom = bitcast<u32>(b) & MAGNITUDE;
  if (top >= INFINITY || bottom > INFINITY || bottom == 0u) {
    return fromBits(NOT_A_NUMBER);
  }
  var rest = magnitude(a);
  if (bottom < INFINITY) {
    rest = divideWhole(a, b).rest;
  }
  let differ = ((bitcast<u32>(a) ^ bitcast<u32>(b)) & SIGN) != 0u;
  let moved = magnitude(b) - rest;
  return withSign(select(rest, moved, differ && bitcast<u32>(rest) != 0u), b);
}

// Python's a // b.
fn floorDivide(a: f32, b: f32) -> f32 {
  let top = bitcast<u32>(a) & MAGNITUDE;
  let bottom = bitcast<u32>(b) & MAGNITUDE;
  let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & SIGN;
  if (bottom == 0u || bottom > INFINITY) {
    return divide(a, b);
  }
  if (top >= INFINITY) {
    return fromBits(NOT_A_NUMBER);
  }
  if (bottom == INFINITY) {
    return bitcast<f32>(sign | select(0u, 0x3f800000u, sign != 0u && top != 0u));
  }
  if (top == 0u) {
    return bitcast<f32>(sign);
  }
  let division = divideWhole(a, b);
  if (division.quotient == 0xffffffffu) {
    return divide(a, b);
  }
  let up = select(0u, 1u, sign != 0u && bitcast<u32>(division.rest) != 0u);
  return bitcast<f32>(sign | bitcast<u32>(floatOfU32(division.quotient + up)));
}

// The nearest float: both halves are exact, their sum is rounded once.
fn floatOfU32(x: u32) -> f32 {
  return f32(x >> 16u) * 65536f + f32(x & 0xffffu);
}

fn floatOfI32(x: i32) -> f32 {
  return f32(x >> 16u) * 65536f + f32(x & 0xffff);
}

// Truncated, modulo 2^32; NaN and infinities give 0.
fn wrappedInteger(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let exponent = i32((bits >> 23u) & 0xffu) - 150;
  let significand = (bits & 0x7fffffu) | 0x800000u;
  let shifted = select(significand >> u32(clamp(-exponent, 0, 31)), significand << u32(clamp(exponent, 0, 31)), exponent > 0);
  let whole = select(0u, shifted, exponent < 32 && exponent > -24);
  return select(whole, 0u - whole, (bits & SIGN) != 0u);
}

// Truncated and saturated; NaN gives 0.
fn saturatedI32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let limit = select(0x7fffffffu, 0x80000000u, (bits & SIGN) != 0u);
  let whole = select(wrappedInteger(x), limit, (bits & MAGNITUDE) >= 0x4f000000u);
  return bitcast<i32>(select(whole, 0u, isNan(x)));
}

fn saturatedU32(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let whole = select(wrappedInteger(x), 0xffffffffu, bits >= 0x4f800000u);
  return select(whole, 0u, (bits & SIGN) != 0u || isNan(x));
}

// Both words of a product.
fn multiplyWide(a: u32, b: u32) -> vec2<u32> {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2<u32>((a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u), (other << 16u) | (low & 0xffffu));
}
