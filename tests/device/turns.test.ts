// Long tasks are done in pieces between which the event loop has turns, and pieces give the bits of the whole.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/device/device.ts';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { cutOf } from '../../src/core/device/pieces.ts';
import { WasmDevice } from '../../src/core/device/wasm/device.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import { type Value, valueOfArray } from '../../src/core/tensor/block.ts';
import { allocate, type DType, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { type Shape, sizeOf } from '../../src/core/tensor/shape.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { extent, some } from '../run/extent.ts';

const js = new JsDevice();
/** Work that is done between two turns takes a few milliseconds, where the machine does nothing else. */
const LONGEST_TURN_MS = 40;

/** Elements from −50 to 50, without 0 for what is divided by. */
function operand(dtype: DType, shape: Shape, seed: number): Value {
  const array = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < array.length; i++) {
    const x = ((Math.imul(i + seed, 0x9e3779b1) >>> 16) % 50) + 1;
    array[i] = (
      dtype === 'int64'
        ? BigInt(i % 3 === 0 ? -x : x)
        : dtype === 'bool'
          ? x % 2
          : i % 3 === 0
            ? -x
            : x / (dtype === 'float32' ? 7 : 1)
    ) as never;
  }
  return valueOfArray(tensorType(dtype, shape), array);
}

function taskOf(name: string, operands: readonly Value[], given: Task['attrs'] = {}): Task {
  const row = opNamed(name);
  const types = operands.map(({ type }) => type);
  const defaults = Object.fromEntries(
    Object.entries(row.attributes).flatMap(([key, { fallback }]) => (fallback === undefined ? [] : [[key, fallback]])),
  );
  const attrs = row.settle?.(types, { ...defaults, ...given }) ?? { ...defaults, ...given };
  const { dtype, shape } = row.infer(types, attrs);
  return { row, attrs, operands, type: tensorType(dtype, shape), numerics: 'exact' };
}

function whole(task: Task): TypedArray {
  const out = valueOfArray(task.type, allocate(task.type.dtype, task.type.size));
  js.runNow(task, out.block);
  return out.array;
}

/** The result by stretches of so many units; it begins as rubbish. */
function inPieces(task: Task, length: number): TypedArray | undefined {
  const out = allocate(task.type.dtype, task.type.size).fill((task.type.dtype === 'int64' ? 77n : 77) as never);
  const cut = cutOf(task, out);
  for (let start = 0; cut !== undefined && start < cut.units; start += length)
    cut.run(start, Math.min(cut.units, start + length), (piece, part) => js.runNow(piece, part));
  return cut && out;
}

const lengths = fc.integer({ min: 1, max: 40 });
const sides = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

describe('pieces of a task', () => {
  it.each(['add', 'less', 'remainder', 'where'])('%s: give its bits, whatever is stretched to whatever', (name) => {
    fc.assert(
      fc.property(
        sides,
        fc.nat(255),
        fc.constantFrom<DType>('float32', 'int64', 'uint8'),
        lengths,
        fc.nat(99),
        fc.boolean(),
        (shape, ones, dtype, length, seed, isShort) => {
          const thin = shape.map((side, axis) => ((ones >> axis) & 1 ? 1 : side)).slice(isShort ? 1 : 0);
          const flags =
            name === 'where'
              ? [
                  operand(
                    'bool',
                    shape.map((side, axis) => ((ones >> (axis + 4)) & 1 ? 1 : side)),
                    seed,
                  ),
                ]
              : [];
          const task = taskOf(name, [...flags, operand(dtype, thin, seed + 1), operand(dtype, shape, seed + 2)]);
          expect(inPieces(task, length)).toEqual(whole(task));
        },
      ),
      { seed: 21, numRuns: extent(60, 150) },
    );
  });

  it('give its bits where slices are too large to be a unit', () => {
    const task = taskOf('multiply', [operand('int32', [3, 2, 20_000], 1), operand('int32', [2, 1], 2)]);
    expect(cutOf(task, allocate('int32', 120_000))).toMatchObject({ units: 120_000, unitElements: 1 });
    expect(inPieces(task, 7001)).toEqual(whole(task));
  });

  it.each(['random_uniform', 'random_normal', 'random_integers'])('%s: give its bits wherever they begin', (name) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom<DType>('float32', 'float64'),
        (size, length, dtype) => {
          const range = name === 'random_integers' ? { low: -7, high: 1000 } : { dtype };
          const task = taskOf(name, [], { shape: [size], seed: 5, ...range });
          expect(inPieces(task, length)).toEqual(whole(task));
        },
      ),
      { seed: 23, numRuns: 40 },
    );
  });

  it('one_hot: give its bits, and a permutation, which is one draw, has none', () => {
    for (const shape of [[50], [7, 3], [4, 0], [1, 9]]) {
      const task = taskOf('one_hot', [operand('int32', shape, 3)], { depth: 20, dtype: 'float32' });
      for (const length of [1, 3, 100]) expect(inPieces(task, length)).toEqual(whole(task));
    }
    expect(inPieces(taskOf('random_permutation', [], { n: 100, seed: 1 }), 10)).toBeUndefined();
  });

  it.each(['sum', 'prod', 'min', 'max', 'any', 'all', 'mean', 'std', 'argmax', 'logsumexp'])(
    '%s: give its bits along any axes, where it may be cut',
    (name) => {
      const dtypes = fc.constantFrom<DType>(
        ...(['float32', 'int64', 'uint8', 'bool'] as const).filter(
          (dtype) => !(dtype === 'bool' || dtype === 'int64') || ['sum', 'any', 'all', 'min', 'max'].includes(name),
        ),
      );
      fc.assert(
        fc.property(sides, fc.nat(15), dtypes, lengths, fc.boolean(), (shape, chosen, dtype, length, keepdims) => {
          const axes = shape.flatMap((_, axis) => ((chosen >> axis) & 1 ? [axis] : []));
          const kind = ['mean', 'std', 'logsumexp'].includes(name)
            ? 'float32'
            : ['min', 'max', 'prod'].includes(name) && dtype === 'bool'
              ? 'int64'
              : dtype;
          const task = taskOf(name, [operand(kind, shape, 5)], {
            axis: name === 'argmax' ? (axes[0] ?? null) : axes,
            keepdims,
          });
          const pieces = inPieces(task, length);
          if (pieces !== undefined) expect(pieces).toEqual(whole(task));
          const leads =
            shape.find((side) => side !== 1) === undefined ||
            !(task.attrs['axis'] as number[]).includes(shape.findIndex((side) => side !== 1));
          if (
            shape.some((side) => side !== 1) &&
            (leads || (kind !== 'float32' && ['sum', 'prod', 'min', 'max', 'any', 'all'].includes(name)))
          )
            expect(pieces).toBeDefined();
        }),
        { seed: 22, numRuns: extent(50, 150) },
      );
    },
  );
});

describe('a decomposition', () => {
  it.each(['qr_packed', 'eigh_packed', 'svd_packed', 'lu_packed', 'expm', 'eig_packed'])(
    '%s: gives turns within one matrix, and the bits it has without',
    async (name) => {
      let [now, turns] = [0, 0];
      const device = new JsDevice({
        now: () => (now += 1),
        pause: async () => {
          turns++;
        },
      });
      const task = taskOf(name, [operand('float64', [120, 120], 3)]);
      const out = valueOfArray(task.type, allocate(task.type.dtype, task.type.size));
      await device.run(task, out.block, 'free');
      expect(out.array).toEqual(whole(task));
      // The first comes before any work.
      expect(turns).toBeGreaterThanOrEqual(2);
    },
  );
});

describe('a long task', () => {
  const size = extent(2 ** 16, 2 ** 18);
  const long: Readonly<Record<string, () => Task>> = {
    'a sum of bigints': () => taskOf('add', [operand('int64', [size], 1), operand('int64', [size], 2)]),
    'a reduction of bigints to one': () => taskOf('sum', [operand('int64', [size], 1)]),
    'a conversion to bigints': () => taskOf('astype', [operand('float32', [size], 1)], { dtype: 'int64' }),
    'a reduction of bigints along the first axis': () =>
      taskOf('min', [operand('int64', [size / 64, 64], 1)], { axis: [0] }),
  };

  it.each(Object.entries(long))(
    '%s: gives turns on either device, where a moment is a millisecond',
    async (_, make) => {
      for (const open of [
        (host: object) => new JsDevice(host as never),
        (host: object) =>
          new WasmDevice(js, {
            threads: 1,
            host: { parallelism: 1, spawn: 'none', ...host } as never,
            roomBytes: 2 ** 20,
          }),
      ]) {
        let [now, turns] = [0, 0];
        const device = open({
          now: () => (now += 1),
          pause: async () => {
            turns++;
          },
        });
        const task = make();
        const out = valueOfArray(task.type, allocate(task.type.dtype, task.type.size));
        const running = device.run(task, out.block, 'free');
        expect(running, device.name).toBeInstanceOf(Promise);
        await running;
        expect(out.array).toEqual(whole(task));
        expect(turns, device.name).toBeGreaterThanOrEqual(4);
        device.close();
      }
    },
  );

  it('is done within the call where that is asked for, and where there is no event loop', () => {
    const task = long['a sum of bigints']!();
    expect(js.run(task, valueOfArray(task.type, allocate('int64', size)).block, 'free')).toBeUndefined();
  });
});

describe('the event loop', () => {
  const words = (side: number, factor: number): Int32Array =>
    Int32Array.from({ length: side * side }, (_, i) => Math.imul(i, factor));
  const programs: Readonly<Record<string, (s: SymbolicSheet, isPlain: boolean) => Tensor>> = {
    'an integer product': (s, isPlain) => {
      const side = isPlain ? 300 : 800;
      return s.tensor(words(side, 0x9e3779b1), [side, side]).matmul(s.tensor(words(side, 0x85ebca77), [side, side]));
    },
    'a product of bigints': (s, isPlain) => {
      const side = isPlain ? 128 : 400;
      return s
        .tensor(BigInt64Array.from(words(side, 7), BigInt), [side, side])
        .matmul(s.tensor(BigInt64Array.from(words(side, 9), BigInt), [side, side]));
    },
    'a linear system': (s, isPlain) => {
      const side = isPlain ? 400 : 900;
      return s
        .eye(side)
        .add(s.randomUniform([side, side], { seed: 1 }).multiply(1 / side))
        .solve(s.randomUniform([side, 8], { seed: 2 }));
    },
    'bigints chosen by a condition': (s) =>
      s.where(s.arange(2 ** 20).greater(7), s.full([2 ** 20], 3n, { dtype: 'int64' }), 5n),
    'random normals': (s, isPlain) => s.randomNormal([isPlain ? 2 ** 18 : 2 ** 21], { seed: 1 }),
    'random integers': (s, isPlain) => s.randomIntegers([isPlain ? 2 ** 20 : 2 ** 22], 0, 9, { seed: 1 }),
    'rows of zeros with a one': (s) => s.oneHot(s.arange(2 ** 18, { dtype: 'int32' }), 64),
    remainders: (s) => s.randomUniform([2 ** 21], { seed: 1 }).remainder(0.37),
    'sines of huge arguments': (s, isPlain) =>
      s
        .randomUniform([isPlain ? 2 ** 15 : 2 ** 20], { seed: 1 })
        .multiply(1e12)
        .sin(),
  };

  it.each(
    Object.entries(programs).flatMap(([name, program], place) =>
      some([undefined, ['js']] as const, 2, place).map((devices) => [name, devices, program] as const),
    ),
  )('turns while %s is computed, devices %j', async (_, devices, program) => {
    await using sheet = await SymbolicSheet.open({ cache: 'off', ...(devices && { devices }) });
    let [turns, isOver] = [0, false];
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    const result = program(sheet, devices !== undefined);
    setImmediate(count);
    const began = performance.now();
    await sheet.compute(result);
    isOver = true;
    // A machine that is done sooner owes fewer turns.
    expect(turns).toBeGreaterThan(Math.min(3, (performance.now() - began) / LONGEST_TURN_MS));
  });
});
