// Slices of an axis at given indices; negative ones count from the end. Indices outside the axis read its ends: who calls has
// checked them. A thread copies a unit: a vector or a word of elements, or four bytes of which each has its own index.
@group(0) @binding(0) var<storage, read> x: array<{{unit}}>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<{{unit}}>;

// Where the unit (or byte) i of the result comes from.
fn origin(i: u32) -> u32 {
  let within = i % params.inner;
  let run = i / params.inner;
  let k = run % params.taken;
  let given = {{index}};
  let settled = {{settled}};
  return ((run / params.taken) * params.length + settled) * params.inner + within;
}

@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let i = {{workgroup}} * {{threads}}u + thread;
  if (i >= params.units) {
    return;
  }
  {{copy}}
}
