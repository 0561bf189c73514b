// Σ x² or Σ (x − mean)², times a reciprocal, with or without the root. Squares of floats need twice the range of exponents: they
// are added up in three sums (Blue 1978), of elements below 2^-40 (times 2^80), between, and above 2^40 (times 2^-80).

struct Total { small: Pair, middle: Pair, large: Pair, special: u32 }

const CENTRED = {{centred}};
const ROOT = {{root}};
const INFINITE_BITS = 0x7f800000u;
const LOW_BITS = 0x2b800000u; // 2^-40
const HIGH_BITS = 0x53800000u; // 2^40
const UP = 1208925819614629174706176.0; // 2^80
const DOWN = 8.271806125530276748714086920699628e-25;
const NAN_SEEN = 1u;
const INFINITE_SEEN = 2u;

fn nothing() -> Total { return Total(Pair(0.0, 0.0), Pair(0.0, 0.0), Pair(0.0, 0.0), 0u); }

// Each product is rounded: neither must a difference of unscaled numbers overflow, nor two scales make one beyond all floats.
fn deviation(x: f32, scale: f32) -> f32 {
  if (!CENTRED) { return rounded(x * scale); }
  let mean = bitcast<vec2<f32>>(centre);
  return rounded(rounded(rounded(x * scale) - rounded(mean.x * scale)) - mean.y * scale);
}

fn include(total: Total, x: f32, r: u32) -> Total {
  let d = deviation(x, 1.0);
  var after = total;
  let size = magnitudeBits(x);
  // One comparison: below LOW_BITS the difference wraps.
  if (size < INFINITE_BITS && magnitudeBits(d) - LOW_BITS < HIGH_BITS - LOW_BITS) {
    after.middle = addFloat(total.middle, d * d);
  } else if (size < INFINITE_BITS) {
    let reduced = deviation(x, DOWN);
    if (magnitudeBits(reduced) >= LOW_BITS) {
      after.large = addFloat(total.large, reduced * reduced);
    } else {
      let raised = rounded(d * UP);
      after.small = addFloat(total.small, raised * raised);
    }
  } else {
    after.special |= select(INFINITE_SEEN, NAN_SEEN, CENTRED || size > INFINITE_BITS);
  }
  return after;
}

fn join(a: Total, b: Total) -> Total {
  return Total(addPairs(a.small, b.small), addPairs(a.middle, b.middle), addPairs(a.large, b.large), a.special | b.special);
}

fn wordOf(total: Total) -> u32 {
  if (total.special != 0u) { return select(0x7fc00000u, INFINITE_BITS, total.special == INFINITE_SEEN); }
  var whole = addPairs(total.middle, scalePair(scalePair(total.small, DOWN), DOWN));
  var power = 1.0; // the root is this many times too small
  if (total.large.high > 0.0) {
    whole = addPairs(total.large, scalePair(scalePair(total.middle, DOWN), DOWN));
    power = UP;
  } else if (!(total.middle.high > 0.0)) {
    whole = total.small;
    power = DOWN;
  }
  let scaled = multiplyPairs(whole, Pair(params.reciprocalHigh, params.reciprocalLow));
  if (ROOT) { return bitcast<u32>(rootOfPair(scaled) * power); }
  return bitcast<u32>(rounded((scaled.high + scaled.low) * power) * power);
}
