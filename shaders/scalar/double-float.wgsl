// Sums of two floats, high + low with |low| ≤ ulp(high)/2: about 46 bits out of 24-bit arithmetic, which `rounded` of float.wgsl
// keeps in order.

struct Pair { high: f32, low: f32 }

fn magnitudeBits(x: f32) -> u32 { return bitcast<u32>(x) & 0x7fffffffu; }

// a + b exactly (Dekker 1971), the larger first.
fn exactSum(a: f32, b: f32) -> Pair {
  let swap = abs(a) < abs(b);
  let large = select(a, b, swap);
  let small = select(b, a, swap);
  let sum = rounded(a + b);
  return Pair(sum, rounded(small - rounded(sum - large)));
}

// a · b exactly where neither part over- or underflows: halves of 12 bits, whose products are exact.
fn exactProduct(a: f32, b: f32) -> Pair {
  let a1 = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let b1 = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let a2 = rounded(a - a1);
  let b2 = rounded(b - b1);
  let product = rounded(a * b);
  let first = rounded(rounded(a1 * b1) - product);
  let second = rounded(first + rounded(a1 * b2));
  let third = rounded(second + rounded(a2 * b1));
  return Pair(product, third + rounded(a2 * b2));
}

// The error of every addition is kept; the low parts add up plainly.
fn addFloat(a: Pair, x: f32) -> Pair {
  let sum = exactSum(a.high, x);
  return Pair(sum.high, a.low + sum.low);
}

fn addPairs(a: Pair, b: Pair) -> Pair {
  let sum = exactSum(a.high, b.high);
  return Pair(sum.high, (a.low + b.low) + sum.low);
}

// Rounded: two powers that would make one beyond the range of floats stay two.
fn scalePair(a: Pair, power: f32) -> Pair { return Pair(rounded(a.high * power), rounded(a.low * power)); }

// a · b, |low| ≤ ulp(high)/2 again.
fn multiplyPairs(a: Pair, b: Pair) -> Pair {
  let whole = exactSum(a.high, a.low);
  let product = exactProduct(whole.high, b.high);
  return exactSum(product.high, product.low + (whole.high * b.low + whole.low * b.high));
}

// √a for a ≥ 0: one Newton step, for `sqrt` may be off by several units in the last place.
fn rootOfPair(a: Pair) -> f32 {
  let whole = exactSum(a.high, a.low);
  if (!(whole.high > 0.0)) { return 0.0; }
  let root = sqrt(whole.high);
  let square = exactProduct(root, root);
  let rest = (rounded(whole.high - square.high) - square.low) + whole.low;
  return root + rest / (2.0 * root);
}

// 1 / a for normal a, by the same step.
fn reciprocalOfPair(a: Pair) -> f32 {
  let whole = exactSum(a.high, a.low);
  let quotient = 1.0 / whole.high;
  let product = exactProduct(whole.high, quotient);
  let rest = (rounded(1.0 - product.high) - product.low) - whole.low * quotient;
  return quotient + quotient * rest;
}
