// Where tasks go: to the device that is quickest for them, as far as is known.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ANSWERS_LATER, type Device, type Task } from '../../src/core/device/device.ts';
import { ClassTable } from '../../src/core/device/class-table.ts';
import { CostTable } from '../../src/core/device/costs.ts';
import { Dispatcher } from '../../src/core/device/dispatch.ts';
import type { GpuResidence } from '../../src/core/device/webgpu/memory/residence.ts';
import { UnavailableError } from '../../src/core/errors.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import { type Value, valueOfArray } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { openWatched } from '../gpu/watched-gpu.ts';

const deviceThat = (name: string, estimate: number, more: Partial<Device> = {}): Device => ({
  name,
  detail: name,
  exact: true,
  supports: () => true,
  estimateNs: () => estimate,
  run: () => {},
  close: () => {},
  ...more,
});

const type = tensorType('float32', [1000]);
const operand = valueOfArray(type, new Float32Array(1000));
const task = (numerics: Task['numerics'] = 'tolerance'): Task => ({
  row: opNamed('add'),
  attrs: {},
  operands: [operand, operand],
  type,
  numerics,
});

let costs: CostTable;
beforeEach(() => {
  costs = new CostTable();
});

describe('a dispatcher', () => {
  it('takes the device that promises most, then the one that kept its promise', () => {
    const [slow, quick] = [deviceThat('slow', 10_000), deviceThat('quick', 1000)];
    const dispatcher = new Dispatcher([slow, quick], costs);
    expect(dispatcher.place(task()).name).toBe('quick');
    for (let i = 0; i < 8; i++) costs.learn(quick, task(), 90_000);
    expect(dispatcher.place(task()).name).toBe('slow');
  });

  it('does not give a device up for slow first calls, which compile and warm up', () => {
    const [other, quick] = [deviceThat('other', 40_000), deviceThat('quick', 1000)];
    const dispatcher = new Dispatcher([other, quick], costs);
    for (const elapsedNs of [5e6, 3e6, 1000]) costs.learn(quick, task(), elapsedNs);
    for (let i = 0; i < 8; i++) costs.learn(other, task(), 20_000);
    expect(dispatcher.place(task()).name).toBe('quick');
  });

  it('is not moved by one slow call among quick ones', () => {
    const [other, quick] = [deviceThat('other', 1000), deviceThat('quick', 1000)];
    const dispatcher = new Dispatcher([other, quick], costs);
    for (let i = 0; i < 10; i++) costs.learn(quick, task(), 1000);
    for (let i = 0; i < 10; i++) costs.learn(other, task(), 2000);
    costs.learn(quick, task(), 1e9);
    expect(dispatcher.place(task()).name).toBe('quick');
  });

  it('stays with its choice in class tolerance where bits may differ, and chooses anew where they do not', () => {
    const [reference, other] = [deviceThat('reference', 1000), deviceThat('other', 100, { exact: false })];
    const dispatcher = new Dispatcher([reference, other], costs);
    expect(dispatcher.place(task()).name).toBe('other');
    for (let i = 0; i < 3; i++) costs.learn(other, task(), 150);
    expect(dispatcher.place(task()).name).toBe('other');
    for (let i = 0; i < 20; i++) costs.learn(other, task(), 1e6);
    expect(dispatcher.place(task()).name).toBe('other');
    expect(dispatcher.place(task('exact')).name).toBe('reference');
  });

  it('never takes a device of other bits in class exact, not even by name or as the only one', () => {
    const [reference, other] = [deviceThat('reference', 1e9), deviceThat('other', 1, { exact: false })];
    expect(new Dispatcher([other, reference], costs).place(task('exact')).name).toBe('reference');
    expect(new Dispatcher([other, reference], costs).place(task('exact'), 'other').name).toBe('reference');
    expect(new Dispatcher([other, reference], costs).place(task('exact'), undefined, 'now').name).toBe('reference');
    expect(() => new Dispatcher([other], costs).place(task('exact'))).toThrow(
      /its results are not those of class exact/,
    );
  });

  it('does not stay with a choice that was made from an estimate and measured to be wrong', () => {
    const [reference, other] = [deviceThat('reference', 1000), deviceThat('other', 100, { exact: false })];
    const dispatcher = new Dispatcher([reference, other], costs);
    expect(dispatcher.place(task()).name).toBe('other');
    for (let i = 0; i < 3; i++) costs.learn(other, task(), 1e6);
    expect(dispatcher.place(task()).name).toBe('reference');
    for (let i = 0; i < 3; i++) costs.learn(reference, task(), 2000);
    expect(dispatcher.place(task()).name).toBe('reference');
    for (let i = 0; i < 20; i++) costs.learn(other, task(), 1);
    expect(dispatcher.place(task()).name, 'settled').toBe('reference');
  });

  it('remembers a bounded number of choices, those that were asked about last', () => {
    const table = new ClassTable<number>(1000);
    let found = 0;
    for (let key = 0; key < 20_000; key++) {
      table.set(key, key);
      if (table.get(7) === 7) found++;
    }
    expect(found).toBe(20_000 - 7);
    expect(table.size).toBeLessThanOrEqual(2000);
    expect(table.get(19_999)).toBe(19_999);
    expect(table.get(10_000)).toBeUndefined();
    const other = deviceThat('other', 100, { exact: false });
    const dispatcher = new Dispatcher([deviceThat('reference', 1000), other], costs);
    for (let i = 0; i < 3; i++) costs.learn(other, task(), 150);
    dispatcher.place(task());
    for (let i = 0; i < 20; i++) costs.learn(other, task(), 1e6);
    for (let number = 1e6; number < 1.05e6; number++) {
      const composed = { ...task(), row: { ...opNamed('add'), number } };
      for (let i = 0; i < 3 && number % 8 === 0; i++) costs.learn(other, composed, 150);
      dispatcher.place(composed);
      if (number % 1000 === 0) expect(dispatcher.place(task()).name).toBe('other');
    }
  });

  it('asks a software device by name only, and one that answers later not where an answer is due at once', () => {
    const software = deviceThat('software', 1, { exact: false });
    const later = deviceThat('later', 10, {
      supports: (_, mode) => (mode === 'free' ? true : ANSWERS_LATER),
      exact: false,
    });
    const reference = deviceThat('reference', 1000);
    const dispatcher = new Dispatcher([software, later, reference], costs, [software]);
    expect(dispatcher.place(task()).name).toBe('later');
    expect(dispatcher.place(task(), 'software').name).toBe('software');
    expect(dispatcher.place(task(), 'later', 'now').name).toBe('reference');
    expect(() => dispatcher.place(task(), 'abacus')).toThrow(UnavailableError);
  });
});

describe('what runs on a GPU cost', () => {
  it('is learned from the first runs of every class of sizes, with what it takes to hand them in', async () => {
    const { sheet, gpu, device } = await openWatched({ cache: 'off' });
    const x = gpu.tensor(new Float32Array(64)).add(1);
    await gpu.compute(x);
    const { context } = (x.call.value as Value).block.residence as GpuResidence;
    const learned: [elements: number, elapsedNs: number][] = [];
    device.memory.reportTo(({ type }, elapsedNs) => void learned.push([type.size, elapsedNs]));
    vi.spyOn(context.stream, 'timed').mockImplementation((add, told) => {
      add();
      told(1000);
    });
    for (const count of [256, 4096]) {
      const y = gpu.tensor(new Float32Array(count));
      for (let i = 0; i < 5; i++) await gpu.compute(y.multiply(i + 2));
    }
    expect(learned.map(([elements]) => elements)).toEqual([256, 256, 256, 4096, 4096, 4096]);
    for (const [, elapsedNs] of learned) expect(elapsedNs).toBeGreaterThan(1000);
    await sheet.close();
  });
});
