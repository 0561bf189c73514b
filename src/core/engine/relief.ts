// Room in the kernels' memory: what goes when an allocation there finds none. Kept results go, what handles hold moves
// to plain arrays.
import type { Task } from '../device/device.ts';
import { goesFirst, type NodeStore } from '../store/node-store.ts';
import type { Block } from '../tensor/block.ts';
import type { Pins } from './pins.ts';

/** What has blocks that can go. */
interface Relieving {
  readonly store: Pick<NodeStore, 'entries' | 'delete'>;
  readonly pins: Pick<Pins, 'blocks'>;
}

/**
 * Gives blocks of the kernels' memory back, one at each step: kept results that no handle holds, in the order in which
 * the budget would let them go; then the elements of handles move. Operands of the task under way stay where its
 * kernels were told they lie.
 */
export function* giveBack({ store, pins }: Relieving, running: Task | undefined): Generator<void> {
  const operands = running?.operands ?? [];
  for (const { block } of operands) block.hold();
  try {
    const entries = [...store.entries()].filter(({ value }) => value.block.address !== 0);
    for (const entry of entries.toSorted(goesFirst)) {
      if (!entry.value.block.isHeldOnce) continue;
      store.delete(entry.node);
      yield;
    }
    const keepers = new Map<Block, number>();
    for (const { value } of entries) keepers.set(value.block, (keepers.get(value.block) ?? 0) + 1);
    for (const block of pins.blocks) if (block.spill(1 + (keepers.get(block) ?? 0))) yield;
  } finally {
    for (const { block } of operands) block.release();
  }
}

/** Bytes of the table for a node that kept results hold, with its attributes; share of the budget that all may take. */
const NODE_BYTES = 80;
const LINEAGE_SHARE = 0.25;

/**
 * Where kept results hold more nodes, that say what they were made from, than a share of the budget, half of them go,
 * in the order in which the budget would let them go; answers whether any went.
 */
export function boundLineage({
  store,
  table,
  settings,
}: {
  readonly store: Relieving['store'];
  readonly table: { readonly size: number };
  readonly settings: { readonly budgetBytes: number };
}): boolean {
  if (table.size * NODE_BYTES <= LINEAGE_SHARE * settings.budgetBytes) return false;
  const entries = [...store.entries()].toSorted(goesFirst);
  for (const { node } of entries.slice(0, Math.ceil(entries.length / 2))) store.delete(node);
  return entries.length > 0;
}
