// The reduce skeleton. A family declares Total, nothing(), include(total, x, r), join(a, b) and what is stored of a total.
// A workgroup does {{threads}} / lanes results at a time, or chunks of them; lane l of a result takes elements l, l + lanes, … and the
// lanes are joined as a tree: the order is a function of the shape alone. Neighbouring threads are neighbouring lanes where the
// reduced axis is contiguous (laneStride 1), else neighbouring results (placeStride 1): loads coalesce either way.
{{bindings}}

// What a family needs to know of the result it works on: two words of an earlier stage.
var<private> centre: vec2<u32>;

{{arithmetic}}
{{family}}
{{elements}}

fn keptOffset(result: u32) -> u32 { return {{keptOffset}}; }
fn reducedOffset(r: u32) -> u32 { return {{reducedOffset}}; }

var<workgroup> totals: array<Total, {{threads}}>;

@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let places = {{threads}}u / params.lanes;
  let lane = (thread / params.laneStride) % params.lanes;
  let place = (thread / params.placeStride) % places;
  let number = {{workgroup}} * places + place;
  let chunk = number / params.results;
  let result = number - chunk * params.results;
  var total = nothing();
  if (chunk < params.chunks) {
    {{centre}}
    let base = keptOffset(result);
    let begin = chunk * params.chunkLength;
    let end = min(begin + params.chunkLength, params.count);
    {{loop}}
  }
  totals[thread] = total;
  workgroupBarrier();
  for (var half = params.lanes / 2u; half > 0u; half = half / 2u) {
    if (lane < half) {
      total = join(total, totals[thread + half * params.laneStride]);
      totals[thread] = total;
    }
    workgroupBarrier();
  }
  if (lane == 0u && chunk < params.chunks) {
    stored[number] = {{store}};
  }
}
