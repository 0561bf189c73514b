// Routes give the bits of the specification's kernel wherever they apply, and keep away where they would not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/device/device.ts';
import { withRoute } from '../../src/core/device/detour.ts';
import { JsDevice } from '../../src/core/device/js/device.ts';
import type { AttributeValues, OpRow } from '../../src/core/ops/define.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import type { Route, RoutePlan } from '../../src/core/pattern/route.ts';
import { isWorthScanning, ROUTES } from '../../src/core/pattern/routes.ts';
import { heapMemory, type Value, valueOfArray } from '../../src/core/tensor/block.ts';
import { allocate, type DType, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { difference, DTYPES_OF_NUMBERS, element, valueFrom } from './bits.ts';

const js = new JsDevice();
const routeNamed = (name: string): Route => ROUTES.find((route) => route.name === name)!;

function taskOf(op: string, operands: readonly Value[], attrs: AttributeValues = {}): Task {
  const row: OpRow = opNamed(op);
  const { dtype, shape } = row.infer(
    operands.map((operand) => operand.type),
    attrs,
  );
  return { row, attrs, operands, type: tensorType(dtype, shape), numerics: 'exact' };
}

const emptyFor = (task: Task): TypedArray => allocate(task.type.dtype, task.type.size).fill(3 as never) as TypedArray;

function kernelOf(task: Task): TypedArray {
  const out = valueOfArray(
    task.type,
    task.type.dtype === 'int64' ? allocate('int64', task.type.size) : emptyFor(task),
  ).block;
  js.runNow(task, out);
  return out.array;
}

/** Follows a plan as a device does; undefined where the route leaves the task to the kernel. */
function follow(plan: RoutePlan, task: Task): TypedArray | undefined {
  const out = task.type.dtype === 'int64' ? allocate('int64', task.type.size) : emptyFor(task);
  if ('fill' in plan) return plan.fill(out) ? out : undefined;
  const { detour } = plan;
  const operands = detour.operands.map((operand) => {
    if (!('fill' in operand)) return operand;
    const array = allocate(operand.type.dtype, operand.type.size);
    operand.fill(array);
    return valueOfArray(operand.type, array);
  });
  const inner: Task = { ...task, row: detour.row, attrs: detour.attrs, type: detour.type, operands };
  const from = kernelOf(inner);
  if (detour.spread === undefined) return from;
  detour.spread(from, out);
  return out;
}

/** Follows a route where it applies and compares; says whether it applied. */
function agrees(route: Route, task: Task): boolean {
  const plan = route.plan(task);
  if (plan === undefined) return false;
  const found = follow(plan, task);
  if (found !== undefined) expect(difference(found, kernelOf(task))).toBeUndefined();
  return found !== undefined;
}

const KINDS = ['zero', 'identity', 'diagonal', 'permutation', 'one-hot rows', 'near miss'] as const;

/** A matrix with structure; zeros of both signs. */
function structured(
  kind: (typeof KINDS)[number],
  dtype: DType,
  rows: number,
  columns: number,
  draws: readonly number[],
  factors: readonly (number | bigint)[],
): Value {
  const value = valueFrom(dtype, [rows, columns], [dtype === 'int64' ? 0n : 0]);
  const array = value.array as unknown as Record<number, number | bigint>;
  const [one, zero] = dtype === 'int64' ? [1n, 0n] : [1, -0];
  for (let i = 0; i < rows * columns; i += 3) array[i] = zero;
  const order = Array.from({ length: columns }, (_, i) => i).sort(
    (a, b) => draws[a % draws.length]! - draws[b % draws.length]!,
  );
  for (let i = 0; i < Math.min(rows, columns); i++) {
    if (kind === 'identity') array[i * columns + i] = one;
    if (kind === 'diagonal') array[i * columns + i] = factors[i % factors.length] as number;
    if (kind === 'permutation') array[i * columns + order[i]!] = one;
  }
  for (let i = 0; i < rows; i++)
    if (kind === 'one-hot rows')
      array[i * columns + (draws[i % draws.length]! % columns)] = factors[i % factors.length] as number;
  if (kind === 'near miss')
    for (let i = 0; i < rows * columns; i += 2) array[i] = factors[i % factors.length] as number;
  return value;
}

const sizes = fc.record({
  m: fc.integer({ min: 1, max: 9 }),
  k: fc.integer({ min: 1, max: 9 }),
  n: fc.integer({ min: 1, max: 9 }),
});

describe('the selection route', () => {
  for (const dtype of DTYPES_OF_NUMBERS) {
    for (const values of ['finite', 'any'] as const) {
      it(`has the kernel's bits for ${dtype}, ${values} values, on either side and under transposition`, () => {
        let applied = 0;
        const draw = fc.record({
          size: sizes,
          kind: fc.constantFrom(...KINDS),
          side: fc.constantFrom('left', 'right'),
          transposeA: fc.boolean(),
          transposeB: fc.boolean(),
          draws: fc.array(fc.nat(100), { minLength: 9, maxLength: 9 }),
        });
        const elements = fc.array(element(dtype, values), { minLength: 5, maxLength: 30 });
        fc.assert(
          fc.property(
            draw,
            elements,
            elements,
            ({ size: { m, k, n }, kind, side, transposeA, transposeB, draws }, others, factors) => {
              const [shapeA, shapeB] = [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]] as [
                [number, number],
                [number, number],
              ];
              const a =
                side === 'left' ? structured(kind, dtype, ...shapeA, draws, factors) : valueFrom(dtype, shapeA, others);
              const b =
                side === 'right'
                  ? structured(kind, dtype, ...shapeB, draws, factors)
                  : valueFrom(dtype, shapeB, others);
              if (agrees(routeNamed('selection'), taskOf('matmul', [a, b], { transposeA, transposeB }))) applied++;
            },
          ),
          { seed: 5, numRuns: 250 },
        );
        expect(applied).toBeGreaterThan(40);
      });
    }
  }

  it('turns −0 into +0, as the sum of the specification does', () => {
    const a = valueFrom('float32', [2, 2], [-0, 1, 2, -0]);
    const task = taskOf('matmul', [a, valueFrom('float32', [2, 2], [1, 0, 0, 1])]);
    expect(
      [...(follow(routeNamed('selection').plan(task) as RoutePlan, task) as Float32Array)].map((x) => Object.is(x, 0)),
    ).toEqual([true, false, false, true]);
  });

  it('keeps away where 0·∞ would be NaN', () => {
    const identity = valueFrom('float32', [2, 2], [1, 0, 0, 1]);
    for (const bad of [Infinity, -Infinity, NaN]) {
      expect(
        routeNamed('selection').plan(taskOf('matmul', [valueFrom('float32', [2, 2], [1, bad, 2, 3]), identity])),
      ).toBeUndefined();
      expect(
        routeNamed('selection').plan(taskOf('matmul', [valueFrom('float32', [2, 2], [bad, 0, 0, 1]), identity])),
      ).toBeUndefined();
    }
  });
});

describe('the repeated rows route', () => {
  for (const dtype of DTYPES_OF_NUMBERS) {
    it(`has the kernel's bits for ${dtype}, on either side`, () => {
      let applied = 0;
      const draw = fc.record({
        kinds: fc.integer({ min: 1, max: 5 }),
        rows: fc.integer({ min: 2, max: 14 }),
        k: fc.constantFrom(4, 8, 300),
        side: fc.constantFrom('left', 'right'),
        order: fc.array(fc.nat(50), { minLength: 14, maxLength: 14 }),
      });
      const elements = fc.array(element(dtype), { minLength: 5, maxLength: 60 });
      fc.assert(
        fc.property(draw, elements, elements, ({ kinds, rows, k, side, order }, own, others) => {
          const pool = valueFrom(dtype, [kinds, k], own);
          const repeated = valueFrom(dtype, [rows, k], [dtype === 'int64' ? 0n : 0]);
          for (let i = 0; i < rows; i++) {
            const from = order[i]! % kinds;
            repeated.array.set(pool.array.subarray(from * k, (from + 1) * k) as never, i * k);
          }
          const other = side === 'left' ? valueFrom(dtype, [k, 3], others) : valueFrom(dtype, [4, k], others);
          const task =
            side === 'left'
              ? taskOf('matmul', [repeated, other])
              : taskOf('matmul', [other, repeated], { transposeB: true });
          if (agrees(routeNamed('repeated rows'), task)) applied++;
        }),
        { seed: 6, numRuns: dtype === 'int64' ? 40 : 120 },
      );
      expect(applied).toBeGreaterThan(10);
    });
  }

  it(
    "has the kernel's bits where the rows that repeat are summed over: of a transposed left side, of a right side " +
      'as it is stored',
    () => {
      const [repeated, other] = [
        valueFrom('float32', [8, 4], [1, 2, 3, 4]),
        valueFrom('float32', [8, 3], [0.5, -1, 2, 7, 0.25]),
      ];
      for (const task of [
        taskOf('matmul', [repeated, other], { transposeA: true }),
        taskOf('matmul', [valueFrom('float32', [3, 8], [0.5, -1, 2, 7, 0.25]), repeated]),
      ]) {
        expect(routeNamed('repeated rows').plan(task)).toBeUndefined();
        agrees(routeNamed('scaled copies'), task);
      }
    },
  );

  it('tells rows apart that differ in the sign of a zero, and does not serve rows that mostly differ', () => {
    const plan = (elements: readonly number[]): unknown =>
      routeNamed('repeated rows').plan(
        taskOf('matmul', [valueFrom('float32', [4, 2], elements), valueFrom('float32', [2, 1], [1, Infinity])]),
      );
    expect(plan([1, 2, 1, 2, 1, 2, 1, 2])).toBeDefined();
    expect(plan([1, 0, 1, -0, 2, 0, 2, -0])).toBeUndefined();
    expect(plan([1, 2, 3, 4, 5, 6, 1, 2])).toBeUndefined();
  });
});

describe('the routes of factorisations', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    for (const values of ['ordinary', 'finite', 'any'] as const) {
      it(`have the kernel's bits for ${dtype}, ${values} values`, () => {
        const applied = new Map<string, number>();
        const draw = fc.record({
          n: fc.constantFrom(1, 2, 5, 9, 33, 40),
          columns: fc.integer({ min: 1, max: 3 }),
          kind: fc.constantFrom('diagonal', 'positive', 'upper'),
          zero: fc.constantFrom(0, 0, -0),
          lower: fc.boolean(),
          transposeA: fc.boolean(),
        });
        const elements = fc.array(element(dtype, values), { minLength: 5, maxLength: 60 });
        fc.assert(
          fc.property(draw, elements, elements, ({ n, columns, kind, zero, lower, transposeA }, own, others) => {
            const a = valueFrom(dtype, [n, n], kind === 'upper' ? own : [zero]);
            const cells = a.array as Float64Array;
            for (let i = 0; i < n; i++) {
              if (kind === 'upper') cells.fill(zero, i * n, i * n + i);
              const pivot = own[i % own.length] as number;
              cells[i * n + i] = kind === 'positive' ? Math.abs(pivot) : pivot;
            }
            const b = valueFrom(dtype, [n, columns], others);
            for (const route of ROUTES) {
              if (route.factor === undefined) continue;
              const task =
                route.factor === 'cholesky'
                  ? taskOf('cholesky', [a])
                  : taskOf(route.factor, [a, b], route.factor === 'solve' ? {} : { lower, transposeA });
              if (agrees(route, task)) applied.set(route.name, (applied.get(route.name) ?? 0) + 1);
            }
          }),
          { seed: 7, numRuns: 200 },
        );
        if (values === 'ordinary')
          expect([...applied.keys()].sort()).toEqual([
            'diagonal cholesky',
            'diagonal solve',
            'diagonal solve triangular',
            'upper triangular solve',
          ]);
      });
    }
  }
});

describe('where routes are looked for', () => {
  const square = (n: number, elements: readonly number[]): Value => valueFrom('float32', [n, n], elements);
  const eye = (n: number): Value =>
    square(
      n,
      Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    );

  it('a device goes around a large product with the identity and is named by the route', () => {
    const task = taskOf('matmul', [square(400, [1, 2, 3, -0, 5]), eye(400)]);
    const device = withRoute(task, js, heapMemory);
    expect([device.name, device.note]).toEqual(['identity route', 'identity route on js']);
    const out = heapMemory.take(task.type);
    void device.run(task, out, 'now');
    expect(difference(out.array, kernelOf(task))).toBeUndefined();
  });

  it('nothing is scanned where it could cost more than 5 % of the op, nor for ops without routes', () => {
    expect(isWorthScanning(taskOf('matmul', [square(64, [1]), eye(64)]))).toBe(false);
    expect(withRoute(taskOf('matmul', [square(64, [1]), eye(64)]), js, heapMemory)).toBe(js);
    expect(withRoute(taskOf('add', [square(400, [1]), eye(400)]), js, heapMemory)).toBe(js);
  });

  it('an ordinary dense product takes no route', () => {
    const dense = square(
      400,
      Array.from({ length: 997 }, (_, i) => Math.sin(i)),
    );
    expect(withRoute(taskOf('matmul', [dense, dense]), js, heapMemory)).toBe(js);
  });
});

describe('the scaled copies route', () => {
  const scaled = (elements: readonly number[], rows: number, columns: number): Value =>
    valueFrom('float32', [rows, columns], elements);
  const planned = (a: Value, b: Value): unknown => routeNamed('scaled copies').plan(taskOf('matmul', [a, b]));

  it("has the kernel's bits for rows that are powers of two of others, on either side", () => {
    let applied = 0;
    const draw = fc.record({
      kinds: fc.integer({ min: 1, max: 4 }),
      rows: fc.integer({ min: 2, max: 12 }),
      k: fc.constantFrom(3, 8, 300),
      side: fc.constantFrom('left', 'right'),
      order: fc.array(fc.nat(50), { minLength: 12, maxLength: 12 }),
      powers: fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 12, maxLength: 12 }),
    });
    const elements = fc.array(fc.oneof(element('float32'), fc.float({ noNaN: true, min: -8, max: 8 })), {
      minLength: 5,
      maxLength: 60,
    });
    fc.assert(
      fc.property(draw, elements, elements, ({ kinds, rows, k, side, order, powers }, own, others) => {
        const tame = (x: unknown): number =>
          Math.abs(Number(x)) > 1e-6 && Math.abs(Number(x)) < 1e6
            ? Math.fround(Number(x))
            : 0 * Math.sign(Number(x)) || 0;
        const pool = scaled(own.map(tame), kinds, k);
        const copies = scaled([0], rows, k);
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < k; j++)
            (copies.array as Float32Array)[i * k + j] =
              (pool.array as Float32Array)[(order[i]! % kinds) * k + j]! * 2 ** powers[i]!;
        }
        const other = side === 'left' ? valueFrom('float32', [k, 3], others) : valueFrom('float32', [4, k], others);
        const task =
          side === 'left' ? taskOf('matmul', [copies, other]) : taskOf('matmul', [other, copies], { transposeB: true });
        if (agrees(routeNamed('scaled copies'), task)) applied++;
      }),
      { seed: 9, numRuns: 300 },
    );
    expect(applied).toBeGreaterThan(10);
  });

  it(
    'keeps away from other factors, from what a power of two would not pass through unchanged, and from rows that ' +
      'mostly differ',
    () => {
      const b = scaled([1, 2, 3, 4], 2, 2);
      expect(planned(scaled([1, 2, 2, 4, 4, 8, -0.5, -1], 4, 2), b), 'two kinds: the sign differs').toBeDefined();
      expect(planned(scaled([1, 2, 2, 4, 4, 8, 0.5, 1], 4, 2), b)).toBeDefined();
      expect(planned(scaled([1, 2, 3, 6, 5, 10, 7, 14], 4, 2), b), 'factors 3, 5, 7').toBeUndefined();
      expect(planned(scaled([1, 0, 2, -0, 3, 5, 7, 11], 4, 2), b), 'the sign of a zero').toBeUndefined();
      expect(planned(scaled([1, 2e-40, 2, 4e-40], 2, 2), b), 'a subnormal').toBeUndefined();
      expect(planned(scaled([1, Infinity, 2, Infinity], 2, 2), b)).toBeUndefined();
      expect(
        planned(scaled([1, 2, 2 ** 100, 2 ** 101], 2, 2), scaled([2 ** 40, 1, 1, 1], 2, 2)),
        'a sum out of range',
      ).toBeUndefined();
      expect(
        planned(scaled([1, 2, 2 ** -90, 2 ** -89], 2, 2), scaled([2 ** -40, 1, 1, 1], 2, 2)),
        'a product near the end',
      ).toBeUndefined();
    },
  );
});
