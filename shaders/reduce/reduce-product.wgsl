// Π x of floats in integers: a 64-bit significand, an exponent without limits, and what signs, zeros, infinities and NaN were seen.

struct Total { high: u32, low: u32, exponent: i32, seen: u32 } // (high · 2^32 + low) · 2^(exponent - 63), the top bit set

const MINUS = 1u;
const ZERO = 2u;
const INFINITE = 4u;
const NAN_SEEN = 8u;
const EXPONENT_LIMIT = 500000000;

fn nothing() -> Total { return Total(0x80000000u, 0u, 0, 0u); }

fn valueOf(x: f32) -> Total {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  let sign = bits >> 31u;
  if (size >= 0x7f800000u) { return Total(0x80000000u, 0u, 0, select(INFINITE | sign, NAN_SEEN, size > 0x7f800000u)); }
  if (size == 0u) { return Total(0x80000000u, 0u, 0, ZERO | sign); }
  if (size < 0x00800000u) {
    let zeros = countLeadingZeros(size);
    return Total(size << zeros, 0u, -118 - i32(zeros), sign);
  }
  return Total((size << 8u) | 0x80000000u, 0u, i32(size >> 23u) - 127, sign);
}

fn join(a: Total, b: Total) -> Total {
  let leading = multiplyWide(a.high, b.high);
  // The products of a high and a low word, to their upper halves: an error of 2^-62.
  let cross = multiplyWide(a.high, b.low).x;
  let sum = leading.y + cross;
  let other = multiplyWide(a.low, b.high).x;
  let low = sum + other;
  let high = leading.x + u32(sum < cross) + u32(low < other);
  let short = high < 0x80000000u;
  let exponent = clamp(a.exponent + b.exponent + select(1, 0, short), -EXPONENT_LIMIT, EXPONENT_LIMIT);
  let seen = (a.seen | b.seen) ^ (a.seen & b.seen & MINUS);
  return Total(select(high, (high << 1u) | (low >> 31u), short), select(low, low << 1u, short), exponent, seen);
}

fn include(total: Total, x: f32, r: u32) -> Total { return join(total, valueOf(x)); }

// Rounded to nearest even, subnormal where it must be.
fn wordOf(total: Total) -> u32 {
  let sign = (total.seen & MINUS) << 31u;
  if ((total.seen & NAN_SEEN) != 0u || (total.seen & (ZERO | INFINITE)) == (ZERO | INFINITE)) { return 0x7fc00000u; }
  if ((total.seen & ZERO) != 0u) { return sign; }
  if ((total.seen & INFINITE) != 0u || total.exponent > 127) { return sign | 0x7f800000u; }
  let dropped = 8u + u32(clamp(-126 - total.exponent, 0, 64)); // bits of the high word
  if (dropped > 32u) { return sign; }
  let significand = select(total.high >> min(dropped, 31u), 0u, dropped == 32u);
  let rest = total.high << (32u - dropped);
  let up = rest > 0x80000000u || (rest == 0x80000000u && (total.low != 0u || (significand & 1u) == 1u));
  let exponent = u32(max(total.exponent, -127) + 126);
  let biased = select(exponent << 23u, 0u, total.exponent < -126);
  return sign | (biased + significand + u32(up));
}
