// Sine, cosine, tangent and their inverses of float32, accurate for every argument.

// 2/pi after the point, one word of zeros in front.
const TWO_OVER_PI = array<u32, 8>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);

struct Angle {
  quadrant: u32,
  rest: f32, // |rest| <= pi/4
}

// Payne and Hanek (1983) in integers, where no compiler rearranges: 96 bits of 2/pi from the one that weighs 2 in x 2/pi.
fn reduceAngle(x: f32) -> Angle {
  let bits = bitcast<u32>(x);
  if ((bits & MAGNITUDE) <= 0x3f490fdau) {
    return Angle(0u, x);
  }
  let field = min((bits >> 23u) & 0xffu, 254u);
  let first = field - 120u; // exponent - 150 - 2 + 32
  let word = first >> 5u;
  let shift = first & 31u;
  let w0 = TWO_OVER_PI[word];
  let w1 = TWO_OVER_PI[word + 1u];
  let w2 = TWO_OVER_PI[word + 2u];
  let w3 = TWO_OVER_PI[word + 3u];
  let back = (32u - shift) & 31u;
  let spill = select(0xffffffffu, 0u, shift == 0u);
  let high = (w0 << shift) | ((w1 >> back) & spill);
  let middle = (w1 << shift) | ((w2 >> back) & spill);
  let low = (w2 << shift) | ((w3 >> back) & spill);
  let significand = (bits & 0x7fffffu) | 0x800000u;
  let product = multiplyWide(significand, middle);
  let lower = product.y + multiplyWide(significand, low).x;
  let upper = significand * high + product.x + select(0u, 1u, lower < product.y);
  return angleOf(upper, lower, bits >> 31u);
}

// A turn of upper:lower quarters (two bits before the point), negative or not, as quadrant and rest.
fn angleOf(upper: u32, lower: u32, negative: u32) -> Angle {
  var high = (upper << 2u) | (lower >> 30u);
  var low = lower << 2u;
  let past = high >> 31u; // nearer to the next quadrant
  let quadrant = (upper >> 30u) + past;
  if (past == 1u) {
    high = ~high + select(0u, 1u, low == 0u);
    low = 0u - low;
  }
  var zeros = 0u;
  if (high == 0u) {
    high = low;
    low = 0u;
    zeros = 32u;
  }
  let shift = countLeadingZeros(high | 1u);
  let fraction = (high << shift) | select(low >> ((32u - shift) & 31u), 0u, shift == 0u);
  let scaled = multiplyWide(fraction, 0xc90fdaa2u).x; // pi/4
  let factor = bitcast<f32>((127u - 31u - shift - zeros) << 23u);
  let rest = floatOfU32(scaled) * factor;
  return Angle(select(quadrant, 0u - quadrant, negative == 1u) & 3u, bitcast<f32>(bitcast<u32>(rest) ^ ((past ^ negative) << 31u)));
}

fn sineNear0(r: f32) -> f32 {
  let z = r * r;
  return fma(r * z, fma(fma(-0.00019515218446031213f, z, 0.00833216030150652f), z, -0.16666655242443085f), r);
}

fn cosineNear0(r: f32) -> f32 {
  let z = r * r;
  return fma(z, fma(z, fma(fma(2.4438379114144482e-05f, z, -0.0013887366512790322f), z, 0.04166664555668831f), -0.5f), 1f);
}

// Infinities have no angle.
fn angleEdges(x: f32, y: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(y), NOT_A_NUMBER, (bitcast<u32>(x) & MAGNITUDE) >= INFINITY));
}

fn sine(x: f32) -> f32 {
  let angle = reduceAngle(x);
  let y = select(sineNear0(angle.rest), cosineNear0(angle.rest), (angle.quadrant & 1u) == 1u);
  let signed = bitcast<f32>(bitcast<u32>(y) ^ ((angle.quadrant >> 1u) << 31u));
  return angleEdges(x, bitcast<f32>(select(bitcast<u32>(signed), bitcast<u32>(x), (bitcast<u32>(x) & MAGNITUDE) < 0x39000000u))); // 2^-13
}

fn cosine(x: f32) -> f32 {
  let angle = reduceAngle(x);
  let y = select(cosineNear0(angle.rest), sineNear0(angle.rest), (angle.quadrant & 1u) == 1u);
  return angleEdges(x, bitcast<f32>(bitcast<u32>(y) ^ (((angle.quadrant + 1u) >> 1u) << 31u)));
}

fn tangent(x: f32) -> f32 {
  let angle = reduceAngle(x);
  let s = sineNear0(angle.rest);
  let c = cosineNear0(angle.rest);
  let odd = (angle.quadrant & 1u) == 1u;
  let y = select(s, -c, odd) / select(c, s, odd);
  return angleEdges(x, bitcast<f32>(select(bitcast<u32>(y), bitcast<u32>(x), (bitcast<u32>(x) & MAGNITUDE) < 0x39000000u)));
}

// For t in [0, 1].
fn arcTangentNear0(t: f32) -> f32 {
  let z = t * t;
  let p = fma(fma(fma(fma(-0.0017936243675649166f, z, 0.010914618149399757f), z, -0.03117787092924118f), z, 0.057957619428634644f), z, -0.0840345174074173f);
  return fma(t * z, fma(fma(fma(fma(p, z, 0.10952186584472656f), z, -0.14264242351055145f), z, 0.19998548924922943f), z, -0.33333298563957214f), t);
}

fn arcTangent(x: f32) -> f32 {
  let t = magnitude(x);
  let inverse = bitcast<u32>(t) > 0x3f800000u;
  let angle = arcTangentNear0(select(t, 1f / min(t, 1e30f), inverse));
  let y = select(angle, 1.5707963705062866f - (angle + 4.371138828673793e-08f), inverse);
  return bitcast<f32>(select(bitcast<u32>(withSign(y, x)), NOT_A_NUMBER, isNan(x)));
}

// The angle of the point (x, y).
fn arcTangent2(y: f32, x: f32) -> f32 {
  let across = bitcast<u32>(x) & MAGNITUDE;
  let up = bitcast<u32>(y) & MAGNITUDE;
  let steep = up > across;
  let quotient = divide(bitcast<f32>(min(across, up)), bitcast<f32>(max(across, up)));
  let ratio = select(select(bitcast<u32>(quotient), 0u, max(across, up) == 0u), 0x3f800000u, min(across, up) == INFINITY);
  let near = arcTangentNear0(bitcast<f32>(ratio));
  let right = select(near, 1.5707963705062866f - (near + 4.371138828673793e-08f), steep);
  let angle = select(right, 3.1415927410125732f - (right + 8.742277657347586e-08f), (bitcast<u32>(x) & SIGN) != 0u);
  return bitcast<f32>(select(bitcast<u32>(withSign(angle, y)), NOT_A_NUMBER, max(across, up) > INFINITY));
}

// (arc sine of s - s) for s^2 = z <= 1/4.
fn arcSineTail(s: f32, z: f32) -> f32 {
  return s * z * fma(fma(fma(fma(0.04216630756855011f, z, 0.02417951449751854f), z, 0.04547037556767464f), z, 0.07495297491550446f), z, 0.16666752099990845f);
}

fn arcSine(x: f32) -> f32 {
  let t = min(magnitude(x), 1f);
  let outer = t > 0.5f;
  let z = select(t * t, 0.5f - 0.5f * t, outer);
  let s = select(t, squareRoot(z), outer);
  let tail = arcSineTail(s, z);
  let y = select(s + tail, 1.5707963705062866f - (2f * s + (2f * tail + 4.371138828673793e-08f)), outer);
  return bitcast<f32>(select(bitcast<u32>(withSign(y, x)), NOT_A_NUMBER, (bitcast<u32>(x) & MAGNITUDE) > 0x3f800000u));
}

fn arcCosine(x: f32) -> f32 {
  let t = min(magnitude(x), 1f);
  let outer = t > 0.5f;
  let negative = (bitcast<u32>(x) & SIGN) != 0u;
  let z = select(t * t, 0.5f - 0.5f * t, outer);
  let s = select(t, squareRoot(z), outer);
  let tail = arcSineTail(s, z);
  let signed = select(s, -s, negative);
  let inner = 1.5707963705062866f - (signed + (select(tail, -tail, negative) + 4.371138828673793e-08f));
  let right = 2f * (s + tail);
  let y = select(inner, select(right, 3.1415927410125732f - (right + 8.742277657347586e-08f), negative), outer);
  return bitcast<f32>(select(bitcast<u32>(y), NOT_A_NUMBER, (bitcast<u32>(x) & MAGNITUDE) > 0x3f800000u));
}
