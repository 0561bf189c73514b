// One operand of a join: runs of `run` units to every `pitch` units of the result, from `offset` on. A unit is a word or a vector.
@group(0) @binding(0) var<storage, read> x: array<{{unit}}>;
@group(0) @binding(1) var<storage, read_write> y: array<{{unit}}>;

@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let i = {{workgroup}} * {{threads}}u + thread;
  if (i < params.count) {
    y[(i / params.run) * params.pitch + params.offset + i % params.run] = x[i];
  }
}
