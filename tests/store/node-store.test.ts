// The RAM store against a model: never over budget, holders balanced, and what is worth more stays longer.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeStore } from '../../src/core/store/node-store.ts';
import type { Entry } from '../../src/core/store/entry.ts';
import { NO_ATTRIBUTES } from '../../src/core/expr/attributes.ts';
import { InterningTable, type NodeId } from '../../src/core/expr/interning.ts';
import { Block, valueOf } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';

const BUDGET_BYTES = 50_000;

/** A store, its table, and the blocks that nobody holds any more. */
function open(budgetBytes = BUDGET_BYTES): {
  table: InterningTable;
  store: NodeStore;
  freed: Set<Block>;
  entry: (node: NodeId, elements: number, costNs?: number) => Entry;
} {
  const table = new InterningTable();
  const freed = new Set<Block>();
  return {
    table,
    store: new NodeStore(table, budgetBytes),
    freed,
    entry: (node, elements, costNs = 1e6) => {
      const block = new Block(new Float32Array(elements), 0, (gone) => freed.add(gone));
      return {
        node,
        op: 'test',
        value: valueOf(tensorType('float32', [elements]), block),
        attributes: NO_ATTRIBUTES,
        costNs,
        ownNs: costNs,
        device: 'js',
        away: false,
        facts: 0,
        score: 0,
        hits: 0,
        touched: 0,
        slot: 0,
      };
    },
  };
}

const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      which: fc.nat(11),
      elements: fc.nat(14_000),
      costNs: fc.nat(1e7),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), which: fc.nat(11) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat(11) }) },
);

describe('the RAM store', () => {
  it('never exceeds its budget, gives what was put last, and holds exactly what it lists', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 120 }), (commands) => {
        const { table, store, freed, entry } = open();
        const nodes = Array.from({ length: 12 }, () => table.fresh(1, 0));
        const put = new Map<NodeId, Entry>();
        const all: Entry[] = [];
        for (const each of commands) {
          const node = nodes[each.which]!;
          if (each.do === 'put') {
            const made = entry(node, each.elements, each.costNs);
            all.push(made);
            const fits = store.put(made);
            made.value.block.release();
            expect(fits).toBe(store.peek(node) === made);
            expect(freed.has(made.value.block)).toBe(!fits);
            if (fits) put.set(node, made);
          } else if (each.do === 'get') {
            const found = store.get(node);
            if (found !== undefined) expect(found).toBe(put.get(node));
          } else {
            const there = store.peek(node) !== undefined;
            expect(store.delete(node)).toBe(there);
            expect(store.peek(node)).toBeUndefined();
          }
          const listed = [...store.entries()];
          const { entries, sizeBytes } = store.stats();
          expect(sizeBytes).toBeLessThanOrEqual(BUDGET_BYTES);
          expect(sizeBytes).toBeGreaterThanOrEqual(listed.reduce((sum, one) => sum + one.value.block.sizeBytes, 0));
          expect(entries).toBe(listed.length);
          for (const one of all) expect(freed.has(one.value.block)).toBe(!listed.includes(one));
          for (const one of nodes) expect(table.holdersOf(one)).toBe(store.peek(one) === undefined ? 0 : 1);
        }
        store.close();
        expect(freed.size).toBe(all.length);
        expect(store.stats()).toMatchObject({ entries: 0, sizeBytes: 0 });
      }),
      { seed: 20261124, numRuns: 150 },
    );
  });

  it('refuses what is larger than all of it, and keeps what it has', () => {
    const { table, store, entry } = open();
    const small = entry(table.fresh(1, 0), 100);
    store.put(small);
    expect(store.put(entry(small.node, 20_000))).toBe(false);
    expect(store.peek(small.node)).toBe(small);
  });

  it('charges empty results too, so that a million of them do not grow it for ever', () => {
    const { table, store, entry } = open();
    let refused = 0;
    for (let i = 0; i < 1000; i++) if (!store.put(entry(table.fresh(1, 0), 0))) refused++;
    expect(store.stats().entries).toBeLessThan(200);
    expect(store.stats().evictions + refused).toBeGreaterThan(800);
  });

  it('keeps costly results longer than cheap ones of their size, and lets what nobody asks for grow old', () => {
    const { table, store, entry } = open();
    const costly = Array.from({ length: 8 }, () => entry(table.fresh(1, 0), 250, 1e8));
    for (const each of costly) store.put(each);
    for (let i = 0; i < 40; i++) store.put(entry(table.fresh(1, 0), 250, 1e3));
    expect(costly.filter((each) => store.peek(each.node) === each)).toHaveLength(8);
    for (let i = 0; i < 5000; i++) store.put(entry(table.fresh(1, 0), 250, 1e6));
    expect(costly.filter((each) => store.peek(each.node) === each).length).toBeLessThan(8);
  });

  it('keeps small costly answers while bulk passes through, and takes new bulk for bulk of its worth', () => {
    const { table, store, entry } = open();
    const answers = Array.from({ length: 20 }, () => entry(table.fresh(1, 0), 1, 5e6));
    for (const each of answers) store.put(each);
    let last: Entry | undefined;
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      last = entry(table.fresh(1, 0), 8000, 1e5);
      for (let hit = 0; hit < 5; hit++) if (store.get(last.node) === undefined && !store.put(last)) refused++;
    }
    // A few, until it is known that what is refused comes again at once.
    expect(refused).toBeLessThan(6);
    expect(store.peek((last as Entry).node)).toBe(last);
    expect(answers.filter((each) => store.peek(each.node) === each)).toHaveLength(20);
  });

  it('keeps what came first of results that are worth the same, until it knows better', () => {
    const { table, store, entry } = open(10 * 1600);
    const nodes = Array.from({ length: 25 }, () => table.fresh(1, 0));
    for (const node of nodes) store.put(entry(node, 250));
    expect(nodes.filter((node) => store.peek(node) !== undefined)).toEqual(nodes.slice(0, 10));
  });

  it('keeps its part of a loop over twice of what there is room for, and then what the program goes on to', () => {
    const { table, store, entry } = open(10 * 1600);
    /** Hits of so many rounds over results of one size and worth. */
    const rounds = (nodes: readonly NodeId[], count: number): number => {
      let hits = 0;
      for (let i = 0; i < count * nodes.length; i++) {
        const node = nodes[i % nodes.length]!;
        if (store.get(node) === undefined) store.put(entry(node, 250));
        else hits++;
      }
      return hits;
    };
    const loop = Array.from({ length: 20 }, () => table.fresh(1, 0));
    rounds(loop, 4);
    expect(rounds(loop, 3)).toBeGreaterThanOrEqual(3 * 8);
    const next = Array.from({ length: 8 }, () => table.fresh(1, 0));
    rounds(next, 5);
    expect(rounds(next, 3)).toBe(3 * 8);
    for (let i = 0; i < 3; i++) rounds([table.fresh(1, 0), table.fresh(1, 0)], 3);
    expect(rounds([table.fresh(1, 0)], 3), 'the next is taken at once by now').toBe(2);
    rounds(loop, 4);
    expect(rounds(loop, 3), 'the loop again').toBeGreaterThanOrEqual(3 * 8);
  });

  it('refuses cheap bulk where all that is kept is worth far more, byte for byte', () => {
    const { table, store, entry } = open();
    const answers = Array.from({ length: 70 }, () => entry(table.fresh(1, 0), 1, 5e6));
    for (const each of answers) store.put(each);
    expect(store.put(entry(table.fresh(1, 0), 10_000, 1e4))).toBe(false);
    expect(answers.filter((each) => store.peek(each.node) === each)).toHaveLength(70);
  });

  it('takes nothing after it was closed', () => {
    const { table, store, entry } = open();
    store.close();
    expect(store.put(entry(table.fresh(1, 0), 1))).toBe(false);
  });

  describe('with elements on a device', () => {
    /** An entry whose elements lie on a device that gives them on demand. */
    const away = (made: Entry): Entry => {
      const { type } = made.value;
      const block = Block.away(type.sizeBytes);
      block.residence = {
        sizeBytes: type.sizeBytes,
        isAlive: true,
        read: () => Promise.resolve(new Block(new Float32Array(type.size))),
        settled: () => Promise.resolve(),
        release: () => {},
      };
      return { ...made, value: valueOf(type, block) };
    };

    it('does not count them until they come to RAM, and then makes room for them', async () => {
      const { table, store, entry } = open();
      const nodes = Array.from({ length: 20 }, () => table.fresh(1, 0));
      const entries = nodes.map((node) => away(entry(node, 3000)));
      for (const each of entries) expect(store.put(each)).toBe(true);
      expect(store.stats()).toMatchObject({ entries: 20, deviceBytes: 240_000 });
      expect(store.stats().sizeBytes).toBeLessThan(20 * 1000);
      for (const { value } of entries) await value.block.bring();
      const { sizeBytes, deviceBytes, entries: kept } = store.stats();
      expect([deviceBytes, sizeBytes <= BUDGET_BYTES, kept]).toEqual([
        0,
        true,
        Math.floor(BUDGET_BYTES / (sizeBytes / kept)),
      ]);
      store.close();
      expect(store.stats()).toMatchObject({ entries: 0, sizeBytes: 0, deviceBytes: 0 });
    });

    it('evicts what is larger than the budget when it comes, and nothing that was replaced meanwhile', async () => {
      const { table, store, entry } = open();
      const [large, small] = [table.fresh(1, 0), table.fresh(1, 0)];
      const [first, second] = [away(entry(large, 40_000)), away(entry(small, 10))];
      store.put(first);
      store.put(second);
      const inRam = entry(small, 20);
      store.put(inRam);
      await Promise.all([first.value.block.bring(), second.value.block.bring()]);
      expect(store.peek(large)).toBeUndefined();
      expect(store.peek(small)).toBe(inRam);
      expect(store.stats()).toMatchObject({ entries: 1, deviceBytes: 0 });
    });
  });
});
