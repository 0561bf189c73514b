// A transform of whole rows in one launch: their maxima, the sums of their exponentials, the elements. Threads as in reduce.wgsl.
// Rows are `count` {{unit}}s apart by `inner`; a second and third reading finds them in a cache.
@group(0) @binding(0) var<storage, read> x: array<{{read}}>;
@group(0) @binding(1) var<storage, read_write> y: array<{{written}}>;

{{arithmetic}}
{{maximum}}
{{transform}}

var<workgroup> ranks: array<u32, {{threads}}>;
var<workgroup> sums: array<Pair, {{threads}}>;

@compute @workgroup_size({{threads}})
fn main({{builtins}}) {
  let places = {{threads}}u / params.lanes;
  let lane = (thread / params.laneStride) % params.lanes;
  let number = {{workgroup}} * places + (thread / params.placeStride) % places;
  let count = select(0u, params.count, number < params.rows);
  let base = (number / params.inner) * params.count * params.inner + number % params.inner;
  let first = thread - lane * params.laneStride;

  var rank = 0u;
  for (var r = lane; r < count; r += params.lanes) {
    let v = x[base + r * params.inner];
    {{rank}}
  }
  ranks[thread] = rank;
  workgroupBarrier();
  for (var half = params.lanes / 2u; half > 0u; half = half / 2u) {
    if (lane < half) { ranks[thread] = max(ranks[thread], ranks[thread + half * params.laneStride]); }
    workgroupBarrier();
  }
  let row = centreOf(Total(ranks[first]));
  let shift = bitcast<f32>(row.x);

  var sum = Pair(0.0, 0.0);
  for (var r = lane; r < count; r += params.lanes) {
    let v = x[base + r * params.inner];
    {{sum}}
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = params.lanes / 2u; half > 0u; half = half / 2u) {
    if (lane < half) { sums[thread] = addPairs(sums[thread], sums[thread + half * params.laneStride]); }
    workgroupBarrier();
  }
  let term = termOf(sums[first]);

  for (var r = lane; r < count; r += params.lanes) {
    let v = x[base + r * params.inner];
    y[base + r * params.inner] = {{result}};
  }
}
