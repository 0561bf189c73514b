// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, SC 2011), as in kernels/js/random.ts.
fn philox(number: u32) -> vec4<u32> {
  var c = vec4<u32>(number, 0u, 0u, 0u);
  var key = vec2<u32>(params.keyLow, params.keyHigh);
  for (var i = 0u; i < 10u; i++) {
    let first = multiplyWide(0xd2511f53u, c.x);
    let second = multiplyWide(0xcd9e8d57u, c.z);
    c = vec4<u32>(second.x ^ c.y ^ key.x, second.y, first.x ^ c.w ^ key.y, first.y);
    key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
