// An elementwise function over broadcast, strided operands. A thread computes four neighbouring elements of the row-major
// result: a vector of 32-bit ones, or a word of packed ones. What lies in the same order is read in the same vectors; the rest
// is found by `place`, once for the four where they lie in one row of every operand.
{{bindings}}
{{functions}}
{{place}}
@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let vector = {{workgroup}} * {{threads}}u + thread;
  if (vector >= params.vectors) {
    return;
  }
  {{body}}
}
