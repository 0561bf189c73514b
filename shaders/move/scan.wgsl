// Inclusive scan along rows, a chunk of one row to a workgroup: threads take {{each}} neighbours, scan what these come to, and go
// over them once more. `before` holds what comes before each chunk of a row, where there are several.
{{bindings}}

{{arithmetic}}
{{family}}
{{elements}}
{{scanWorkgroup}}

@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let number = {{workgroup}};
  let chunk = number / params.rows;
  let row = number - chunk * params.rows;
  let base = row * params.count;
  let begin = min((chunk * {{threads}}u + thread) * {{each}}u, params.count);
  let end = select(begin, min(begin + {{each}}u, params.count), chunk < params.chunks);
  var own = nothing();
  for (var r = begin; r < end; r++) { own = include(own, elementAt(base + r), r); }
  scanWorkgroup(own, thread);
  var total = {{start}};
  if (thread > 0u) { total = join(total, totals[thread - 1u]); }
  for (var r = begin; r < end; r++) {
    total = include(total, elementAt(base + r), r);
    stored[base + r] = wordOf(total);
  }
}
