// The simulator of caches: policies against models written by themselves, the program's own dependencies, the
// command, and the
// table of docs/score.md.
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { type Cache, computedNs } from '../../src/cli/simulation/cache.ts';
import { foreseenNs } from '../../src/cli/simulation/offline.ts';
import { POLICIES } from '../../src/cli/simulation/policies.ts';
import type { Request } from '../../src/cli/simulation/requests.ts';
import { BEST, OWN, simulate, type Simulation } from '../../src/cli/simulation/simulate.ts';
import type { Trace } from '../../src/index.ts';
import { openMetered } from '../sheet/fixtures/metered.ts';
import { recordedTraces } from './cache-programs.ts';

const BYTES = 400;
const ENTRY = BYTES + 600;

/** Calls without operands, each asked for at once. */
const flat = (identities: readonly number[], cost: (identity: number) => number = () => 1): Request[] =>
  identities.map((identity) => ({
    identity,
    row: undefined,
    operands: [],
    elements: 100,
    sizeBytes: BYTES,
    ownNs: cost(identity),
    isRoot: false,
    isDemanded: true,
  }));

const misses = (policy: string, identities: readonly number[], entries: number): number =>
  computedNs(flat(identities), POLICIES[policy]!(entries * ENTRY));

describe('a policy', () => {
  it('LRU misses what a list of the last ones does not have', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8), { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (identities, entries) => {
        let list: number[] = [];
        let missed = 0;
        for (const identity of identities) {
          if (!list.includes(identity)) missed++;
          list = [identity, ...list.filter((other) => other !== identity)].slice(0, entries);
        }
        expect(misses('LRU', identities, entries)).toBe(missed);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('LFU keeps what was asked for often, GDSF and Cost&Size what costs much a byte', () => {
    expect(misses('LFU', [1, 1, 1, 2, 3, 4, 1], 2)).toBe(4);
    const costly = (identity: number): number => (identity === 1 ? 100 : 1);
    for (const policy of ['GDSF', 'Cost&Size'])
      expect(computedNs(flat([1, 2, 3, 4, 1], costly), POLICIES[policy]!(2 * ENTRY)), policy).toBe(103);
    expect(computedNs(flat([1, 2, 3, 4, 1], costly), POLICIES['LRU']!(2 * ENTRY))).toBe(203);
  });

  it('GDSF lets what was costly once grow old, and Cost&Size remembers what it missed', () => {
    const costs = (identity: number): number => (identity === 1 ? 3 : 1);
    const others = Array.from({ length: 12 }, (_, i) => 2 + (i % 3));
    expect(computedNs(flat([1, ...others, 1], costs), POLICIES['GDSF']!(2 * ENTRY))).toBe(18);
    expect(computedNs(flat([1, ...others, 1], costs), POLICIES['Cost&Size']!(2 * ENTRY))).toBeLessThan(18);
  });

  it('S3-FIFO and W-TinyLFU keep what is hot while others pass once', () => {
    const hot = [1, 2, 1, 2, 1, 2];
    const passing = Array.from({ length: 100 }, (_, i) => 100 + i);
    for (const policy of ['S3-FIFO', 'W-TinyLFU'])
      expect(misses(policy, [...hot, ...passing, 1, 2], 10), policy).toBeLessThanOrEqual(102 + 2);
    expect(misses('LRU', [...hot, ...passing, 1, 2], 10)).toBe(104);
    expect(misses('S3-FIFO', [...hot, ...passing, 1, 2], 10)).toBe(102);
  });

  it('that knows the future misses no more than Belady where all are alike', () => {
    // Each of 1 to 4 in turn: three of four can stay.
    const loop = Array.from({ length: 40 }, (_, i) => i % 4);
    expect(foreseenNs(flat(loop), 3 * ENTRY)).toBe(4 + 9);
    expect(misses('LRU', loop, 3)).toBe(40);
  });

  it.each(Object.keys(POLICIES))('%s never has more than its budget', (policy) => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 80 }), (identities) => {
        const cache: Cache = POLICIES[policy]!(5 * ENTRY + 1);
        const requests = flat(identities);
        computedNs(requests, cache);
        const held = new Set(identities).size;
        const there = [...new Set(identities)].filter((identity) => cache.find(identity, 1e6, requests[0]!)).length;
        expect(there).toBeLessThanOrEqual(Math.min(5, held));
      }),
      { numRuns: 30, seed: 2 },
    );
  });
});

describe('a program', () => {
  const chain = (isDemanded: boolean): Request[] =>
    [1, 2, 1, 2].map((identity, at) => ({
      ...flat([identity])[0]!,
      ownNs: identity === 1 ? 10 : 1,
      operands: identity === 2 ? [at - 1] : [],
      isDemanded: identity === 2 || isDemanded,
    }));

  it('computes nothing for what is found, and what is missing once for each handle', () => {
    const only = (wanted: number): Cache => ({
      find: (identity, at) => at > 1 && identity === wanted,
      offer: () => true,
    });
    expect(computedNs(chain(false), only(0))).toBe(22);
    expect(computedNs(chain(false), only(2)), 'the reader is found').toBe(11);
    expect(computedNs(chain(false), only(1)), 'its operand is found').toBe(12);
    expect(computedNs(chain(true), only(2)), 'its operand is asked for too').toBe(21);
  });
});

describe('recorded programs', () => {
  let traces: Readonly<Record<string, Trace>>;
  let found: Readonly<Record<string, Simulation>>;
  beforeAll(async () => {
    traces = await recordedTraces();
    found = Object.fromEntries(Object.entries(traces).map(([name, trace]) => [name, simulate(trace)]));
  });

  it('save nothing where nothing fits, all that comes again where all does, and never more than was foreseen', () => {
    for (const [name, trace] of Object.entries(traces)) {
      const none = simulate(trace, [1]).budgets[0]!.savedNs;
      expect(Math.max(...Object.values(none)), name).toBeCloseTo(0, 3);
      for (const { savedNs } of found[name]!.budgets)
        for (const [policy, ns] of Object.entries(savedNs)) expect(ns, policy).toBeLessThanOrEqual(savedNs[BEST]!);
    }
    const { savedNs } = found['loop']!.budgets.at(-1)!;
    expect(savedNs['LRU']).toBeCloseTo(0.8 * found['loop']!.withoutNs, -3);
    expect(savedNs[OWN]).toBeCloseTo(savedNs['LRU']!, -3);
  });

  it('are the table of docs/score.md', () => {
    const names = Object.keys(found['loop']!.budgets[0]!.savedNs);
    const rows = Object.entries(found).flatMap(([program, { budgets, withoutNs }]) =>
      [1, 2].map((at) => {
        const shares = names.map((name) => `${((100 * budgets[at]!.savedNs[name]!) / withoutNs).toFixed(0)}`);
        return `| ${program} | ${['', '¼', '½'][at]} | ${shares.join(' | ')} |`;
      }),
    );
    const page = readFileSync(new URL('../../docs/score.md', import.meta.url), 'utf8');
    const header = `| program | bytes | ${names.join(' | ')} |`;
    const from = page.split('\n').indexOf(header);
    expect(from, header).toBeGreaterThan(0);
    expect(page.split('\n').slice(from + 2, from + 2 + rows.length)).toEqual(rows);
  });

  it('are simulated by the command, at the sizes of --cap too', async () => {
    const file = join(tmpdir(), `symbolic-sheet-simulated-${process.pid}.sqs.json`);
    const { sheet } = await openMetered({ cache: 'off' });
    const x = sheet.tensor(new Float32Array(900).fill(2), [30, 30]);
    for (let i = 0; i < 4; i++) await sheet.compute(x.matmul(x));
    await sheet.trace.save(file);
    await sheet.close();
    const { text, record, exitCode } = await runCommandLine(['simulate-cache', file, '--cap', '1MB']);
    rmSync(file);
    expect([exitCode, text]).toEqual([0, expect.stringMatching(/time saved with\s+1\.00 MB[\s\S]*LRU\s+75\.0 %/)]);
    const { budgets, withoutNs } = record as Simulation;
    expect(budgets[0]!.savedNs[OWN]).toBeCloseTo(0.75 * withoutNs, 3);
    expect((await runCommandLine(['simulate-cache', file])).exitCode).toBe(2);
  });
});
