// Σ x or Σ |x| of floats, times a reciprocal. Elements of 2^96 and more are added up at 2^-40, so that no partial sum overflows;
// NaN and infinities never enter float arithmetic, which need not know them.

struct Total { sum: Pair, large: Pair, special: u32 }

const MAGNITUDES = {{magnitudes}};
const LARGE_BITS = 0x6f800000u; // 2^96
const INFINITE_BITS = 0x7f800000u;
const NAN_SEEN = 1u;
const PLUS_SEEN = 2u;
const MINUS_SEEN = 4u;
const TO_LARGE = 9.094947017729282379150390625e-13; // 2^-40
const FROM_LARGE = 1099511627776.0;

fn nothing() -> Total { return Total(Pair(0.0, 0.0), Pair(0.0, 0.0), 0u); }

fn include(total: Total, value: f32, r: u32) -> Total {
  let bits = select(bitcast<u32>(value), magnitudeBits(value), MAGNITUDES);
  let x = bitcast<f32>(bits);
  let size = bits & 0x7fffffffu;
  var after = total;
  if (size < LARGE_BITS) {
    after.sum = addFloat(total.sum, x);
  } else if (size < INFINITE_BITS) {
    after.large = addFloat(total.large, x * TO_LARGE);
  } else {
    after.special |= select(select(PLUS_SEEN, MINUS_SEEN, bits != size), NAN_SEEN, size > INFINITE_BITS);
  }
  return after;
}

fn join(a: Total, b: Total) -> Total {
  return Total(addPairs(a.sum, b.sum), addPairs(a.large, b.large), a.special | b.special);
}

// The finite total times the reciprocal, over a power of two that is undone last.
fn scaled(total: Total) -> Pair {
  let reciprocal = Pair(params.reciprocalHigh, params.reciprocalLow);
  if (magnitudeBits(total.large.high) == 0u) { return multiplyPairs(total.sum, reciprocal); }
  let whole = addPairs(total.large, scalePair(total.sum, TO_LARGE));
  return scalePair(multiplyPairs(whole, reciprocal), FROM_LARGE);
}

fn wordOf(total: Total) -> u32 {
  if (total.special == PLUS_SEEN) { return INFINITE_BITS; }
  if (total.special == MINUS_SEEN) { return 0xff800000u; }
  if (total.special != 0u) { return 0x7fc00000u; }
  let value = scaled(total);
  return bitcast<u32>(value.high + value.low);
}

// The mean as two floats; where an element is not finite the deviations from it notice that themselves.
fn centreOf(total: Total) -> vec2<u32> {
  if (total.special != 0u) { return vec2<u32>(0u, 0u); }
  let mean = scaled(total);
  return vec2<u32>(bitcast<u32>(mean.high), bitcast<u32>(mean.low));
}
