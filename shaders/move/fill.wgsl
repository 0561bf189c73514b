// Elements that depend on their place: `chosen` where the test holds, `other` elsewhere. A thread writes four neighbours: a vector
// of 32-bit elements, or a word of packed ones.
{{bindings}}

{{functions}}
fn element(i: u32) -> u32 {
  let column = i % params.columns;
  let row = i / params.columns;
  return {{element}};
}

@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let vector = {{workgroup}} * {{threads}}u + thread;
  if (vector >= params.vectors) {
    return;
  }
  let i = 4u * vector;
  y[vector] = {{store}};
}
