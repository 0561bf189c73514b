// Σ e^(x - shift), shift the maximum where that is finite, over rows-transform.wgsl; its logarithm, or what a row's elements need.

struct Total { sum: Pair }

fn nothing() -> Total { return Total(Pair(0.0, 0.0)); }

fn include(total: Total, x: f32, r: u32) -> Total {
  return Total(addFloat(total.sum, shiftedExponential(x, bitcast<f32>(centre.x))));
}

fn join(a: Total, b: Total) -> Total { return Total(addPairs(a.sum, b.sum)); }

// log Σ e^x. A maximum that is not finite is the result.
fn wordOf(total: Total) -> u32 {
  if (centre.x != centre.y) { return centre.y; }
  let log = logarithmOfPair(total.sum);
  let sum = exactSum(bitcast<f32>(centre.x), log);
  return bitcast<u32>(sum.high + sum.low);
}

fn centreOf(total: Total) -> vec2<u32> { return vec2<u32>(bitcast<u32>(termOf(total.sum)), 0u); }
