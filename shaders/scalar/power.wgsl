// x to the power y of float32 within 2 ulp: log2 x to 31 bits and its product with y to 64, in integers.

const EVEN = 0u;
const ODD = 1u;
const FRACTIONAL = 2u;

fn parity(y: f32) -> u32 {
  let bits = bitcast<u32>(y) & MAGNITUDE;
  if (bits >= 0x4b800000u || bits == 0u) { // 2^24
    return EVEN;
  }
  if (bits < 0x3f800000u) {
    return FRACTIONAL;
  }
  let shift = 150u - (bits >> 23u);
  let significand = (bits & 0x7fffffu) | 0x800000u;
  return select((significand >> shift) & 1u, FRACTIONAL, ((significand >> shift) << shift) != significand);
}

struct Wide {
  significand: u32, // its leading bit is 2^31, but for zero
  exponent: i32,
  negative: bool,
}

// log2 t = n + log2(1 + f) = n + s (2/ln 2 + 2/(3 ln 2) s^2 + ...), s = f / (2 + f), for positive finite t.
fn wideLog(t: f32) -> Wide {
  let raw = bitcast<u32>(t);
  let subnormal = max(countLeadingZeros(raw), 8u) - 8u;
  let offset = (raw << subnormal) - 0x3f3504f3u; // sqrt(1/2)
  let n = (bitcast<i32>(offset) >> 23u) - i32(subnormal);
  let steps = bitcast<i32>((offset & 0x7fffffu) + 0x3f3504f3u - 0x3f800000u);
  let f = select(steps, 2 * steps, steps > 0); // 2^24 f
  let size = u32(abs(f));
  let up = countLeadingZeros(size | 1u) - 1u;
  let dividend = size << up;
  let divisor = u32(33554432 + f);
  let guess = u32(f32(dividend) / f32(divisor) * 262144f);
  let rest = bitcast<i32>((dividend << 18u) - guess * divisor);
  let digits = countLeadingZeros(guess + 16u); // the guess may be so far below
  let s = (guess << digits) + bitcast<u32>(i32(round(f32(rest) * f32(1u << digits) / f32(divisor)))); // 2^(18 + up + digits) s
  let small = s >> (max(up + digits, 16u) - 16u); // 2^34 s
  let square = multiplyWide(small, small).x; // 2^36 s^2
  let z = f32(square) * 0x1p-36f;
  let last = z * z * fma(z, fma(z, fma(z, 0.26230825f, 0.3205989f), 0.41219857f), 0.577078f);
  let factor = 3098164009u + ((multiplyWide(square, 4130885346u).x + u32(last * 0x1p36f) + 32u) >> 6u); // 2^30
  let product = multiplyWide(s, factor).x; // 2^(16 + up + digits) log2(1 + f)
  let places = max(16u + up + digits, 32u);
  let fraction = select(product >> min(places - 32u, 31u), 0u, size == 0u); // 2^32
  if (n == 0) {
    let shift = countLeadingZeros(product | 1u);
    return Wide(select(product << shift, 0u, size == 0u), -i32(places + shift), f < 0);
  }
  let apart = (n < 0) != (f < 0) && fraction != 0u;
  let whole = u32(abs(n)) - select(0u, 1u, apart);
  let below = select(fraction, 0u - fraction, apart);
  let shift = countLeadingZeros(whole);
  let joined = select((whole << (shift & 31u)) | (below >> ((32u - shift) & 31u)), below, whole == 0u);
  return Wide(joined, -i32(shift), n < 0);
}

// t^y for positive finite t and y other than 0 and NaN.
fn positivePower(t: f32, y: f32) -> u32 {
  let log = wideLog(t);
  let parts = partsOf(y);
  let product = multiplyWide(log.significand, parts.significand << 8u);
  let shift = -(24 + log.exponent + parts.exponent); // |y log2 t| = product 2^-(32 + shift)
  let falls = log.negative != ((bitcast<u32>(y) & SIGN) != 0u);
  let edge = select(INFINITY, 0u, falls);
  if (log.significand == 0u || shift > 63) {
    return 0x3f800000u;
  }
  if (shift < 22) {
    return edge;
  }
  let far = shift >= 32;
  let inner = u32(shift) & 31u;
  let whole = select(i32(product.x >> inner), 0, far);
  let below = select((product.x << (32u - inner)) | (product.y >> inner), product.x >> inner, far);
  let fraction = select(below, 0u - below, falls);
  let k = select(whole, select(-whole, -whole - 1, below != 0u), falls) + i32(fraction >> 31u);
  if (k > 128 || k < -151) {
    return edge;
  }
  let r = floatOfI32(bitcast<i32>(fraction)) * 0x1p-32f * 0.6931471824645996f;
  if (k == 128 && r >= 0f) {
    return INFINITY;
  }
  return bitcast<u32>(scale(1f + (r + exponentialTail(r)), k));
}

// IEEE 754-2019 pow: 1 for x = 1 and for y = 0, whatever the other.
fn power(x: f32, y: f32) -> f32 {
  let base = bitcast<u32>(x) & MAGNITUDE;
  let exponent = bitcast<u32>(y) & MAGNITUDE;
  if (exponent == 0u || bitcast<u32>(x) == 0x3f800000u || (base == 0x3f800000u && exponent == INFINITY)) {
    return 1f;
  }
  if (max(base, exponent) > INFINITY) {
    return fromBits(NOT_A_NUMBER);
  }
  let kind = parity(y);
  let negative = (bitcast<u32>(x) & SIGN) != 0u;
  let finite = base != 0u && base != INFINITY;
  if (negative && finite && kind == FRACTIONAL) {
    return fromBits(NOT_A_NUMBER);
  }
  let grows = (base > 0x3f800000u) == ((bitcast<u32>(y) & SIGN) == 0u);
  var bits = select(0u, INFINITY, grows);
  if (finite) {
    bits = positivePower(bitcast<f32>(base), y);
  }
  return bitcast<f32>(bits | select(0u, SIGN, negative && kind == ODD));
}
