// Elementwise kernels on the GPU against their CPU twins: every row on every dtype, special values, broadcasts, casts.
import { beforeAll, describe, expect, it } from 'vitest';
import { predicate, scalar } from '../../kernels/scalar/algebra.ts';
import { map, type NumberArray } from '../../kernels/js/map.ts';
import { erfc } from '../../kernels/scalar/error-function.ts';
import * as libm from '../../kernels/scalar/libm.ts';
import * as math from '../../kernels/scalar/math.ts';
import { exp, exp2, log1p, sigmoid } from '../../kernels/scalar/math.ts';
import { elementCount } from '../../kernels/strides.ts';
import { planCast, planMapShader, type Typed } from '../../kernels/wgsl/map/map.ts';
import { type GpuDType, bufferBytes } from '../../kernels/wgsl/text/storage.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { composeRows } from '../../src/core/ops/fused.ts';
import { kindTakes } from '../../src/core/ops/kinds.ts';
import { OPS } from '../../src/core/ops/index.ts';
import '../../src/core/ops/library.ts';
import { arrayOf, elements, flushed, near, reference } from './elements.ts';
import { GPU_DTYPES, uncovered } from './coverage.ts';
import { type TestGpu, testGpu } from './run-plan.ts';

const ULPS = 5;
const COUNT = 1603; // not divisible by 4, and more than all pairs of special values

/** Where float32 arithmetic cannot have the digits of float64: absolute errors by operands. */
const SLACK: Readonly<Record<string, (x: number, y: number) => number>> = {
  logaddexp: (x, y) => Math.max(Math.abs(x), Math.abs(y), 1) * 2 ** -22, // the sum of x and a correction may cancel
  gelu: () => 2 ** -126, // a subnormal result
  silu: () => 2 ** -126, // a subnormal result
  log_sigmoid: () => 2 ** -126, // a subnormal result
  remainder: () => 2 ** -126, // a subnormal rest
  erf: () => 2 ** -126, // a subnormal term
};
/** Rows that the CPU computes in bits that float32 arithmetic has too. */
const EXACT = new Set([
  'add',
  'subtract',
  'multiply',
  'divide',
  'negative',
  'abs',
  'sign',
  'square',
  'sqrt',
  'reciprocal',
  'maximum',
  'minimum',
  'clip',
  'floor',
  'ceil',
  'trunc',
  'round',
  'relu',
  'leaky_relu',
  'where',
  'floor_divide',
]);

let gpu: TestGpu;
beforeAll(async () => {
  gpu = await testGpu();
});

async function onGpu(
  plan: ReturnType<typeof planMapShader>,
  operands: readonly NumberArray[],
  out: Typed,
): Promise<NumberArray> {
  if (plan === undefined) throw new TypeError('no plan');
  const [dtype, count] = [out.dtype as GpuDType, elementCount(out.shape)];
  return arrayOf(dtype, await gpu.run(plan, operands, bufferBytes(dtype, count))).subarray(0, count) as NumberArray;
}

/** Elements of a result that are not those of the reference, on operands as they are or with subnormals flushed. */
function differences(
  got: NumberArray,
  operands: readonly NumberArray[],
  wanted: readonly NumberArray[],
  ulps: number,
  slack: (x: number, y: number) => number = () => 0,
): unknown[] {
  const wrong: unknown[] = [];
  got.forEach((value, i) => {
    const at = operands.map((operand) => operand[i]!);
    const allowed = slack(at[0] ?? 0, at[1] ?? 0);
    if (
      wrong.length < 4 &&
      !wanted.some((array) =>
        got instanceof Float32Array
          ? near(value, array[i]!, ulps, allowed) || (allowed > 0 && value === 0 && array[i] === 0)
          : value === array[i],
      )
    )
      wrong.push({ at, value, want: wanted[0]?.[i] });
  });
  return wrong;
}

/** Rows whose bodies need what shaders have not. */
const WITHOUT_SHADER = new Set(uncovered(OPS.values()).map(({ row }) => row.name));
const rows = [...OPS.values()].flatMap((row): [string, OpRow][] =>
  row.kernel.skeleton === 'map' && !WITHOUT_SHADER.has(row.name) ? [[row.name, row]] : [],
);

describe('every map row', () => {
  it.each(rows)('%s gives the values of the CPU on all dtypes of its operands', async (name, row) => {
    if (row.kernel.skeleton !== 'map') return;
    const { element } = row.kernel;
    const kind = row.operands.at(-1)?.kind ?? 'any';
    for (const dtype of row.promotion === 'float'
      ? (['float32'] as const)
      : GPU_DTYPES.filter((name) => kindTakes(kind, name))) {
      const dtypes = row.operands.map((operand): GpuDType => (operand.kind === 'bool' ? 'bool' : dtype));
      const operands = dtypes.map((own, k) => elements(own, COUNT, k));
      const out = { dtype: element.returns === 'mask' ? 'bool' : dtype, shape: [COUNT] } as const;
      const got = await onGpu(
        planMapShader(
          element,
          dtypes.map((own) => ({ dtype: own, shape: [COUNT] })),
          out,
          gpu.limits,
        ),
        operands,
        out,
      );
      const wanted = [reference(element, operands, out.dtype), reference(element, operands.map(flushed), out.dtype)];
      expect(
        differences(got, operands, wanted, EXACT.has(name) ? 0.5 : ULPS, SLACK[name]),
        `${name} on ${dtype}`,
      ).toEqual([]);
    }
  });

  it('comes to at least 60 rows', () => expect(rows.length).toBeGreaterThanOrEqual(60));
});

describe('functions', () => {
  const chain = scalar('chain', 3, (m, x, y, z) =>
    m.select(m.gt(x, y), m.call(sigmoid, m.add(m.mul(x, y), z)), m.call(log1p, m.call(exp, m.neg(m.abs(z))))),
  );

  it('are composed: a chain of calls is one kernel, with shared terms written once', async () => {
    const operands = [0, 1, 2].map((k) =>
      elements('float32', 1000, k).map((x) => (Math.abs(x) < 20 && Math.abs(x) > 1e-3 ? x : 1)),
    );
    const out = { dtype: 'float32', shape: [1000] };
    const plan = planMapShader(chain, [out, out, out], out, gpu.limits);
    expect(plan?.launches.length).toBe(1);
    const got = await onGpu(plan, operands, out);
    // A sum of products that nearly cancels costs digits of its terms.
    expect(differences(got, operands, [reference(chain, operands, 'float32')], 64)).toEqual([]);
  });

  it('of composed rows are one kernel with the values of the CPU', async () => {
    const row = (name: string): OpRow => OPS.get(name)!;
    for (const [outer, at, inner] of [
      ['sigmoid', 0, 'add'],
      ['gelu', 0, 'multiply'],
      ['subtract', 1, 'exp'],
      ['greater', 0, 'tanh'],
      ['where', 2, 'log1p'],
    ] as const) {
      const kernel = composeRows(row(outer), at, row(inner))?.kernel;
      if (kernel?.skeleton !== 'map') throw new TypeError(`${outer} of ${inner} is no map`);
      const { element } = kernel;
      const dtypes = Array.from({ length: element.arity }, (_, k): GpuDType =>
        outer === 'where' && k === 0 ? 'bool' : 'float32',
      );
      const operands = dtypes.map((dtype, k) =>
        dtype === 'bool'
          ? elements(dtype, 999, k)
          : elements(dtype, 999, k).map((x) => (Math.abs(x) < 20 && Math.abs(x) > 1e-3 ? x : 1)),
      );
      const out = { dtype: element.returns === 'mask' ? 'bool' : 'float32', shape: [999] } as const;
      const got = await onGpu(
        planMapShader(
          element,
          dtypes.map((dtype) => ({ dtype, shape: [999] })),
          out,
          gpu.limits,
        ),
        operands,
        out,
      );
      expect(
        differences(got, operands, [reference(element, operands, out.dtype)], ULPS, () => 2 ** -22),
        element.name,
      ).toEqual([]);
    }
  });

  it('of composed rows round in between, so that exact rows stay exact', async () => {
    const row = (name: string): OpRow => OPS.get(name)!;
    for (const [outer, at, inner] of [
      ['subtract', 0, 'add'],
      ['subtract', 1, 'subtract'],
      ['add', 0, 'multiply'],
      ['subtract', 1, 'multiply'],
      ['multiply', 0, 'add'],
      ['subtract', 0, 'divide'],
    ] as const) {
      const kernel = composeRows(row(outer), at, row(inner))?.kernel;
      if (kernel?.skeleton !== 'map') throw new TypeError(`${outer} of ${inner} is no map`);
      const [x, y] = [0, 1].map((k) =>
        (elements('float32', 999, k) as Float32Array).map((z) => (Math.abs(z) < 20 && Math.abs(z) > 1e-3 ? z : 1)),
      ) as [Float32Array, Float32Array];
      // Operands that a compiler would cancel.
      const operands = at === 0 ? [x, y, x] : [x, x, y];
      const out = { dtype: 'float32', shape: [999] };
      const got = await onGpu(planMapShader(kernel.element, [out, out, out], out, gpu.limits), operands, out);
      expect([...got], kernel.element.name).toEqual([...reference(kernel.element, operands, 'float32')]);
    }
  });

  it('that rows call only from within are there too', async () => {
    for (const fn of [exp2, erfc]) {
      const x = elements('float32', COUNT);
      const out = { dtype: 'float32', shape: [COUNT] };
      expect(
        differences(
          await onGpu(planMapShader(fn, [out], out, gpu.limits), [x], out),
          [x],
          [reference(fn, [x], 'float32'), reference(fn, [flushed(x)], 'float32')],
          ULPS,
        ),
        fn.name,
      ).toEqual([]);
    }
  });

  // Where a compiler that takes floats for real numbers would lose them: constants in two parts, differences that are
  // exact.
  it.each([
    ['exp', exp, -87, 88],
    ['exp2', exp2, -125, 127],
    ['expm1', math.expm1, -1e-3, 1e-3],
    ['expm1', math.expm1, -16, 88],
    ['log', math.log, 0.999, 1.001],
    ['log', math.log, 1e-30, 1e30],
    ['log1p', log1p, -1e-3, 1e-3],
    ['log1p', log1p, -0.99, 30],
    ['log2', math.log2, 0.999, 1.001],
    ['log10', math.log10, 0.999, 1.001],
    ['acosh', libm.acosh, 1, 1.001],
    ['tanh', math.tanh, -3, 3],
    ['erfc', erfc, -1, 9],
    ['sin', math.sin, -1e6, 1e6],
    ['atan', libm.atan, -3, 3],
    ['asin', libm.asin, -1, 1],
    ['acos', libm.acos, -1, 0.99],
  ] as const)('%s keeps its digits', async (_, fn, low, high) => {
    const count = 20_000;
    const out = { dtype: 'float32', shape: [count] };
    const x = Float32Array.from({ length: count }, (_x, i) => low + ((high - low) * i) / (count - 1));
    expect(
      differences(
        await onGpu(planMapShader(fn, [out], out, gpu.limits), [x], out),
        [x],
        [reference(fn, [x], 'float32')],
        4,
      ),
    ).toEqual([]);
  });

  it('without a WGSL form, and dtypes a GPU does not hold, have no plan', () => {
    const f32 = { dtype: 'float32', shape: [4] };
    const split = scalar('split', 1, (m, x) => m.highHalf(x));
    const bits = scalar('bits', 1, (m, x) => m.bitNot(x));
    const below = predicate('below', 2, (m, x, y) => m.lt(x, y));
    expect(planMapShader(split, [f32], f32, gpu.limits)).toBeUndefined();
    expect(planMapShader(bits, [f32], f32, gpu.limits)).toBeUndefined();
    expect(
      planMapShader(exp, [{ dtype: 'float64', shape: [4] }], { dtype: 'float64', shape: [4] }, gpu.limits),
    ).toBeUndefined();
    expect(
      planMapShader(
        below,
        [
          { dtype: 'int32', shape: [4] },
          { dtype: 'uint32', shape: [4] },
        ],
        { dtype: 'bool', shape: [4] },
        gpu.limits,
      ),
    ).toBeUndefined();
    expect(planMapShader(exp, [f32], f32, { ...gpu.limits, maxStorageBufferBindingSize: 12 })).toBeUndefined();
  });

  it('keep one shader a form, so that devices compile it once', () => {
    const of = (n: number) =>
      planMapShader(exp, [{ dtype: 'float32', shape: [n] }], { dtype: 'float32', shape: [n] }, gpu.limits)?.launches[0]
        ?.shader;
    expect(of(5)).toBe(of(700));
  });
});

describe('operands', () => {
  const pick = scalar('pick', 3, (m, x, y, z) => m.select(m.ne(x, m.constant(0)), m.add(y, z), m.sub(y, z)));
  const SHAPES: readonly (readonly (readonly number[])[])[] = [
    [[], [], []],
    [[7], [], [7]],
    [[3, 5], [5], [3, 1]],
    [[6, 8], [8], [6, 1]],
    [[1, 8], [6, 1], []],
    [
      [2, 3, 4],
      [3, 1],
      [2, 1, 4],
    ],
    [[5, 1, 4], [1, 3, 1], [4]],
    [[2, 1, 3, 1, 2], [4, 1, 5, 1], [1]],
  ];

  it.each(SHAPES.map((shapes) => [shapes.map((shape) => `[${shape.join()}]`).join(' '), shapes] as const))(
    'of shapes %s are broadcast',
    async (_, shapes) => {
      const rank = Math.max(...shapes.map((shape) => shape.length));
      const shape = Array.from({ length: rank }, (_axis, axis) =>
        Math.max(...shapes.map((own) => own[axis - rank + own.length] ?? 1)),
      );
      for (const [dtypes, dtype] of [
        [['bool', 'float32', 'float32'], 'float32'],
        [['bool', 'int8', 'int8'], 'int8'],
        [['uint8', 'int8', 'int32'], 'int32'],
      ] as const) {
        const operands = shapes.map(
          (own, k) => elements(dtypes[k] as GpuDType, 300, k).slice(200 - elementCount(own), 200) as NumberArray,
        );
        const out = { dtype, shape };
        const wanted = arrayOf(dtype, elementCount(shape));
        map(
          pick,
          operands.map((array, k) => ({ array, shape: shapes[k]! })),
          wanted,
          shape,
        );
        const got = await onGpu(
          planMapShader(
            pick,
            shapes.map((own, k) => ({ dtype: dtypes[k] as GpuDType, shape: own })),
            out,
            gpu.limits,
          ),
          operands,
          out,
        );
        expect(
          [...got].map((x, i) => (near(x, wanted[i]!, 1) ? wanted[i] : x)),
          dtypes.join(),
        ).toEqual([...wanted]);
      }
    },
  );

  it('of other dtypes are converted as on the CPU: exactly, saturating, NaN to 0', async () => {
    const same = scalar('same', 1, (_m, x) => x);
    for (const from of ['float32', 'int32', 'uint32', 'int8', 'uint8', 'bool'] as const) {
      for (const to of ['float32', 'int32', 'uint32', 'int8', 'uint8'] as const) {
        const x = elements(from, 1101);
        const out = { dtype: to, shape: [1101] };
        const got = await onGpu(planMapShader(same, [{ dtype: from, shape: [1101] }], out, gpu.limits), [x], out);
        expect(differences(got, [x], [reference(same, [x], to)], 0.5), `${from} to ${to}`).toEqual([]);
      }
    }
  });

  it('may be strided views', async () => {
    const add = scalar('add', 2, (m, x, y) => m.add(x, y));
    for (const dtype of ['float32', 'int8'] as const) {
      const views = [
        { shape: [5, 8], strides: [8, -1], offset: 7 },
        { shape: [8], strides: [3], offset: 1 },
      ];
      const operands = views.map((_, k) => elements(dtype, 300, k).slice(250, 290));
      const wanted = arrayOf(dtype, 40);
      map(
        add,
        operands.map((array, k) => ({ array, ...views[k]! })),
        wanted,
        [5, 8],
      );
      const out = { dtype, shape: [5, 8] };
      expect([
        ...(await onGpu(
          planMapShader(
            add,
            views.map((view) => ({ dtype, ...view })),
            out,
            gpu.limits,
          ),
          operands,
          out,
        )),
      ]).toEqual([...wanted]);
    }
  });

  it('that are NaN of any bits give one NaN', async () => {
    const [type, x] = [
      { dtype: 'float32', shape: [6] },
      new Float32Array(Uint32Array.of(0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7fc12345, 0x3f800000).buffer),
    ];
    for (const fn of [scalar('negative', 1, (m, a) => m.neg(a)), scalar('same', 1, (_m, a) => a), exp]) {
      const got = (await onGpu(planMapShader(fn, [type], type, gpu.limits), [x], type)) as Float32Array;
      expect([...new Uint32Array(got.slice().buffer)].slice(0, 5), fn.name).toEqual(new Array(5).fill(0x7fc00000));
    }
  });

  it('are told from more than 65,535 workgroups', async () => {
    const count = 65536 * 256 + 5;
    const x = new Uint8Array(count).map((_, i) => i * 7);
    const [type, negative] = [{ dtype: 'uint8', shape: [count] }, scalar('negative', 1, (m, a) => m.neg(a))];
    const plan = planMapShader(negative, [type], type, gpu.limits);
    expect(Math.max(...(plan?.launches[0]?.workgroups ?? []))).toBeLessThanOrEqual(65535);
    const got = await onGpu(plan, [x], type);
    expect(got.findIndex((value, i) => value !== (-(i * 7) & 0xff))).toBe(-1);
  });
});

describe('casts', () => {
  const cast = OPS.get('astype')!.kernel;

  it.each(['float32', 'int32', 'uint32', 'int8', 'uint8', 'bool'] as const)(
    'of %s to every dtype give the elements of the row',
    async (from) => {
      if (cast.skeleton !== 'direct') return;
      for (const to of ['float32', 'int32', 'uint32', 'int8', 'uint8', 'bool'] as const) {
        const x = elements(from, 1101);
        const wanted = arrayOf(to, 1101);
        cast.run(
          [{ type: { dtype: from, shape: [1101] } as never, array: x as never }],
          { type: { dtype: to, shape: [1101] } as never, array: wanted as never },
          {},
        );
        const got = await onGpu(planCast({ dtype: from, shape: [1101] }, to, gpu.limits), [x], {
          dtype: to,
          shape: [1101],
        });
        expect(differences(got, [x], [wanted], 0.5), `${from} to ${to}`).toEqual([]);
      }
    },
  );
});
