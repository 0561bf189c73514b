// A policy decides the same at every size, repetition, device, cache, mode and way a value goes, and in a replay: a
// table of programs against laws (programs.ts). On a GPU: tests/gpu/probes.test.ts.
import { afterAll, describe, expect, it } from 'vitest';
import { type LawSet, loadTrace, replayTrace, SymbolicSheet } from '../../src/index.ts';
import { partsOf } from '../parts.ts';
import { some } from '../run/extent.ts';
import { inputsOf, PROBES, READS, SIZES, verdictOf } from './programs.ts';

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
const VIEWS = [{ class: 'exact' as const }, { cache: 'off' as const }, { device: 'js' }];
const WAYS = Object.entries(READS);

describe('a policy decides the same whatever the size, mode, repetition and way of reading', () => {
  for (const [place, { laws, broken = 'passes', program, run }] of PROBES.entries()) {
    it(`${JSON.stringify(laws)}: ${program} → ${broken}`, async () => {
      for (const [which, mode] of MODES.entries()) {
        const sheet = await open({ ...mode, policy: laws });
        for (const [size, n] of SIZES.entries()) {
          for (const [read, ask] of some(WAYS, WAYS.length, place + 2 * which + 3 * size)) {
            for (let time = 0; time < 2; time++) {
              expect(
                await verdictOf(async () => ask(sheet, () => run(inputsOf(sheet, n)))),
                `${JSON.stringify(mode)}, ${n} elements, by ${read}, time ${time + 1}`,
              ).toBe(broken);
            }
          }
          for (const options of some(VIEWS, VIEWS.length, place + which + size)) {
            expect(
              await verdictOf(async () => run(inputsOf(sheet.with(options), n)).data()),
              `through a view ${JSON.stringify(options)}`,
            ).toBe(broken);
          }
        }
        await sheet.close();
      }
    });
  }
});

/** Modes whose traces differ. */
const RECORDED: readonly object[] = [{ devices: ['wasm', 'js'] }, { devices: ['js'], class: 'exact', rewrites: 'off' }];

describe('a replay under a policy gives the verdict of a sheet under it', () => {
  for (const { laws, broken = 'passes', program, run, replayed = broken } of PROBES) {
    it(`${JSON.stringify(laws)}: ${program} → ${replayed}`, async () => {
      for (const mode of RECORDED) {
        for (const n of SIZES) {
          // Under laws, if lenient ones: without, calls that change nothing are not recorded.
          const sheet = await open({ ...mode, policy: { maxElements: 1e6 } });
          await run(inputsOf(sheet, n)).data();
          const trace = await loadTrace(await sheet.trace.bytes());
          await sheet.close();
          for (const device of ['js', 'wasm']) {
            const { firstDivergence, skipped, missing } = await replayTrace(trace, { device, policy: laws });
            const verdict = firstDivergence === undefined ? 'passes' : firstDivergence.reason.split(':')[0];
            expect([verdict, skipped, missing], `${JSON.stringify(mode)}, ${n} elements, on ${device}`).toEqual([
              replayed,
              0,
              [],
            ]);
          }
        }
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
