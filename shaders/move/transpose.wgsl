// A strided copy whose source is contiguous along another axis than the result: tiles pass through workgroup memory, so that both
// are touched in runs. Rows of the tile are padded by one word against bank conflicts.
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;

var<workgroup> tile: array<array<u32, 33>, 32>;

@compute @workgroup_size(32, 8)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_id) thread: vec3<u32>) {
  var rest = {{workgroup}};
  if (rest >= params.tiles) {
    return;
  }
  let across = (rest % params.tilesAcross) * 32u; // along the innermost axis of the result
  rest = rest / params.tilesAcross;
  let along = (rest % params.tilesAlong) * 32u; // along the axis that is contiguous in the source
  rest = rest / params.tilesAlong;
  var source = params.offset;
  var goal = 0u;
  {{batch}}
  for (var i = thread.y; i < 32u; i += 8u) {
    if (along + thread.x < params.nAlong && across + i < params.nAcross) {
      tile[i][thread.x] = x[source + along + thread.x + (across + i) * params.step];
    }
  }
  workgroupBarrier();
  for (var i = thread.y; i < 32u; i += 8u) {
    if (along + i < params.nAlong && across + thread.x < params.nAcross) {
      y[goal + (along + i) * params.pitch + across + thread.x] = tile[thread.x][i];
    }
  }
}
