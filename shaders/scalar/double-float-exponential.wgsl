// e^x and log x of sums of two floats, of double-float.wgsl, over the polynomials of exponential.wgsl.

// e^(x - shift) for x ≤ shift: the difference is exact, for half an ulp of it would be many of the result. 0 for -Infinity.
fn shiftedExponential(x: f32, shift: f32) -> f32 {
  let difference = exactSum(x, -shift);
  if (magnitudeBits(x) >= 0x7f800000u || !(difference.high > -104.0)) { return 0.0; }
  let reduced = reduceByLn2(difference.high);
  let r = reduced.r + difference.low;
  return scale(1.0 + (r + exponentialTail(r)), reduced.k);
}

// log of a sum of exponentials of which one is 1: of a finite x ≥ 1.
fn logarithmOfPair(x: Pair) -> f32 {
  let whole = exactSum(x.high, x.low);
  let split = splitForLog(whole.high);
  let tail = fma(split.k, 1.428606765330187e-06, logTail(split.f)) + whole.low / whole.high;
  return fma(split.k, 0.693145751953125, split.f + tail);
}
