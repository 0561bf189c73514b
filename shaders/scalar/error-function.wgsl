// The error function, its complement and the gaussian linear unit of float32; minimax fits of our own.

// erf(x) for |x| <= 1/2.
fn errorNear0(x: f32) -> f32 {
  let z = x * x;
  return fma(x, fma(fma(fma(fma(0.004719928372651339f, z, -0.02675815485417843f), z, 0.11282838135957718f), z, -0.37612608075141907f), z, 0.12837916612625122f), x);
}

// erfc(t) e^(t^2) for t in [1/2, 10.2].
fn scaledComplement(t: f32) -> f32 {
  let u = (t - 2f) / (t + 2f);
  let p = fma(fma(fma(fma(-0.0006108214147388935f, u, 5.3773332183482125e-05f), u, 0.003909298684448004f), u, -0.0004953464376740158f), u, -0.025240030139684677f);
  return fma(fma(fma(fma(p, u, 0.04253412038087845f), u, 0.03781374171376228f), u, -0.25997469782829285f), u, 0.7661870121955872f) / (1f + t);
}

// e^(-t^2 factor): the square of the head of t is exact.
fn gaussian(t: f32, factor: f32) -> f32 {
  let head = bitcast<f32>(bitcast<u32>(t) & 0xfffff000u);
  return exponentialOfSum(-head * head * factor, -rounded(t - head) * (t + head) * factor, 0);
}

fn complementFromHalf(t: f32) -> f32 {
  let s = min(t, 10.2f);
  return scaledComplement(s) * gaussian(s, 1f);
}

fn errorFunction(x: f32) -> f32 {
  let t = magnitude(x);
  if (bitcast<u32>(t) < 0x3f000000u || isNan(x)) {
    return errorNear0(x);
  }
  return withSign(1f - complementFromHalf(t), x);
}

fn complementaryErrorFunction(x: f32) -> f32 {
  let t = magnitude(x);
  if (bitcast<u32>(t) < 0x3f000000u || isNan(x)) {
    return 1f - errorNear0(x);
  }
  let y = complementFromHalf(t);
  return select(y, 2f - y, (bitcast<u32>(x) & SIGN) != 0u);
}

// x times the share of a standard normal distribution below x; negative x through the complement, where the digits are.
fn gaussianLinearUnit(x: f32) -> f32 {
  let t = magnitude(x);
  if (bitcast<u32>(t) < 0x3f333333u || isNan(x)) { // 0.7
    return 0.5f * x * (1f + errorNear0(x * 0.7071067690849304f));
  }
  let s = min(t, 14.4f);
  let beyond = 0.5f * scaledComplement(s * 0.7071067690849304f) * gaussian(s, 0.5f);
  if ((bitcast<u32>(x) & SIGN) == 0u) {
    return x - select(x * beyond, 0f, bitcast<u32>(t) > 0x41600000u); // 14
  }
  return select(x * beyond, withSign(0f, x), bitcast<u32>(t) > 0x41600000u);
}
