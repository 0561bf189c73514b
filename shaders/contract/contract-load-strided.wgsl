// Four elements of a vector along k, at any stride; zeros outside of it.
@group(0) @binding(1) var<storage, read> x: array<f32>;

fn elementX(base: u32, k: u32) -> f32 {
  return select(0.0, x[select(0u, base + k * params.ldb, k < params.k)], k < params.k);
}

fn loadX(base: u32, k: u32) -> vec4<f32> {
  return vec4<f32>(elementX(base, k), elementX(base, k + 1u), elementX(base, k + 2u), elementX(base, k + 3u));
}
