// As join.wgsl for bytes: a thread has a word of the result that a run reaches into and sets those of its bytes that are the run's.
// Neighbouring runs of other operands may have the other bytes, and two runs of one operand the same word: the bits are disjoint,
// so that atomic updates give the same word in any order.
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<atomic<u32>>;

@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let i = {{workgroup}} * {{threads}}u + thread;
  let row = i / params.words;
  if (row >= params.rows) {
    return;
  }
  let first = row * params.pitch + params.offset;
  let word = (first >> 2u) + i % params.words;
  var bits = 0u;
  var mask = 0u;
  for (var byte = 0u; byte < 4u; byte++) {
    let place = 4u * word + byte;
    if (place >= first && place < first + params.run) {
      let origin = row * params.run + place - first;
      bits |= ((x[origin >> 2u] >> ((origin & 3u) * 8u)) & 0xffu) << (byte * 8u);
      mask |= 0xffu << (byte * 8u);
    }
  }
  if (mask == 0u) {
    return;
  }
  atomicAnd(&y[word], ~mask);
  atomicOr(&y[word], bits);
}
