// C = op(A)·op(B) on the matrix units of a GPU: operands become {{component}} on their way to workgroup memory, sums are float32.
// A workgroup computes {{rows}}×{{columns}} of C, a subgroup some units of it; the next tile is read while one is multiplied.
{{io}}

// As they lie in memory, line by line.
var<workgroup> tileA: array<{{component}}, {{sizeA}}>;
var<workgroup> tileB: array<{{component}}, {{sizeB}}>;
// One unit of C a subgroup, on its way out.
var<workgroup> units: array<f32, {{unitsSize}}>;

@compute @workgroup_size({{threads}})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) lane: u32,
) {
  let place = placeOf(workgroup.y * workgroups.x + workgroup.x, {{rows}}u, {{columns}}u);
  if (place.z == 0u) {
    return;
  }
  let batch = workgroup.z;
  let baseA = params.offsetA + batch * params.strideA;
  let baseB = params.offsetB + batch * params.strideB;
  let baseC = params.offsetC + batch * params.m * params.n;
  let kEnd = params.k;
  let row = subgroup / {{across}}u * {{subgroupRows}}u;
  let column = subgroup % {{across}}u * {{subgroupColumns}}u;
  {{accumulators}}
  {{held}}
  {{fetchFirst}}
  for (var k = 0u; k < kEnd; k += {{depth}}u) {
    {{stage}}
    workgroupBarrier();
    {{fetchNext}}
    {{multiply}}
    workgroupBarrier();
  }
  {{store}}
}
