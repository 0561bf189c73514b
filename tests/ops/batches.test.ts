// Ops on matrices take stacks of them: leading axes broadcast as those of matmul do, and each matrix of a stack has the
// bits it has alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { drawFrom } from '../../bench/measure/seed.ts';
import type { Task } from '../../src/core/device/device.ts';
import { linalgOnArrays } from '../../src/core/device/linalg.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { valueOfArray } from '../../src/core/tensor/block.ts';
import { formatShape, sizeOf } from '../../src/core/tensor/shape.ts';
import { tensorType } from '../../src/core/tensor/type.ts';

type Shape = readonly number[];
type Numbers = Float32Array | Float64Array;

const N = 3;
/** Leading axes of a and of b, and what they stretch to; undefined = b is a vector. */
const STACKS: readonly (readonly [a: Shape, b: Shape | undefined, both: Shape])[] = [
  [[], undefined, []],
  [[2], undefined, [2]],
  [[2, 3], undefined, [2, 3]],
  [[0], undefined, [0]],
  [[2, 0], undefined, [2, 0]],
  [[2], [], [2]],
  [[], [2], [2]],
  [[2, 1], [3], [2, 3]],
  [[3], [2, 1], [2, 3]],
  [[2, 3], [3], [2, 3]],
  [[3], [2, 3], [2, 3]],
  [
    [1, 3],
    [2, 1],
    [2, 3],
  ],
  [
    [2, 1, 4],
    [3, 1],
    [2, 3, 4],
  ],
  [[0], [1], [0]],
  [[1], [0], [0]],
  [
    [2, 0],
    [2, 1],
    [2, 0],
  ],
  [[1], [], [1]],
];

/** Place of one matrix of a stack that stretches to `both`, in the stack itself. */
function placeIn(own: Shape, both: Shape, index: number): number {
  let place = 0,
    step = 1,
    rest = index;
  for (let axis = both.length - 1; axis >= 0; axis--) {
    const length = own[axis - (both.length - own.length)] ?? 1;
    place += (length === 1 ? 0 : rest % both[axis]!) * step;
    step *= length;
    rest = Math.floor(rest / both[axis]!);
  }
  return place;
}

describe.each(['float64', 'float32'] as const)('stacks of matrices of %s', (dtype) => {
  const random = drawFrom(dtype.length);
  const Numbers = dtype === 'float32' ? Float32Array : Float64Array;
  const draw = (shape: Shape): Numbers => new Numbers(Array.from({ length: sizeOf(shape) }, () => random() - 0.5));
  let exact: SymbolicSheet;
  let tolerant: SymbolicSheet;
  beforeAll(async () => {
    exact = await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js', 'wasm'] });
    tolerant = await SymbolicSheet.open({ cache: 'off' });
  });
  afterAll(() => Promise.all([exact.close(), tolerant.close()]));

  /** Matrices far from singular, every second one symmetric. */
  function dominant(lead: Shape): Numbers {
    const values = draw([...lead, N, N]);
    for (let at = 0; at < values.length; at += N * N) {
      for (let i = 0; i < N; i++) {
        values[at + i * N + i] = 3 + i + random();
        for (let j = 0; j < i && at % (2 * N * N) === 0; j++) values[at + i * N + j] = values[at + j * N + i]!;
      }
    }
    return values;
  }

  type Solver = (sheet: Pick<SymbolicSheet, 'solve' | 'solveTriangular' | 'matmul'>, a: Tensor, b: Tensor) => Tensor;
  const SOLVERS: readonly (readonly [string, Solver])[] = [
    ['solve', (sheet, a, b) => sheet.solve(a, b)],
    ['solve_triangular', (sheet, a, b) => sheet.solveTriangular(a, b)],
    ['solve_triangular of transposes', (sheet, a, b) => sheet.solveTriangular(a, b, { transposeA: true })],
    ['matmul', (sheet, a, b) => sheet.matmul(a, b)],
  ];

  describe.each(SOLVERS)('%s', (_name, solver) => {
    it.each(STACKS)(
      'takes stacks %j and %j (undefined: a vector), which stretch to %j, as one call after the other',
      async (leadA, leadB, both) => {
        const [a, matrix] = [dominant(leadA), N * N];
        for (const columns of leadB === undefined ? [1] : [1, 2, 0]) {
          const tail = leadB === undefined ? [N] : [N, columns];
          const b = draw([...(leadB ?? []), ...tail]);
          const wanted = new Numbers(sizeOf([...both, ...tail]));
          for (let index = 0; index < sizeOf(both); index++) {
            const [fromA, fromB] = [
              placeIn(leadA, both, index) * matrix,
              placeIn(leadB ?? [], both, index) * sizeOf(tail),
            ];
            const one = solver(
              exact,
              exact.tensor(a.slice(fromA, fromA + matrix), [N, N]),
              exact.tensor(b.slice(fromB, fromB + sizeOf(tail)), tail),
            );
            wanted.set((await one.data()) as Numbers, index * sizeOf(tail));
          }
          for (const device of ['js', 'wasm'] as const) {
            const got = solver(
              exact.with({ device }),
              exact.tensor(a, [...leadA, N, N]),
              exact.tensor(b, [...(leadB ?? []), ...tail]),
            );
            expect(got.shape).toEqual([...both, ...tail]);
            expect(await got.data(), `${device}, ${formatShape(tail)}`).toEqual(wanted);
          }
          await close(
            solver,
            ['js', 'wasm'],
            [a, [...leadA, N, N]],
            [b, [...(leadB ?? []), ...tail]],
            [wanted, [...both, ...tail]],
          );
        }
      },
    );
  });

  /** In class tolerance, on devices by name. */
  async function close(
    solver: Solver,
    devices: readonly string[],
    [a, shapeA]: readonly [Numbers, Shape],
    [b, shapeB]: readonly [Numbers, Shape],
    [wanted, shape]: readonly [Numbers, Shape],
  ): Promise<void> {
    for (const device of devices) {
      const got = solver(tolerant.with({ device }), tolerant.tensor(a, shapeA), tolerant.tensor(b, shapeB));
      const values = (await got.data()) as Numbers;
      expect(got.shape).toEqual(shape);
      expect(values.length).toBe(wanted.length);
      values.forEach((value, i) => expect(value, device).toBeCloseTo(wanted[i]!, 4));
    }
  }

  it('and on a BLAS, as in class exact', async (context) => {
    const report = tolerant.devices().find(({ name }) => name === 'blas');
    if (report?.found !== true) return context.skip(`no BLAS: ${report?.detail ?? 'not looked for'}`);
    for (const [, solver] of SOLVERS) {
      for (const [leadA, leadB] of STACKS) {
        const [shapeA, shapeB] = [[...leadA, N, N], leadB === undefined ? [N] : [...leadB, N, 2]];
        const [a, b] = [dominant(leadA), draw(shapeB)];
        const result = solver(exact, exact.tensor(a, shapeA), exact.tensor(b, shapeB));
        await close(solver, ['blas'], [a, shapeA], [b, shapeB], [(await result.data()) as Numbers, result.shape]);
      }
    }
  });

  const ALONE: readonly (readonly [string, (x: Tensor) => Tensor])[] = [
    ['cholesky', (x) => x.cholesky()],
    ['trace', (x) => x.trace()],
    ['diagonal', (x) => x.diagonal({ offset: 1 })],
    ['tril', (x) => x.tril()],
    ['triu', (x) => x.triu({ k: 1 })],
  ];
  it.each(ALONE)('%s of a stack is that of every matrix alone, of an empty stack empty', async (_name, op) => {
    for (const lead of [[], [4], [2, 3], [2, 1, 2], [0], [3, 0]]) {
      const values = draw([...lead, N, N]);
      for (let at = 0; at < values.length; at += N * N) for (let i = 0; i < N; i++) values[at + i * N + i] = 4 + i;
      const alone = await Promise.all(
        Array.from({ length: sizeOf(lead) }, (_, i) =>
          op(exact.tensor(values.slice(i * N * N, (i + 1) * N * N), [N, N])).data(),
        ),
      );
      for (const device of ['js', 'wasm'] as const) {
        const got = op(exact.with({ device }).tensor(values, [...lead, N, N]));
        expect(got.shape.slice(0, lead.length)).toEqual(lead);
        expect(await got.data(), `${device} ${formatShape(lead)}`).toEqual(
          new Numbers(alone.flatMap((one) => [...(one as Numbers)])),
        );
      }
    }
  });

  it('trace sums the main diagonal of matrices of any shape, and of stacks of them', async () => {
    for (const shape of [
      [2, 3],
      [3, 2],
      [1, 5],
      [5, 1],
      [0, 3],
      [3, 0],
      [2, 4, 3],
      [2, 2, 3, 4],
      [0, 2, 3],
    ]) {
      for (const device of ['js', 'wasm'] as const) {
        const x = exact.with({ device }).tensor(draw(shape), shape);
        expect(await x.trace().data(), `${device} ${formatShape(shape)}`).toEqual(
          await x.diagonal().sum({ axis: -1 }).data(),
        );
        expect(x.trace().shape).toEqual(shape.slice(0, -2));
      }
    }
    expect(() => exact.tensor(draw([3])).trace()).toThrow(/trace.*rank 2/);
  });

  it('solve refuses stacks that do not stretch, and a vector of the wrong length, with the shapes', () => {
    const a = exact.tensor(dominant([2]), [2, N, N]);
    expect(() => exact.solve(a, exact.tensor(draw([3, N, 1]), [3, N, 1]))).toThrow(/solve.*2.*3/);
    expect(() => exact.solve(a, exact.tensor(draw([N + 1])))).toThrow(/b needs 3 rows/);
  });
});

describe('a matrix that stretches', () => {
  /** Systems of one matrix (general, or symmetric) against so many stacked sides. */
  function systems(name: string, symmetric: boolean, count: number): Task {
    const n = 80;
    const [a, b] = [new Float64Array(n * n), new Float64Array(count * n).fill(1)];
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) a[i * n + j] = i === j ? n : symmetric ? 1 / (i + j + 1) : 1 / (2 * i + j + 1);
    const operands = [
      valueOfArray(tensorType('float64', [n, n]), a),
      valueOfArray(tensorType('float64', [count, n, 1]), b),
    ];
    return {
      row: OPS.get(name)!,
      attrs: { lower: true, transposeA: false },
      type: tensorType('float64', [count, n, 1]),
      numerics: 'exact',
      operands,
    };
  }

  const stepsOf = (task: Task): number => [...linalgOnArrays(task, new Float64Array(task.type.size))].length;
  const flopsOf = ({ row, operands, type, attrs }: Task): number =>
    row.flops(
      operands.map((operand) => operand.type),
      type,
      attrs,
    );

  it.each([
    ['general', false],
    ['symmetric', true],
  ] as const)('is factored once, however many systems it stands in, and is priced so: %s', (_, symmetric) => {
    const [one, two, nine] = [1, 2, 9].map((count) => systems('solve', symmetric, count)) as [Task, Task, Task];
    const another = stepsOf(two) - stepsOf(one);
    expect(another).toBeLessThan(stepsOf(one));
    expect(stepsOf(nine)).toBe(stepsOf(one) + 8 * another);
    expect(flopsOf(nine)).toBeLessThan(2 * flopsOf(one));
    expect(flopsOf(systems('solve', symmetric, 0))).toBe(0);
  });
});
