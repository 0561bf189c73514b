// Exponentials, logarithms and hyperbolic functions of float32 within 3 ulp: the built-in ones are allowed a thousand times that.
// Polynomials are minimax fits of our own (Remez), relative error below 2^-28.

// e^r - 1 - r for |r| <= ln(2)/2.
fn exponentialTail(r: f32) -> f32 {
  let p = fma(fma(fma(fma(fma(0.00019845894712489098f, r, 0.0013940823264420033f), r, 0.008333389647305012f), r, 0.04166635870933533f), r, 0.1666666567325592f), r, 0.5f);
  return p * r * r;
}

struct Reduced {
  k: i32,
  r: f32,
}

// x = k ln 2 + r; the head of ln 2 has 15 bits, so that its product with k is exact where fma rounds twice, and so is the first
// difference. Head and tail must not be added up before.
fn reduceByLn2(x: f32) -> Reduced {
  let k = round(x * 1.4426950216293335f);
  return Reduced(i32(k), fma(k, -1.428606765330187e-06f, rounded(fma(k, -0.693145751953125f, x))));
}

// e^(x + low) 2^shift for |low| < 0.05 and |shift| <= 1.
fn exponentialOfSum(x: f32, low: f32, shift: i32) -> f32 {
  let reduced = reduceByLn2(clamp(x, -105f, 90f));
  let r = reduced.r + low;
  return scale(1f + (r + exponentialTail(r)), reduced.k + shift);
}

fn exponentialShifted(x: f32, shift: i32) -> f32 {
  return exponentialOfSum(x, 0f, shift);
}

fn exponential(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & MAGNITUDE) > 0x42b17217u) { // 88.72283, and NaN
    let low = select(0u, bitcast<u32>(exponentialShifted(x, 0)), (bits & MAGNITUDE) < 0x42cff1b5u); // above -103.972
    let edge = select(INFINITY, low, (bits & SIGN) != 0u);
    return bitcast<f32>(select(edge, NOT_A_NUMBER, isNan(x)));
  }
  return exponentialShifted(x, 0);
}

fn exponential2(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let whole = round(clamp(x, -151f, 128f));
  let r = rounded(x - whole) * 0.6931471824645996f;
  let y = scale(1f + (r + exponentialTail(r)), i32(whole));
  let edge = select(INFINITY, 0u, (bits & SIGN) != 0u);
  let beyond = (bits & MAGNITUDE) >= select(0x43000000u, 0x43160000u, (bits & SIGN) != 0u); // 128 and -150
  return bitcast<f32>(select(select(bitcast<u32>(y), edge, beyond), NOT_A_NUMBER, isNan(x)));
}

fn exponentialMinus1(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let reduced = reduceByLn2(clamp(x, -20f, 88.75f));
  let tail = reduced.r + exponentialTail(reduced.r);
  let half = bitcast<f32>(u32(reduced.k + 126) << 23u); // 2^k / 2
  let y = 2f * fma(half, tail, rounded(half - 0.5f));
  let finite = select(bitcast<u32>(y), INFINITY, bits > 0x42b17217u && bits < SIGN);
  let small = (bits & MAGNITUDE) < 0x33000000u || isNan(x); // 2^-25
  return bitcast<f32>(select(finite, bits, small));
}

struct LogSplit {
  k: f32,
  f: f32,
}

// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x.
fn splitForLog(x: f32) -> LogSplit {
  let raw = bitcast<u32>(x);
  let shift = max(countLeadingZeros(raw), 8u) - 8u; // of subnormals
  let offset = (raw << shift) - 0x3f3504f3u; // sqrt(1/2)
  let f = rounded(bitcast<f32>((offset & 0x7fffffu) + 0x3f3504f3u) - 1f);
  return LogSplit(f32((bitcast<i32>(offset) >> 23u) - i32(shift)), f);
}

// log(1 + f) - f.
fn logTail(f: f32) -> f32 {
  let p = fma(fma(fma(fma(-0.07621776312589645f, f, 0.12904441356658936f), f, -0.13242992758750916f), f, 0.14181824028491974f), f, -0.16609081625938416f);
  return f * f * fma(fma(fma(fma(p, f, 0.2000197321176529f), f, -0.25001582503318787f), f, 0.33333325386047363f), f, -0.49999988079071045f);
}

fn logOf(k: f32, f: f32) -> f32 {
  return fma(k, 0.693145751953125f, f + fma(k, 1.428606765330187e-06f, logTail(f)));
}

// Zero, negative numbers, infinity and NaN of a logarithm.
fn logEdges(x: f32, y: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let outside = select(bitcast<u32>(y), NOT_A_NUMBER, bits > INFINITY);
  let infinite = select(outside, INFINITY, bits == INFINITY);
  return bitcast<f32>(select(infinite, SIGN | INFINITY, (bits & MAGNITUDE) == 0u));
}

fn logarithm(x: f32) -> f32 {
  let split = splitForLog(x);
  return logEdges(x, logOf(split.k, split.f));
}

// log(1 + f) / ln 2 and / ln 10 with the constant in two parts.
fn logarithm2(x: f32) -> f32 {
  let split = splitForLog(x);
  let tail = logTail(split.f);
  let fraction = fma(split.f, 1.4426950216293335f, fma(tail, 1.4426950216293335f, (split.f + tail) * 1.925963033500011e-08f));
  return logEdges(x, split.k + fraction);
}

fn logarithm10(x: f32) -> f32 {
  let split = splitForLog(x);
  let tail = logTail(split.f);
  let fraction = fma(split.f, 0.4342944920063019f, fma(tail, 0.4342944920063019f, (split.f + tail) * -1.0103049952192578e-08f));
  return logEdges(x, fma(split.k, 0.301025390625f, fma(split.k, 4.605039066518657e-06f, fraction)));
}

// 1 + x is used for its power of two only: 2^-k (1 + x) - 1 comes from x itself.
fn logarithm1p(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let sum = 1f + x;
  let k = i32((bitcast<u32>(sum) - 0x3f3504f3u)) >> 23u;
  let factor = bitcast<f32>(u32(127 - clamp(k, -40, 40)) << 23u);
  let f = select(fma(x, factor, rounded(factor - 1f)), x, k == 0);
  let near = logOf(f32(k), f);
  let y = select(near, logarithm(x), bits > 0x4e800000u && bits < SIGN); // 2^30
  let edges = logEdges(sum, y);
  return bitcast<f32>(select(bitcast<u32>(edges), bits, (bits & MAGNITUDE) < 0x33000000u || isNan(x)));
}

fn hyperbolicSine(x: f32) -> f32 {
  let t = magnitude(x);
  let z = min(t, 1f) * min(t, 1f);
  let near = fma(t * z, fma(fma(fma(2.8169513370812638e-06f, z, 0.0001983615948120132f), z, 0.008333349600434303f), z, 0.1666666716337204f), t);
  let e = exponentialShifted(t, -1);
  let far = select(bitcast<u32>(e - 0.25f / e), INFINITY, bitcast<u32>(t) > 0x42b2d4fcu); // 89.415985
  let y = select(far, bitcast<u32>(near), bitcast<u32>(t) < 0x3f800000u);
  return withSign(bitcast<f32>(select(y, NOT_A_NUMBER, isNan(x))), x);
}

fn hyperbolicCosine(x: f32) -> f32 {
  let t = magnitude(x);
  let e = exponentialShifted(t, -1);
  let y = select(bitcast<u32>(e + 0.25f / e), INFINITY, bitcast<u32>(t) > 0x42b2d4fcu);
  return bitcast<f32>(select(y, NOT_A_NUMBER, isNan(x)));
}

fn hyperbolicTangent(x: f32) -> f32 {
  let t = magnitude(x);
  let s = min(t, 10f);
  let z = s * s;
  let p = fma(fma(fma(fma(-0.00619872659444809f, z, 0.02102055586874485f), z, -0.0538405179977417f), z, 0.13332480192184448f), z, -0.3333331346511841f);
  let near = fma(t * z, p, t);
  let far = 1f - 1f / (exponentialShifted(2f * s, -1) + 0.5f);
  let y = select(bitcast<u32>(far), bitcast<u32>(near), bitcast<u32>(t) < 0x3f0ccccdu); // 0.55
  return withSign(bitcast<f32>(select(y, NOT_A_NUMBER, isNan(x))), x);
}

fn areaSine(x: f32) -> f32 {
  let t = magnitude(x);
  let s = min(t, 0.5f);
  let z = s * s;
  let p = fma(fma(fma(fma(-0.013237525708973408f, z, 0.028169123455882072f), z, -0.04438451677560806f), z, 0.0749865248799324f), z, -0.1666664332151413f);
  let near = fma(t * z, p, t);
  let large = bitcast<u32>(t) > 0x4e800000u; // 2^30
  let q = min(t, 1e10f);
  let excess = q + q * q / (1f + sqrt(fma(q, q, 1f)));
  let far = logarithm1p(select(excess, t, large)) + select(0f, 0.6931471824645996f, large);
  let y = select(bitcast<u32>(far), bitcast<u32>(near), bitcast<u32>(t) < 0x3f000000u);
  return withSign(bitcast<f32>(select(y, NOT_A_NUMBER, isNan(x))), x);
}

fn areaCosine(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let large = bits > 0x4e800000u;
  let t = rounded(min(x, 1e10f) - 1f);
  let near = logarithm1p(t + squareRoot(fma(t, t, 2f * t)));
  let far = logarithm(x) + 0.6931471824645996f;
  let y = select(bitcast<u32>(near), bitcast<u32>(far), large);
  return bitcast<f32>(select(y, NOT_A_NUMBER, rank(bits) < 0x3f800000 || isNan(x)));
}

fn areaTangent(x: f32) -> f32 {
  let t = magnitude(x);
  let z = min(t, 0.5f) * min(t, 0.5f);
  let p = fma(fma(fma(fma(fma(0.1766911745071411f, z, 0.05135825276374817f), z, 0.11823729425668716f), z, 0.14222761988639832f), z, 0.20002518594264984f), z, 0.33333301544189453f);
  let near = fma(t * z, p, t);
  let s = clamp(t, 0.5f, 0.99999994f);
  let far = 0.5f * logarithm1p(2f * s / (1f - s));
  let inside = select(bitcast<u32>(far), bitcast<u32>(near), bitcast<u32>(t) < 0x3f000000u);
  let y = select(inside, INFINITY, bitcast<u32>(t) == 0x3f800000u);
  return withSign(bitcast<f32>(select(y, NOT_A_NUMBER, bitcast<u32>(t) > 0x3f800000u)), x);
}

// x / (1 + e^-x); below -64 it is x e^x, scaled up until it is rounded.
fn sigmoidLinearUnit(x: f32) -> f32 {
  if (x < -64f) {
    // Below -120 the result is -0, at -infinity too.
    let above = max(x, -120f);
    let reduced = reduceByLn2(above);
    return above * scale(1f + (reduced.r + exponentialTail(reduced.r)), reduced.k + 32) * 0x1p-32f;
  }
  let e = exponential(-magnitude(x));
  return x * (select(e, 1f, x >= 0f) / (1f + e));
}
