// The interning table against the simplest model of it: a list of all nodes ever asked for.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InterningTable, type NodeId } from '../../src/core/expr/interning.ts';

/** What the model knows of a node: its fields, who retains it, and whether it was swept. */
interface Modelled {
  readonly node: NodeId;
  readonly generation: number;
  readonly fields: string;
  readonly operands: readonly Modelled[];
  /** Holds that the test took. */
  holds: number;
  alive: boolean;
}

const field = fc.nat(0xffffffff);
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('intern' as const),
      op: fc.integer({ min: 1, max: 4 }),
      arity: fc.nat(2),
      attributes: fc.nat(2),
      a: field,
      b: field,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fresh' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retain' as const), which: field }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), which: field }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
);

/** Sweeps the model as the table should: what nothing holds goes, and then what only such nodes held. */
function sweepModel(nodes: readonly Modelled[]): void {
  for (let changed = true; changed;) {
    changed = false;
    const used = new Set(nodes.filter((each) => each.alive).flatMap((each) => each.operands));
    for (const each of nodes) {
      if (!each.alive || each.holds > 0 || used.has(each)) continue;
      each.alive = false;
      changed = true;
    }
  }
}

describe('the interning table', () => {
  it('gives equal fields one node and others another, keeps what is retained, and tells generations apart', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 200 }), (commands) => {
        const table = new InterningTable(8);
        const model: Modelled[] = [];
        const living = (): Modelled[] => model.filter((each) => each.alive);
        const pick = (from: readonly Modelled[], index: number): Modelled | undefined => from[index % from.length];
        for (const each of commands) {
          if (each.do === 'intern' || each.do === 'fresh') {
            const operands =
              each.do === 'fresh'
                ? []
                : [each.a, each.b]
                    .slice(0, each.arity)
                    .map((index) => pick(living(), index))
                    .filter((found) => found !== undefined);
            const [a, b] = operands;
            const fields =
              each.do === 'fresh'
                ? `fresh ${model.length}`
                : `${each.op}/${operands.length}/${each.attributes}/${a?.node}/${b?.node}`;
            const node =
              each.do === 'fresh'
                ? table.fresh(9, 0)
                : table.intern(each.op, 0, operands.length, each.attributes, a?.node ?? 0, b?.node ?? 0);
            const known = living().find((candidate) => candidate.fields === fields);
            if (known !== undefined) expect(node).toBe(known.node);
            else {
              expect(
                living().some((candidate) => candidate.node === node),
                'a new node has a number of its own',
              ).toBe(false);
              model.push({ node, generation: table.generationOf(node), fields, operands, holds: 0, alive: true });
            }
          } else if (each.do === 'sweep') {
            const due = table.size >= 8;
            table.sweepWhenFull();
            if (
              table.size < living().length ||
              (due && living().some((one) => !table.isAlive(one.node, one.generation)))
            )
              sweepModel(model);
          } else {
            const target = pick(each.do === 'retain' ? living() : living().filter((one) => one.holds > 0), each.which);
            if (target === undefined) continue;
            target.holds += each.do === 'retain' ? 1 : -1;
            table[each.do](target.node);
          }
          for (const one of model) expect(table.isAlive(one.node, one.generation)).toBe(one.alive);
          expect(table.size).toBe(living().length);
        }
      }),
      { seed: 20261123, numRuns: 300 },
    );
  });

  it('counts as holders exactly the operands of living nodes and the holds taken', () => {
    const table = new InterningTable();
    const a = table.fresh(1, 0);
    const both = table.intern(2, 0, 2, 0, a, a);
    expect(table.holdersOf(a)).toBe(2);
    table.intern(2, 0, 2, 0, a, a);
    expect(table.holdersOf(a), 'found, not made').toBe(2);
    table.retain(both);
    expect([table.holdersOf(a), table.holdersOf(both)]).toEqual([2, 1]);
  });

  it('tells op, semantics, arity, attributes and each operand apart', () => {
    const table = new InterningTable();
    const [a, b] = [table.fresh(1, 0), table.fresh(1, 0)];
    const fields: [number, number, number, number, number, number][] = [
      [2, 0, 2, 0, a, b],
      [3, 0, 2, 0, a, b],
      [2, 1, 2, 0, a, b],
      [2, 0, 1, 0, a, 0],
      [2, 0, 2, 1, a, b],
      [2, 0, 2, 0, b, a],
      [2, 0, 2, 0, a, a],
      [2, 0, 0, 0, 0, 0],
    ];
    expect(new Set(fields.map((each) => table.intern(...each))).size).toBe(fields.length);
  });

  it('never takes two nodes for one because their hashes are equal: of so many some are', () => {
    const table = new InterningTable(1 << 20);
    const pool = Array.from({ length: 64 }, () => table.fresh(1, 0));
    let state = 1;
    const draw = (below: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
    const nodes = new Map<string, NodeId>();
    for (let i = 0; i < 400_000; i++) {
      const [attributes, a, b] = [draw(1 << 30), pool[draw(61)]!, pool[draw(59)]!];
      const node = table.intern(2, 0, 2, attributes, a, b);
      const fields = `${attributes} ${a} ${b}`;
      if ((nodes.get(fields) ?? node) !== node) expect.fail(`${fields} is node ${node}, and was ${nodes.get(fields)}`);
      nodes.set(fields, node);
    }
    expect(new Set(nodes.values()).size).toBe(nodes.size);
  });

  it('stays flat over a million nodes nobody keeps, at most 40 bytes for each of those it can hold', () => {
    const table = new InterningTable(1 << 12);
    const root = table.fresh(1, 0);
    table.retain(root);
    let swept = 0;
    table.onSweep = () => swept++;
    for (let i = 0; i < 1_000_000; i++) {
      table.sweepWhenFull();
      table.intern(2, 0, 1, i, root, 0);
    }
    expect(table.size).toBeLessThanOrEqual(1 << 12);
    expect(swept).toBeGreaterThan(990_000);
    expect(table.sizeBytes).toBeLessThanOrEqual(40 * (1 << 13));
    expect(table.isAlive(root, table.generationOf(root))).toBe(true);
  });
});
