// The stream of what happens in a sheet, as a user gets it.
import { describe, expect, it } from 'vitest';
import { type SheetEvent, SymbolicSheet } from '../../src/index.ts';
import { plainStore } from '../../src/core/store/plain-store.ts';
import { type Store, type Stored, wrap } from '../../src/core/store/store.ts';
import { partsOf } from '../parts.ts';

const open = async (options: Parameters<typeof SymbolicSheet.open>[0] = {}): Promise<SymbolicSheet> => {
  const sheet = await SymbolicSheet.open({ devices: ['js'], ...options });
  Object.assign(partsOf(sheet), { admission: () => 'admit' });
  return sheet;
};

/** Everything a feed still gives. */
async function rest(feed: AsyncIterable<SheetEvent>): Promise<SheetEvent[]> {
  const events: SheetEvent[] = [];
  for await (const event of feed) events.push(event);
  return events;
}

const kinds = (events: readonly SheetEvent[]): string[] => events.map(({ kind }) => kind);

describe('events', () => {
  it('tell of calls, answers and what is kept, in order, until the sheet is closed', async () => {
    const sheet = await open();
    const x = sheet.tensor([1, 2, 3]);
    const feed = sheet.events();
    await x.multiply(2).data();
    await x.multiply(2).data();
    await sheet.close();
    const events = await rest(feed);
    expect(events.filter((event) => event.kind === 'answer').map(({ op, decision }) => [op, decision])).toEqual([
      ['multiply', 'computed'],
      ['multiply', 'hit'],
    ]);
    expect(events.filter((event) => event.kind === 'keep')).toMatchObject([
      { op: 'multiply', device: 'js', sizeBytes: 12 },
    ]);
    expect(kinds(events).indexOf('call')).toBeLessThan(kinds(events).indexOf('answer'));
  });

  it('agree with the trace, call by call', async () => {
    const sheet = await open();
    const feed = sheet.events();
    await sheet
      .tensor([
        [1, 2],
        [3, 4],
      ])
      .matmul([[1], [1]])
      .sum()
      .data();
    const [events, annotations] = [sheet.trace.events(), sheet.trace.annotations()];
    await sheet.close();
    const told = await rest(feed);
    expect(told.filter((event) => event.kind === 'call')).toEqual(events.map((event) => ({ kind: 'call', ...event })));
    expect(told.filter((event) => event.kind === 'answer').map(({ seq, decision }) => ({ seq, decision }))).toEqual(
      annotations.map(({ seq, decision }) => ({ seq, decision })),
    );
  });

  it('never wait for a slow reader: the oldest are dropped, and counted where they were', async () => {
    const sheet = await open();
    const feed = sheet.events({ limit: 3 });
    for (let i = 0; i < 10; i++) await sheet.tensor([i]).add(1).data();
    expect(feed.dropped).toBeGreaterThan(10);
    const { dropped } = feed;
    await sheet.close();
    const events = await rest(feed);
    expect(events[0]).toEqual({ kind: 'dropped', count: dropped });
    expect(events).toHaveLength(4);
  });

  it('tell of what leaves the store, and of warnings', async () => {
    const sheet = await open({ budgetBytes: 64_000, policy: { finite: 'warn' } });
    // Each result takes four times as long as the one before, so that old ones leave for new ones.
    let [now, stepNs] = [0, 1e6];
    Object.assign(partsOf(sheet), { now: () => (now += stepNs) });
    const feed = sheet.events();
    const x = sheet.tensor(new Float32Array(4096).fill(1));
    for (let i = 0; i < 20; i++, stepNs *= 4) await sheet.compute(x.add(i));
    await x.divide(0).data();
    await sheet.close();
    const events = await rest(feed);
    expect(events.filter((event) => event.kind === 'evict').length).toBeGreaterThan(5);
    expect(events.find((event) => event.kind === 'warn')?.text).toContain('divide');
  });

  it('tell of what stores below RAM take, have and get wrong', async () => {
    const elements = Float32Array.from({ length: 160 * 160 }, (_, i) => i % 7);
    const run = async (store: Store): Promise<Record<string, string[]>> => {
      const sheet = await open({ stores: [store] });
      const feed = sheet.events();
      const x = sheet.tensor(elements, [160, 160]);
      await x.matmul(x).data();
      await sheet.flush();
      await sheet.close();
      const told = (await rest(feed)).filter((event) => event.kind === 'tier');
      return Object.fromEntries(told.map(({ action, op, detail }) => [action, [op ?? '', detail ?? '']]));
    };
    const kept = new Map<string, Stored>();
    expect(await run(plainStore(kept))).toEqual({ written: ['matmul', ''] });
    expect(await run(plainStore(kept))).toEqual({ found: ['matmul', ''] });
    const failing = wrap(plainStore(kept), {
      peek: () => undefined,
      get: () => Promise.reject(new Error('no answer')),
    });
    expect((await run(failing))['failed']?.[1]).toContain('no answer');
  });

  it('end where the loop is left, and cost nothing afterwards', async () => {
    await using sheet = await open();
    const feed = sheet.events();
    await sheet.tensor([1]).add(1).data();
    for await (const event of feed) if (event.kind === 'answer') break;
    await sheet.tensor([2]).add(1).data();
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  it('end for who waits when the sheet is closed', async () => {
    const sheet = await open();
    const waiting = sheet.events().next();
    await sheet.close();
    expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 1000))])).toEqual({
      done: true,
      value: undefined,
    });
  });

  it('wait where nothing happens, and refuse options they do not know', async () => {
    await using sheet = await open();
    const next = sheet.events().next();
    await sheet.tensor([1]).add(1).data();
    expect((await next).value).toMatchObject({ kind: 'call' });
    expect(() => sheet.events({ limit: 0 })).toThrow('events: limit is 0; use a positive integer');
    expect(() => sheet.events({ max: 1 } as never)).toThrow('there is no option "max"');
  });
});
