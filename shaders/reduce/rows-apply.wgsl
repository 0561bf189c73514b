// The last launch where rows are few and long: every element by its row's maximum and term, which reductions have found.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> maxima: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> terms: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

{{arithmetic}}
{{transform}}

@compute @workgroup_size(256)
fn main({{builtins}}) {
  let i = {{workgroup}} * 256u + thread;
  if (i >= params.elements) { return; }
  let row = i / (params.count * params.inner) * params.inner + i % params.inner;
  y[i] = transformed(x[i], maxima[row], bitcast<f32>(terms[row].x));
}
