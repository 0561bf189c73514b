// What comes before each chunk of a row, from the chunks' totals: a workgroup to a row, as many chunks at a time as it has threads.
@group(0) @binding(0) var<storage, read> partials: array<Total>;
@group(0) @binding(1) var<storage, read_write> before: array<Total>;

{{arithmetic}}
{{family}}
{{scanWorkgroup}}

@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let row = {{workgroup}};
  let chunks = select(0u, params.chunks, row < params.rows);
  var carried = nothing();
  for (var first = 0u; first < params.chunks; first += {{threads}}u) {
    let chunk = first + thread;
    var own = nothing();
    if (chunk < chunks) { own = partials[chunk * params.rows + row]; }
    scanWorkgroup(own, thread);
    var earlier = carried;
    if (thread > 0u) { earlier = join(carried, totals[thread - 1u]); }
    if (chunk < chunks) { before[chunk * params.rows + row] = earlier; }
    carried = join(carried, totals[{{threads}}u - 1u]);
    workgroupBarrier();
  }
}
