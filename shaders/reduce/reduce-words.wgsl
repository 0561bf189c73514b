// Reductions that are exact in 32-bit integers: wrapping sums and products, and those over the truth of elements.

struct Total { word: u32 }

const TRUTH = {{truth}};
const FLOATS = {{floats}};
const MEAN = {{mean}};

fn nothing() -> Total { return Total({{nothing}}); }

fn include(total: Total, x: {{scalar}}, r: u32) -> Total {
  var bits = bitcast<u32>(x);
  if (FLOATS) { bits &= 0x7fffffffu; }
  return join(total, Total(select(bits, u32(bits != 0u), TRUTH)));
}

fn join(left: Total, right: Total) -> Total {
  let a = left.word;
  let b = right.word;
  return Total({{combine}});
}

fn wordOf(total: Total) -> u32 {
  if (!MEAN) { return total.word; }
  let high = f32(total.word & 0xffff0000u);
  let mean = multiplyPairs(Pair(high, f32(total.word & 0xffffu)), Pair(params.reciprocalHigh, params.reciprocalLow));
  return bitcast<u32>(mean.high + mean.low);
}
