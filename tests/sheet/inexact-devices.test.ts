// What holds where a device gives other bits than the specification, and other ones each time.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { namedBytes } from '../../src/core/store/named-bytes.ts';
import { plainStore } from '../../src/core/store/plain-store.ts';
import type { Stored } from '../../src/core/store/store.ts';
import { Block, valueOf } from '../../src/core/tensor/block.ts';
import { bits, noise } from './fixtures/arrays.ts';
import { openDrifting } from './fixtures/drifting-device.ts';
import { evictAll } from './fixtures/watch.ts';
import { partsOf } from '../parts.ts';

const SIDE = 64;
const matrix = (seed: number): Float32Array => noise(SIDE * SIDE, seed);

let sheet: SymbolicSheet;
let plain: SymbolicSheet;

beforeEach(async () => {
  [sheet, plain] = await Promise.all([
    openDrifting(),
    SymbolicSheet.open({ devices: ['js'], class: 'exact', cache: 'off' }),
  ]);
});

afterEach(() => Promise.all([sheet.close(), plain.close()]));

const square = (on: SymbolicSheet, seed: number): Tensor => on.tensor(matrix(seed), [SIDE, SIDE]);
const devicesOf = (x: Tensor): string[] =>
  sheet.trace
    .annotations()
    .filter(({ seq, decision }) => seq === x.call.seq && decision !== 'hit')
    .map(({ device }) => device);

describe('class exact', () => {
  it('has no op on such a device, however much it promises, whether it is asked for by name or not', async () => {
    const wanted = bits(await square(plain, 1).matmul(square(plain, 2)).add(1).data());
    for (const view of [sheet.with({ class: 'exact' }), sheet.with({ class: 'exact', device: 'drifting' })]) {
      const result = view
        .tensor(matrix(1), [SIDE, SIDE])
        .matmul(view.tensor(matrix(2), [SIDE, SIDE]))
        .add(1);
      expect(bits(await result.data())).toBe(wanted);
      expect(devicesOf(result).includes('drifting')).toBe(false);
    }
  });

  it('takes a result of class tolerance in by the bytes it has now, not by how it was made', async () => {
    const a = square(sheet, 1);
    const exact = sheet.with({ class: 'exact' });
    for (let round = 0; round < 3; round++) {
      const loose = a.matmul(a);
      const elements = await loose.data();
      const wanted = bits(await plain.tensor(elements, [SIDE, SIDE]).matmul(square(plain, 1)).data());
      for (let sight = 0; sight < 3; sight++) expect(bits(await exact.matmul(loose, a).data())).toBe(wanted);
      loose.dispose();
      for (const entry of [...partsOf(sheet).store.entries()].filter(({ device }) => device === 'drifting'))
        partsOf(sheet).store.delete(entry.node);
    }
  });
});

describe('class tolerance', () => {
  it('computes on the device that promises most', async () => {
    const result = square(sheet, 1).matmul(square(sheet, 2));
    await result.data();
    expect(devicesOf(result)).toEqual(['drifting']);
  });

  it('shows the same bits of a handle again, once they were shown, whatever is evicted meanwhile', async () => {
    const result = square(sheet, 1).matmul(square(sheet, 2));
    const shown = bits(await result.data());
    evictAll(sheet);
    expect(bits(await result.data())).toBe(shown);
    sheet.forget();
    expect(bits(await result.data())).toBe(shown);
    expect(await sheet.tensor(await result.data(), [SIDE, SIDE]).fingerprint()).toBe(await result.fingerprint());
  });
});

describe('a kept result whose device was lost', () => {
  it('is no hit: it is computed again', async () => {
    const [a, b] = [square(sheet, 1), square(sheet, 2)];
    const ask = (): Tensor => sheet.with({ class: 'exact' }).matmul(a, b);
    for (let round = 0; round < 2; round++) await ask().data();
    const { store, counters } = partsOf(sheet);
    const [entry] = [...store.entries()];
    if (entry === undefined) return expect.fail('nothing was kept');
    store.delete(entry.node);
    store.put({ ...entry, away: true, value: valueOf(entry.value.type, Block.away(entry.value.type.sizeBytes)) });
    const before = counters.hits;
    expect(bits(await ask().data())).toBe(bits(await plain.matmul(square(plain, 1), square(plain, 2)).data()));
    expect(counters.hits).toBe(before);
  });
});

describe('the choice among devices', () => {
  /** A sheet in whose run a device was measured to be the quicker. */
  async function openWhere(quicker: string, kept: Map<string, Stored>): Promise<SymbolicSheet> {
    const opened = await openDrifting({ stores: [plainStore(kept)] });
    const expectNs = ({ name }: { readonly name: string }): number => (name === quicker ? 1 : 1e9);
    Object.assign(partsOf(opened).dispatcher.costs, { expectNs });
    return opened;
  }

  /** What a run keeps in which the drifting device was chosen. */
  async function keptByFirstRun(): Promise<Map<string, Stored>> {
    const kept = new Map<string, Stored>();
    const first = await openWhere('drifting', kept);
    for (let seed = 1; seed < 7; seed++)
      await square(first, seed)
        .matmul(square(first, 10 + seed))
        .data();
    await first.close();
    return kept;
  }

  /** The device of a product in a run in which JavaScript was measured to be quicker. */
  async function deviceInBusyRun(kept: Map<string, Stored>): Promise<readonly string[]> {
    const busy = await openWhere('js', kept);
    const result = square(busy, 21).matmul(square(busy, 22));
    await result.data();
    const { seq } = result.call;
    await busy.close();
    return busy.trace
      .annotations()
      .filter((event) => event.seq === seq)
      .map(({ device }) => device);
  }

  it('is that of an earlier run, so that bits do not change with how busy the machine was', async () => {
    const kept = await keptByFirstRun();
    expect([...kept.values()].filter(({ producer }) => producer === 'placements')).toHaveLength(1);
    expect(await deviceInBusyRun(kept)).toEqual(['drifting']);
    expect(await deviceInBusyRun(new Map())).toEqual(['js']);
  });

  it('is made anew where what was kept of it is none', async () => {
    const kept = await keptByFirstRun();
    for (const [key, stored] of kept) {
      if (stored.producer !== 'placements') continue;
      const bytes = new TextEncoder().encode('{"format":"sqs-placements 9","devices":7}');
      kept.set(key, namedBytes(key, bytes, 1, 'placements', (await nodeHost()).digest));
    }
    expect(await deviceInBusyRun(kept)).toEqual(['js']);
  });
});
