// Identity inside the process: the same work is one node, in whatever order and through whatever door it comes;
// different work never is.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { internAttributes } from '../../src/core/expr/attributes.ts';
import { bits, matrix, noise, SIDE } from './fixtures/arrays.ts';
import { collected } from './fixtures/collected.ts';
import { evictAll } from './fixtures/watch.ts';
import { partsOf } from '../parts.ts';

let sheet: SymbolicSheet;

beforeEach(async () => {
  sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
});

afterEach(() => sheet.close());

const kernels = (): number => sheet.stats().counters.kernelCalls;
const square = (seed: number, on = sheet): Tensor => on.tensor(matrix(seed), [SIDE, SIDE]);
const nodeOf = (x: Tensor): number => x.call.node(partsOf(sheet).table);

describe('one node', () => {
  it('is not the one that took the number of a content whose node was swept', () => {
    const { table, contents } = partsOf(sheet);
    const entered = (seed: number): Tensor => {
      const x = square(seed);
      contents.assign(x.call, contents.contentId(matrix(seed), x.call.type));
      return x;
    };
    const swept = nodeOf(entered(1));
    table.sweep();
    const others = Array.from({ length: 8 }, (_, i) => nodeOf(entered(10 + i)));
    expect(others).toContain(swept);
    expect(others).not.toContain(nodeOf(entered(1)));
  });

  it('stands for calls by name, by method and with defaults spelled out', () => {
    const a = square(1);
    expect(nodeOf(sheet.execute('sum', a, { axis: 0, keepdims: false }))).toBe(nodeOf(a.sum({ axis: -2 })));
    expect(nodeOf(sheet.execute('matmul', a, a))).toBe(nodeOf(sheet.matmul(a, a)));
    expect(nodeOf(a.add(1))).toBe(nodeOf(a.add(1n)));
  });

  it('stands for commuted sums, not for commuted differences', () => {
    const [a, b] = [square(1), square(2)];
    expect(nodeOf(a.add(b))).toBe(nodeOf(b.add(a)));
    expect(nodeOf(a.subtract(b))).not.toBe(nodeOf(b.subtract(a)));
  });

  it('stands for a double transpose and its operand, and a transposed product needs no transpose', async () => {
    const [a, b] = [square(1), square(2)];
    expect(nodeOf(a.permuteDims([1, 0]).permuteDims([1, 0]))).toBe(nodeOf(a));
    const before = kernels();
    await a.permuteDims([1, 0]).matmul(b).data();
    expect(kernels() - before).toBe(1);
  });

  it('never stands for −0 and 0, for other shapes of the same elements, or for other classes', () => {
    const a = sheet.tensor(noise(12, 1), [3, 4]);
    expect(nodeOf(a.multiply(-0))).not.toBe(nodeOf(a.multiply(0)));
    expect(nodeOf(a.reshape([4, 3]).add(1))).not.toBe(nodeOf(a.reshape([2, 6]).add(1)));
    expect(nodeOf(sheet.with({ class: 'exact' }).execute('add', a, 1))).not.toBe(nodeOf(a.add(1)));
    expect(nodeOf(sheet.execute('concat', [a, a, a], { axis: 0 }))).not.toBe(
      nodeOf(sheet.execute('concat', [a, a], { axis: 0 })),
    );
  });

  it('stands for the same attributes in whatever order calls alternate, and wrong ones are refused every time', () => {
    const a = square(1);
    const calls = [
      { axis: 0 },
      { axis: 1 },
      { axis: 0, keepdims: true },
      { keepdims: true, axis: 0 },
      { axis: 1, keepdims: false },
      { keepdims: true },
      {},
    ];
    const ask = (): number[] => calls.map((attributes) => nodeOf(a.sum(attributes)));
    const first = ask();
    expect(new Set(first).size).toBe(5);
    for (let round = 0; round < 3; round++) {
      expect(ask()).toEqual(first);
      expect(() => a.sum({ axis: 2 })).toThrow(/axis 2/);
    }
    const variance = (correction: number): number => nodeOf(a.var({ correction }));
    expect([variance(0), variance(-0), variance(0)]).toEqual([variance(0), variance(-0), variance(0)]);
    expect(variance(0)).not.toBe(variance(-0));
  });

  it('keeps its number for the same attributes after a collection', async () => {
    const make = (): number => internAttributes({ axis: [7, 6, 5], keepdims: true, only: 'here' }).id;
    const first = make();
    const record = new WeakRef(internAttributes({ axis: [7, 6, 5], keepdims: true, only: 'here' }));
    await collected(() => record.deref() === undefined);
    expect(record.deref(), 'the record was collected').toBeUndefined();
    expect(make()).toBe(first);
  });

  it('of an intermediate that was collected is found again, so that its kept consumer is a hit', async () => {
    const a = square(1);
    const ask = (): Promise<unknown> =>
      a
        .matmul(a, { transposeB: true })
        .sum({ axis: 1, keepdims: true })
        .matmul(sheet.ones([1, SIDE]))
        .data();
    await ask();
    await ask();
    for (const entry of [...partsOf(sheet).store.entries()].sort((x, y) => x.node - y.node).slice(0, -1))
      partsOf(sheet).store.delete(entry.node);
    await collected();
    const before = kernels();
    await ask();
    expect(kernels()).toBe(before);
  });
});

describe('contents', () => {
  it('that are equal are one, whatever array, shape door or handle they come through', async () => {
    const ask = (x: Tensor): Promise<unknown> => x.matmul(x).data();
    await ask(square(1));
    await ask(square(1));
    const before = kernels();
    await ask(square(1));
    await ask(sheet.tensor(matrix(1), [SIDE, SIDE], { own: true }));
    const shared = new Float32Array(new SharedArrayBuffer(SIDE * SIDE * 4));
    shared.set(matrix(1));
    await ask(sheet.tensor(shared, [SIDE, SIDE]));
    const bare = { data: matrix(1), shape: [SIDE, SIDE] } as never;
    await sheet.execute('matmul', bare, bare).data();
    expect(kernels()).toBe(before);
  });

  it('differ when one bit of a NaN does', async () => {
    const other = matrix(1);
    new Uint32Array(other.buffer)[0] = 0x7fc00001;
    const same = matrix(1);
    new Uint32Array(same.buffer)[0] = 0x7fc00002;
    const [a, b] = [sheet.tensor(other, [SIDE, SIDE]), sheet.tensor(same, [SIDE, SIDE])];
    expect(await a.fingerprint()).not.toBe(await b.fingerprint());
  });

  it(
    'of a result that comes back as a fresh array are right in any order of reading, hashing, evicting and ' +
      're-entering',
    async () => {
      const a = square(1);
      const product = a.matmul(a);
      const elements = await product.data();
      const expected = bits(await product.matmul(a).data());
      for (const prepare of [() => {}, () => evictAll(sheet), () => product.dispose(), () => sheet.forget()]) {
        prepare();
        await product.fingerprint();
        const entered = sheet.tensor(elements, [SIDE, SIDE]);
        expect(bits(await entered.matmul(square(1)).data())).toBe(expected);
        expect(await entered.fingerprint()).toBe(await product.fingerprint());
      }
    },
  );

  it('survive a sweep of the table', async () => {
    const [a, b] = [square(1), square(2)];
    const expected = bits(await a.matmul(b).data());
    await a.matmul(b).data();
    const one = sheet.tensor([1]);
    for (let i = 0; i < 2000; i++) void sheet.admit(one.add(i).call);
    partsOf(sheet).table.sweep();
    const before = kernels();
    expect(bits(await square(1).matmul(square(2)).data())).toBe(expected);
    expect(bits(await a.matmul(b).data())).toBe(expected);
    expect(kernels(), 'both doors still hit').toBe(before);
    expect(sheet.stats().nodes).toBeLessThan(2000);
  });
});

describe('classes', () => {
  it('let a result of tolerance into an exact expression by its bytes alone', async () => {
    const a = square(1);
    const loose = a.matmul(a);
    const exact = sheet.with({ class: 'exact' });
    const through = bits(await exact.matmul(loose, a).data());
    const fromBytes = exact.tensor(await loose.data(), [SIDE, SIDE]);
    expect(bits(await exact.matmul(fromBytes, a).data())).toBe(through);
    expect(
      sheet.trace.events().filter((event) => event.op === 'matmul').length,
      'the product of tolerance is on the trace',
    ).toBeGreaterThan(2);
    loose.dispose();
    evictAll(sheet);
    expect(bits(await exact.matmul(loose, a).data())).toBe(through);
  });

  it('and precisions share no results of memos, whole or by rows, whichever view the arguments are of', async () => {
    const a = square(1);
    for (const rows of [undefined, 4]) {
      let runs = 0;
      const soft = sheet.memo(
        `soft ${rows}`,
        (x: Tensor) => (runs++, x.exp().matmul(a)),
        rows === undefined ? {} : { rows: SIDE },
      );
      const exactly = sheet.with({ class: 'exact' });
      const through = soft.with({ class: 'exact' });
      await soft(a);
      const truth = bits(await exactly.exp(a).matmul(a).data());
      if (rows !== undefined) expect(bits(await (await through(a)).data())).toBe(truth);
      // Methods of an argument compute in its own view.
      else expect(bits(await (await through(exactly.tensor(await a.data(), [SIDE, SIDE]))).data())).toBe(truth);
      expect(runs).toBe(2);
      await soft.with({ precision: 'float16' })(a);
      expect(runs).toBe(3);
      await soft.with({ precision: 'float32' })(a);
      expect(runs, 'what is meant by default').toBe(3);
      if (rows === undefined) await soft(sheet.with({ precision: 'float16' }).tensor(await a.data(), [SIDE, SIDE]));
      expect(runs).toBe(rows === undefined ? 4 : 3);
    }
  });

  it('do not share kept results', async () => {
    const a = square(1);
    for (let round = 0; round < 2; round++) await a.matmul(a).data();
    const before = kernels();
    const exact = sheet.with({ class: 'exact' });
    await exact.matmul(a, a).data();
    expect(kernels()).toBe(before + 1);
    await exact.matmul(a, a).data();
    const kept = kernels();
    await exact.matmul(a, a).data();
    expect(kernels()).toBe(kept);
  });

  it('off and on give the same bits in exact for a program that runs twice', async () => {
    const run = async (view: ReturnType<SymbolicSheet['with']>): Promise<string[]> => {
      const a = view.tensor(matrix(9), [SIDE, SIDE]);
      const h = view.execute('tanh', view.matmul(a, a));
      return [bits(await view.execute('softmax', h).data()), bits(await h.sum({ axis: 0 }).data())];
    };
    const off = await run(sheet.with({ class: 'exact', cache: 'off' }));
    const on = sheet.with({ class: 'exact' });
    expect([await run(on), await run(on)]).toEqual([off, off]);
  });
});

describe('long chains', () => {
  it('that are cut stand at their content, so that a second run finds what the first kept', async () => {
    const run = async (): Promise<number> => {
      let x: Tensor = sheet.tensor(new Int32Array(8), [8]);
      for (let i = 0; i < 5000; i++) x = x.add(1);
      return (await x.sum().item()) as number;
    };
    expect(await run()).toBe(40_000);
    expect(await run()).toBe(40_000);
  });

  it('whose cut head is disposed of say so', async () => {
    let x: Tensor = sheet.tensor(noise(2048, 1));
    for (let i = 0; i < 4097; i++) x = x.add(1);
    const later = x.add(2);
    const value = bits(await x.data());
    expect(bits(await later.subtract(2).data())).toHaveLength(value.length);
    x.dispose();
    await expect(x.data()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(x.multiply(3).data()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
