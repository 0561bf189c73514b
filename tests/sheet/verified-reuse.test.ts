// Results that are found are checked: a wrong one is computed again, with what was made of it, and is told of.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Device, Task } from '../../src/core/device/device.ts';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { contentId, panelDigests } from '../../src/core/fingerprint/content.ts';
import { toHex } from '../../src/core/fingerprint/digest.ts';
import { plainStore } from '../../src/core/store/plain-store.ts';
import type { Stored } from '../../src/core/store/store.ts';
import type { Block } from '../../src/core/tensor/block.ts';
import { type SheetEvent, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { partsOf } from '../parts.ts';

type Options = Parameters<typeof SymbolicSheet.open>[0];
const open: SymbolicSheet[] = [];
let shared: SymbolicSheet;
beforeAll(async () => {
  shared = await openSheet();
});
// What a sheet says of wrong results is looked at in its events.
beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true));
afterEach(() => {
  vi.restoreAllMocks();
  return Promise.all(open.splice(0).map((sheet) => sheet.close()));
});
afterAll(() => shared.close());

async function openSheet(options: Options = {}): Promise<SymbolicSheet> {
  const sheet = await SymbolicSheet.open({ store: 'memory', devices: ['wasm', 'js'], verify: { rate: 1 }, ...options });
  Object.assign(partsOf(sheet), { admission: () => 'admit' });
  return sheet;
}

async function newSheet(options: Options = {}): Promise<SymbolicSheet> {
  const sheet = await openSheet(options);
  open.push(sheet);
  return sheet;
}

/** Adds 1 to an element of every kept result of an op. */
function damage(sheet: SymbolicSheet, op: string, at = 0): number {
  const hurt = [...partsOf(sheet).store.entries()].filter((entry) => entry.op === op);
  for (const { value } of hurt) (value.array as Float32Array)[at]! += 1;
  return hurt.length;
}

const inputs = (sheet: SymbolicSheet): readonly [Tensor, Tensor] => [
  sheet.randomNormal([40, 60], { seed: 1 }),
  sheet.randomNormal([60, 30], { seed: 2 }),
];
const quarantines = (events: readonly SheetEvent[]): SheetEvent[] => events.filter(({ kind }) => kind === 'quarantine');

async function heard(sheet: SymbolicSheet): Promise<SheetEvent[]> {
  const events: SheetEvent[] = [];
  void (async () => {
    for await (const event of sheet.events()) events.push(event);
  })();
  return events;
}

describe('a kept result that was changed', () => {
  it('is computed again with what was made of it, and is told of once', async () => {
    const sheet = await newSheet();
    const events = await heard(sheet);
    const model = (): Tensor => inputs(sheet)[0].matmul(inputs(sheet)[1]).relu().sum({ axis: 1 });
    const wanted = await model().data();
    expect(damage(sheet, 'matmul', 7)).toBe(1);
    const product = inputs(sheet)[0].matmul(inputs(sheet)[1]);
    await product.data();
    expect(product.source).toBe('computed');
    expect(await model().data()).toEqual(wanted);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(quarantines(events)).toEqual([
      {
        kind: 'quarantine',
        op: 'matmul',
        device: 'wasm',
        source: 'ram',
        derived: 2,
        detail: expect.stringMatching(/element 7 of row 0 is .* computed again|element 7 is .* computed again/),
      },
    ]);
    expect(sheet.stats().counters).toMatchObject({ quarantined: 3 });
    expect(await sheet.report()).toContain('3 were wrong');
    expect(JSON.stringify(sheet.trace.annotations())).toContain('was wrong and is computed again');
    expect(product.explain().toString()).toContain('was wrong and is computed again');
  });

  it('is no longer in a handle on what was made of it', async () => {
    const sheet = await newSheet();
    const [x, w] = inputs(sheet);
    const held = x.matmul(w).add(1);
    await x.matmul(w).data();
    const wanted = (await held.data()).slice();
    expect(damage(sheet, 'matmul') + damage(sheet, 'add')).toBe(2);
    await x.matmul(w).subtract(1).data();
    expect(await held.data()).toEqual(wanted);
    expect(sheet.stats().counters.quarantined).toBe(2);
  });

  it.each([
    ['an elementwise op', 'tanh', (x: Tensor) => x.tanh()],
    ['a reduction', 'sum', (x: Tensor) => x.sum({ axis: 1 })],
    ['a transform of rows', 'softmax', (x: Tensor) => x.softmax({ axis: -1 })],
    ['a slice', 'slice', (x: Tensor) => x.slice([1], [8])],
    ['rows that were taken', 'take', (x: Tensor) => x.take(x.argsort({ axis: 0 }).slice([0, 0], [3, 1]).reshape([3]))],
    ['a running sum', 'cumulative_sum', (x: Tensor) => x.cumulativeSum({ axis: 1 })],
    ['a system', 'solve', (x: Tensor) => x.matmul(x, { transposeB: true }).solve(x)],
  ])('of %s is found', async (_name, op, model) => {
    const sheet = shared;
    const before = sheet.stats().counters.quarantined;
    const x = (): Tensor => sheet.randomNormal([9, 11], { seed: 1 });
    const wanted = (await model(x()).data()).slice();
    expect(damage(sheet, op, 2)).toBe(1);
    expect(await model(x()).data()).toEqual(wanted);
    expect(sheet.stats().counters.quarantined).toBe(before + 1);
  });
});

describe('large results', () => {
  const MODELS: readonly (readonly [string, (x: Tensor) => Tensor])[] = [
    ['maps', (x) => x.exp()],
    ['maps of what is repeated', (x) => x.add(x.slice([0], [1]))],
    ['sums', (x) => x.sum({ axis: 1 })],
    ['sums down columns', (x) => x.sum({ axis: 0 })],
    ['transforms of rows', (x) => x.softmax({ axis: 1 })],
    ['transforms of columns', (x) => x.softmax({ axis: 0 })],
    ['transposes', (x) => x.permuteDims([1, 0])],
    ['sorted rows', (x) => x.sort({ axis: 1 })],
  ];

  it.each(MODELS)('of %s are checked in part, and none that is right is refused', async (_name, model) => {
    const sheet = shared;
    const before = sheet.stats().counters;
    const x = (): Tensor => sheet.randomNormal([500, 300], { seed: 4 });
    await model(x()).data();
    await model(x()).data();
    expect(sheet.stats().counters.quarantined).toBe(before.quarantined);
    expect(sheet.stats().counters.checked).toBeGreaterThan(before.checked);
    for (const { value, op } of partsOf(sheet).store.entries())
      if (op === model(x()).call.row?.name) (value.array as Float32Array).fill(0.5, 0, Math.ceil(value.type.size / 2));
    await model(x()).data();
    expect(sheet.stats().counters.quarantined).toBeGreaterThan(before.quarantined);
  });
});

describe('the share of hits that are checked', () => {
  async function checksOf(verify: { readonly rate?: number }, hits: number, stepNs = 1e9): Promise<number> {
    const sheet = await newSheet({ verify });
    let now = 0;
    Object.assign(partsOf(sheet), { now: () => (now += stepNs) });
    const [x, w] = inputs(sheet);
    for (let i = 0; i <= hits; i++) await x.matmul(w).data();
    return sheet.stats().counters.checked;
  }

  it('is what was asked for, none where that is 0, and a hundredth by itself', async () => {
    expect(await checksOf({ rate: 0.25 }, 40)).toBe(10);
    expect(await checksOf({ rate: 0 }, 40)).toBe(0);
    expect(await checksOf({ rate: 1 }, 5)).toBe(5);
  });

  it('is bounded by the time it takes where none was asked for', async () => {
    const sheet = await newSheet({ verify: {} });
    let now = 0;
    Object.assign(partsOf(sheet), { now: () => (now += 1e6) });
    const [x, w] = inputs(sheet);
    for (let i = 0; i < 600; i++) await x.matmul(w).data();
    const { checked, checkNs } = sheet.stats().counters;
    expect(checked).toBeGreaterThan(0);
    expect(checkNs).toBeLessThan(0.02 * now);
  });

  it('has to be one', async () => {
    await expect(newSheet({ verify: { rate: 2 } })).rejects.toThrow(/rate is 2; use a share of hits from 0 to 1/);
    await expect(newSheet({ verify: { often: true } as never })).rejects.toThrow(/no option "often"/);
  });
});

describe('a store that gives wrong results under true digests', () => {
  it('is found out, is not asked again, and no result of it is used', async () => {
    const kept = new Map<string, Stored>();
    const write = await newSheet({ stores: [plainStore(kept)] });
    // Results that take seconds are written, however little time there was.
    let now = 0;
    Object.assign(partsOf(write), { now: () => (now += 1e9) });
    const costly = (sheet: SymbolicSheet, seed: number): Tensor => {
      const x = sheet.tensor(
        Float32Array.from({ length: 250 * 250 }, (_, i) => Math.sin(i * seed)),
        [250, 250],
      );
      return x.matmul(x);
    };
    const wanted = [(await costly(write, 1).data()).slice(), (await costly(write, 2).data()).slice()];
    await write.close();
    expect(kept.size).toBe(2);
    const { digest } = partsOf(write).host;
    for (const [key, stored] of kept) {
      const elements = (stored.elements as Uint8Array).slice();
      elements[1002] = elements[1002]! ^ 0x7f;
      const id = contentId(panelDigests(elements, [250, 250], 'float32', digest), [250, 250], 'float32', digest);
      kept.set(key, { ...stored, elements, digest: toHex(id) });
    }
    const read = await newSheet({ stores: [plainStore(kept)], verify: {} });
    const events = await heard(read);
    expect(await costly(read, 1).data()).toEqual(wanted[0]);
    // By itself only the first of an op is sure to be checked; what the store has is believed no more.
    expect(await costly(read, 2).data()).toEqual(wanted[1]);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(quarantines(events)).toMatchObject([{ op: 'matmul', source: 'shared' }]);
    expect(events.filter((event) => event.kind === 'tier' && event.action === 'found')).toHaveLength(1);
  });
});

/** A device that says it has the bits of the specification, and has one of them wrong. */
class Faulty implements Device {
  readonly name = 'faulty';
  readonly detail = 'wrong';
  readonly exact = true;
  readonly #honest = new JsDevice();
  supports = (task: Task): true | string => task.row.name === 'matmul' || 'it has no kernel for this op';
  estimateNs = (): number => 1;
  run(task: Task, out: Block): void {
    this.#honest.runNow(task, out);
    (out.array as Float32Array)[3]! += 1;
  }
  close(): void {}
}

describe('a device that computes wrongly', () => {
  it('is found out by what it computed, and again by what it computes in its place, and is used no more', async () => {
    const sheet = await newSheet({ devices: [new Faulty(), 'js'] });
    const events = await heard(sheet);
    const [x, w] = inputs(sheet);
    await x.matmul(w).data();
    const right = (await sheet.with({ cache: 'off', device: 'js' }).matmul(x, w).data()).slice();
    expect(await x.matmul(w).data()).toEqual(right);
    const other = sheet.matmul(x, x, { transposeB: true });
    await other.data();
    expect(other.explain().ops.at(-1)).toMatchObject({ op: 'matmul', device: 'js' });
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(quarantines(events)).toMatchObject([
      { device: 'faulty', source: 'ram' },
      { device: 'faulty', source: 'computed' },
    ]);
  });
});
