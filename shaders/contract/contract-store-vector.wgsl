// Four neighbours in a row of C, whose rows are whole vectors.
@group(0) @binding({{binding}}) var<storage, read_write> c: array<vec4<f32>>;

fn store(base: u32, row: u32, column: u32, value: vec4<f32>) {
  if (row < params.m && column < params.n) {
    c[(base + row * params.n + column) >> 2u] = finish(value, base + row * params.n + column);
  }
}
