// Four neighbours in a row of C, whose rows start anywhere.
@group(0) @binding({{binding}}) var<storage, read_write> c: array<f32>;

fn store(base: u32, row: u32, column: u32, value: vec4<f32>) {
  if (row >= params.m || column >= params.n) {
    return;
  }
  let index = base + row * params.n + column;
  let result = finish(value, index);
  let left = params.n - column;
  c[index] = result.x;
  if (left > 1u) { c[index + 1u] = result.y; }
  if (left > 2u) { c[index + 2u] = result.z; }
  if (left > 3u) { c[index + 3u] = result.w; }
}
