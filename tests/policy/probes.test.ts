// A policy decides the same at every size, repetition, device, cache, mode and way a value goes: a table of programs
// against laws.
import { afterAll, describe, expect, it } from 'vitest';
import { type LawSet, PolicyError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import type { Sheet } from '../../src/core/sheet/sheet.ts';
import { partsOf } from '../parts.ts';

const SIZES = [3, 40_000];

interface Probe {
  readonly laws: LawSet;
  /** The law that is broken; none where the program may run. */
  readonly broken?: keyof LawSet;
  readonly program: string;
  readonly run: (s: Sheet, n: number) => Tensor;
}

const filled = (s: Sheet, n: number, value: number): Tensor => s.tensor(new Float32Array(n).fill(value));
/** One element is not finite, the last. */
const spoilt = (s: Sheet, n: number): Tensor => s.tensor(new Float32Array(n).fill(1).fill(NaN, n - 1));

const PROBES: readonly Probe[] = [
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: '1 / exp(1000)',
    run: (s, n) => filled(s, n, 1000).exp().reciprocal(),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'sum(where(log(x − 1) < 0, 0, 1))',
    run: (s, n) => s.where(filled(s, n, 1).subtract(1).log().less(0), 0, 1).sum(),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'max(1 / (0 · x))',
    run: (s, n) => filled(s, n, 2).multiply(0).reciprocal().max(),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'min(x · 3e38 · 10, 1)',
    run: (s, n) => filled(s, n, 1).multiply(3e38).multiply(10).minimum(1),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'reshape of NaN',
    run: (s, n) => spoilt(s, n).reshape([1, n]),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'reshape of NaN to its own shape',
    run: (s, n) => spoilt(s, n).reshape([n]),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'reshape there and back',
    run: (s, n) => spoilt(s, n).reshape([1, n]).reshape([n]),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'expand_dims, squeeze of NaN',
    run: (s, n) => spoilt(s, n).expandDims(0).squeeze(0),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'astype to its own dtype',
    run: (s, n) => spoilt(s, n).astype('float32'),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'transposed twice',
    run: (s, n) => spoilt(s, n).reshape([1, n]).permuteDims([1, 0]).permuteDims([1, 0]),
  },
  { laws: { finite: 'deny' }, broken: 'finite', program: 'concat of one', run: (s, n) => s.concat([spoilt(s, n)]) },
  { laws: { finite: 'deny' }, broken: 'finite', program: 'full of infinity', run: (s, n) => s.full([n], Infinity) },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'a scalar of infinity',
    run: (s) => s.full([], Infinity).add(1),
  },
  {
    laws: { finite: 'deny' },
    program: 'exp(1), a chain',
    run: (s, n) => filled(s, n, 1).exp().add(1).reciprocal().reshape([1, n]).sum(),
  },
  { laws: { finite: 'deny' }, program: 'the root itself', run: (s, n) => filled(s, n, 1) },
  {
    laws: { finiteInputs: 'deny' },
    broken: 'finiteInputs',
    program: 'a root with NaN',
    run: (s, n) => spoilt(s, n).add(1),
  },
  {
    laws: { finiteInputs: 'deny' },
    broken: 'finiteInputs',
    program: 'a reshaped root with NaN',
    run: (s, n) => spoilt(s, n).reshape([1, n]),
  },
  { laws: { finiteInputs: 'deny' }, broken: 'finiteInputs', program: 'the root with NaN', run: (s, n) => spoilt(s, n) },
  {
    laws: { finiteInputs: 'deny' },
    broken: 'finiteInputs',
    program: 'a literal NaN',
    run: (s, n) => filled(s, n, 1).add(NaN),
  },
  {
    laws: { finiteInputs: 'deny' },
    broken: 'finiteInputs',
    program: 'a literal infinity',
    run: (s, n) => filled(s, n, 1).minimum(Infinity),
  },
  { laws: { finiteInputs: 'deny' }, program: '1 / 0', run: (s, n) => filled(s, n, 0).reciprocal() },
  {
    laws: { forbid: ['exp'] },
    broken: 'forbid',
    program: 'exp inside a chain',
    run: (s, n) => filled(s, n, 1).add(1).exp().reciprocal().sum(),
  },
  {
    laws: { forbid: ['reshape'] },
    broken: 'forbid',
    program: 'an alias',
    run: (s, n) => filled(s, n, 1).reshape([n]).add(1),
  },
  {
    laws: { forbid: ['astype'] },
    broken: 'forbid',
    program: 'a cast that changes nothing',
    run: (s, n) => filled(s, n, 1).astype('float32').add(1),
  },
  {
    laws: { forbid: ['permute_dims'] },
    broken: 'forbid',
    program: 'a transpose under a product',
    run: (s, n) => s.matmul(filled(s, n, 1).reshape([n, 1]).permuteDims([1, 0]), filled(s, n, 1).reshape([n, 1])),
  },
  {
    laws: { forbid: ['random_normal'] },
    broken: 'forbid',
    program: 'random numbers',
    run: (s, n) => s.randomNormal([n], { seed: 1 }),
  },
  {
    laws: { forbid: ['random_normal'] },
    broken: 'forbid',
    program: 'one random number',
    run: (s, n) => filled(s, n, 1).add(s.randomNormal([], { seed: 1 })),
  },
  {
    laws: { forbid: ['full'] },
    broken: 'forbid',
    program: 'a scalar that is asked for',
    run: (s) => s.full([], 2).multiply(1),
  },
  { laws: { forbid: ['full', 'zeros'] }, program: 'literals', run: (s, n) => filled(s, n, 1).add(1).multiply(2.5) },
  { laws: { allow: ['add'] }, program: 'literals of an op that is allowed', run: (s, n) => filled(s, n, 1).add(1) },
  { laws: { allow: ['add'] }, broken: 'allow', program: 'another op', run: (s, n) => filled(s, n, 1).add(1).abs() },
  { laws: { allow: ['add'] }, broken: 'allow', program: 'a source', run: (s, n) => filled(s, n, 1).add(s.ones([])) },
  { laws: { maxElements: 2 }, broken: 'maxElements', program: 'a sum of many', run: (s, n) => filled(s, n, 1).add(1) },
  {
    laws: { maxBytes: 8 },
    broken: 'maxBytes',
    program: 'an alias of many bytes',
    run: (s, n) => filled(s, n, 1).reshape([n]),
  },
  { laws: { maxElements: 2 }, program: 'a sum to one', run: (s, n) => filled(s, n, 1).sum() },
];

/** How a result is asked for. */
const READS: Readonly<Record<string, (s: Sheet, make: () => Tensor) => Promise<unknown>>> = {
  data: (_, make) => make().data(),
  toArray: (_, make) => make().toArray(),
  borrow: (_, make) => make().borrow((array) => array.length),
  fingerprint: (_, make) => make().fingerprint(),
  'compute, then data': async (s, make) => {
    const result = make();
    await (s as SymbolicSheet).compute(result);
    return result.data();
  },
  'as an operand of memo': async (s, make) => s.memo('reads', (x: Tensor) => x.data().then((d) => d.length))(make()),
  'as a result of memo': async (s, make) => (await s.memo('makes', async () => make())()).data(),
};

const verdictOf = async (run: () => Promise<unknown>): Promise<string> => {
  try {
    await run();
    return 'passes';
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return String(error.details['law']);
  }
};

const opened: SymbolicSheet[] = [];
const open = async (options: object): Promise<SymbolicSheet> => {
  const sheet = await SymbolicSheet.open({ ...options });
  opened.push(sheet);
  return sheet;
};
afterAll(() => Promise.all(opened.map((sheet) => sheet.close())));

const MODES: readonly object[] = [
  { devices: ['js'] },
  { devices: ['wasm', 'js'] },
  { devices: ['wasm', 'js'], class: 'exact' },
  { devices: ['wasm', 'js'], cache: 'off' },
  { devices: ['js'], eager: true },
  { devices: ['wasm', 'js'], rewrites: 'off' },
];

describe('a policy decides the same whatever the size, mode, repetition and way of reading', () => {
  for (const { laws, broken = 'passes', program, run } of PROBES) {
    it(`${JSON.stringify(laws)}: ${program} → ${broken}`, async () => {
      for (const mode of MODES) {
        const sheet = await open({ ...mode, policy: laws });
        for (const n of SIZES) {
          for (const [read, ask] of Object.entries(READS)) {
            for (let time = 0; time < 2; time++) {
              expect(
                await verdictOf(async () => ask(sheet, () => run(sheet, n))),
                `${JSON.stringify(mode)}, ${n} elements, by ${read}, time ${time + 1}`,
              ).toBe(broken);
            }
          }
          for (const options of [{ class: 'exact' as const }, { cache: 'off' as const }, { device: 'js' }]) {
            expect(
              await verdictOf(async () => run(sheet.with(options), n).data()),
              `through a view ${JSON.stringify(options)}`,
            ).toBe(broken);
          }
        }
        await sheet.close();
      }
    });
  }
});

describe('laws on memoised functions', () => {
  const nan = (n: number): Float32Array => new Float32Array(n).fill(1).fill(NaN, n - 1);
  const RESULTS: readonly (readonly [string, LawSet, (n: number) => unknown, string])[] = [
    ['an array with NaN', { finite: 'deny' }, nan, 'finite'],
    ['a nested array with NaN', { finite: 'deny' }, (n) => ({ deep: [nan(n)] }), 'finite'],
    ['float64', { finite: 'deny' }, (n) => Float64Array.from(nan(n)), 'finite'],
    ['a number in JSON', { finite: 'deny' }, (n) => ({ n, loss: [Infinity] }), 'finite'],
    ['NaN alone', { finite: 'deny' }, () => NaN, 'finite'],
    ['many bytes', { maxBytes: 8 }, (n) => new Float32Array(n), 'maxBytes'],
    ['many elements', { maxElements: 2 }, (n) => [new Int32Array(n)], 'maxElements'],
    ['bytes of a file', { maxBytes: 2 }, (n) => Buffer.alloc(n), 'maxBytes'],
    [
      'finite numbers',
      { finite: 'deny', finiteInputs: 'deny', maxBytes: 1e6 },
      (n) => ({ n, list: [new Float32Array(n)], text: 'NaN' }),
      'passes',
    ],
  ];
  for (const [what, policy, make, broken] of RESULTS) {
    it(`hold for what they give, every time: ${what} → ${broken}`, async () => {
      for (const cache of ['on', 'off'] as const) {
        const sheet = await open({ devices: ['js'], policy, cache });
        for (const n of SIZES) {
          const memo = sheet.memo('f', make);
          const waiting = await Promise.all([0, 1].map(() => verdictOf(async () => memo(n))));
          expect([...waiting, await verdictOf(async () => memo(n))], `${n}, cache ${cache}`).toEqual([
            broken,
            broken,
            broken,
          ]);
          if (broken !== 'passes') expect(await memo.has(n)).toBe(false);
        }
      }
    });
  }

  it('hold for rows, at the run and when they are found', async () => {
    for (const [policy, broken] of [
      [{ finite: 'deny' }, 'finite'],
      [{ maxElements: 2 }, 'maxElements'],
      [{ finite: 'deny', maxElements: 1e6 }, 'passes'],
    ] as const) {
      const sheet = await open({ devices: ['js'], policy });
      for (const n of SIZES) {
        const memo = sheet.memo(
          `rows ${n}`,
          (rows: readonly string[]) => rows.map((row) => [row === 'bad' && broken === 'finite' ? NaN : 1]),
          { rows: 2 },
        );
        const rows = Array.from({ length: Math.min(n, 60) }, (_, i) => `${i}`);
        expect(await verdictOf(async () => memo(rows.slice(0, 2)))).toBe('passes');
        for (let time = 0; time < 2; time++)
          expect(await verdictOf(async () => memo([...rows, 'bad'])), `${n}, ${broken}`).toBe(broken);
        expect(await verdictOf(async () => memo(rows.slice(0, 2)))).toBe('passes');
      }
    }
  });

  it('hold for what was kept before, each time it is found', async () => {
    const sheet = await open({ devices: ['js'] });
    const whole = sheet.memo('whole', () => ({ loss: NaN }));
    const arrays = sheet.memo('arrays', () => [Float32Array.of(NaN), 'text']);
    const rows = sheet.memo('rows', (given: readonly string[]) => given.map(() => [NaN]), { rows: 2 });
    const ask = async (): Promise<string[]> =>
      Promise.all([async () => whole(), async () => arrays(), async () => rows(['a'])].map(verdictOf));
    expect(await ask()).toEqual(['passes', 'passes', 'passes']);
    Object.assign(partsOf(sheet), { lawless: false });
    Object.assign(partsOf(sheet).settings, { policy: { finite: 'deny' } });
    for (let time = 0; time < 2; time++) expect(await ask()).toEqual(['finite', 'finite', 'finite']);
  });

  it('hold for what they are given, whatever holds it', async () => {
    for (const [value, broken] of [
      [NaN, 'finiteInputs'],
      [1, 'passes'],
    ] as const) {
      for (const cache of ['on', 'off'] as const) {
        const sheet = await open({ devices: ['js'], policy: { finiteInputs: 'deny' }, cache });
        const memo = sheet.memo('f', (given: unknown) => typeof given);
        const byRows = sheet.memo(
          'rows',
          (given: { length?: number; shape?: readonly number[] }) => new Float32Array(given.length ?? given.shape![0]!),
          { rows: 8 },
        );
        const arguments_: readonly unknown[] = [
          value,
          [value],
          { x: { y: value } },
          Float32Array.of(value),
          [Float64Array.of(value)],
          sheet.tensor([value]),
          sheet.tensor([value]).add(1),
          { data: Float32Array.of(value), shape: [1] },
        ];
        for (const [i, each] of arguments_.entries()) {
          for (let time = 0; time < 2; time++)
            expect(await verdictOf(async () => memo(each)), `argument ${i}, cache ${cache}, time ${time}`).toBe(broken);
        }
        for (const rows of [[[value]], Float32Array.of(value), sheet.tensor([value])])
          expect(await verdictOf(async () => byRows(rows as never))).toBe(broken);
      }
    }
  });

  it('that warn let results through and say so at every call', async () => {
    const sheet = await open({ devices: ['js'], policy: { finite: 'warn' } });
    const lines: string[] = [];
    Object.assign(partsOf(sheet), { host: { ...partsOf(sheet).host, warn: (line: string) => lines.push(line) } });
    const memo = sheet.memo('f', () => Float32Array.of(1, NaN));
    for (let time = 0; time < 3; time++) expect(await (await memo()).toArray()).toEqual([1, NaN]);
    Object.assign(partsOf(sheet), { admission: () => 'admit' });
    const before = lines.length;
    const x = sheet.tensor([1000, 1]);
    for (let time = 0; time < 3; time++)
      expect(Array.from(await x.exp().data())).toEqual([Infinity, Math.fround(Math.E)]);
    expect(sheet.stats().counters.hits, 'found, and judged as it was when it was computed').toBeGreaterThan(0);
    expect(lines.slice(before)).toEqual(
      Array(3).fill(expect.stringMatching(/^finite: exp gave 1 non-finite value, first at \[0\] \(Infinity\)/)),
    );
    expect(lines.slice(0, before)).toEqual(
      Array(3).fill(expect.stringMatching(/^finite: memo "f" gave 1 non-finite value, first at \[1\] \(NaN\)\. Guard/)),
    );
  });
});
