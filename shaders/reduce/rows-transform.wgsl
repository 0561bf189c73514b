// Softmax or its logarithm of one element, given its row's shift, maximum and term.

const LOGARITHMIC = {{logarithmic}};

// What the sum of a row's exponentials is good for.
fn termOf(sum: Pair) -> f32 {
  if (LOGARITHMIC) { return logarithmOfPair(sum); }
  return reciprocalOfPair(sum);
}

fn transformed(x: f32, row: vec2<u32>, term: f32) -> u32 {
  if (row.x != row.y) { return 0x7fc00000u; } // the maximum is not finite
  let shift = bitcast<f32>(row.x);
  if (!LOGARITHMIC) { return bitcast<u32>(shiftedExponential(x, shift) * term); }
  let difference = exactSum(x, -shift);
  if (magnitudeBits(difference.high) >= 0x7f800000u) { return 0xff800000u; }
  return bitcast<u32>((difference.high - term) + difference.low);
}
