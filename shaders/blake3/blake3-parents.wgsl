// Nine levels of the BLAKE3 trees of all panels: each workgroup makes one node of up to 512 neighbours of one panel. Pairing
// neighbours and handing an odd last one up gives BLAKE3's tree, whose left subtrees are the largest powers of two. A panel of
// 256 to 512 KiB needs no second launch. 512 nodes and not fewer: the last levels keep one of eight or more groups of lanes
// busy, and that is the less of the whole the more nodes a workgroup has; all parents together are 1 compression to a chunk's 16.

{{compress}}

@group(0) @binding(0) var<storage, read> children: array<Node>;
@group(0) @binding(1) var<storage, read_write> parents: array<Node>;

var<workgroup> level: array<Node, 256>;

@compute @workgroup_size(256)
fn main({{builtins}}) {
  let group = {{workgroup}};
  let panel = group / params.groupsPerPanel;
  let first = (group % params.groupsPerPanel) * 512u;
  let panelNodes = select(params.nodesPerPanel, params.lastPanelNodes, panel == params.lastPanel);
  if (panel > params.lastPanel || first >= panelNodes) { return; }

  var live = min(512u, panelNodes - first);
  let at = panel * params.nodesPerPanel + first + 2u * thread;
  var left: Node;
  var right: Node;
  if (2u * thread < live) { left = children[at]; }
  if (2u * thread + 1u < live) { right = children[at + 1u]; }
  loop {
    if (2u * thread + 1u < live) {
      let flags = PARENT | select(0u, ROOT, live == 2u && panelNodes <= 512u);
      left = compress(Node(IV_LOW, IV_HIGH), left.low, left.high, right.low, right.high, 0u, 64u, flags);
    }
    if (live <= 2u) { break; }
    live = (live + 1u) / 2u;
    if (thread < live) { level[thread] = left; }
    workgroupBarrier();
    if (2u * thread < live) { left = level[2u * thread]; }
    if (2u * thread + 1u < live) { right = level[2u * thread + 1u]; }
    workgroupBarrier();
  }
  if (thread == 0u) { parents[group] = left; }
}
