// Every op against stored answers of NumPy, on JavaScript and WebAssembly: exactly, or within the bound that its page
// documents.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { MARKS } from '../../src/core/ops/marks.ts';
import { NETWORK_ROWS } from '../../src/core/ops/networks.ts';
import { extent, some } from '../run/extent.ts';
import { compare } from './compare.ts';
import { digestOfAnswers, digestOfInputs, readAnswers, readIndex } from './stored.ts';

const LEAST_CASES = extent(7_000, 36_000);
const ops = readAnswers();
const index = readIndex('answers');

describe('the stored answers', () => {
  it('are those the index was written with, for every op', () => {
    expect(digestOfAnswers('answers')).toBe(index.sha256);
    const elsewhere = new Set(
      [...Object.values(NETWORK_ROWS), MARKS].flatMap((family) => family.map(({ name }) => name)),
    );
    expect(ops.map(({ op }) => op).sort()).toEqual([...OPS.keys()].filter((name) => !elsewhere.has(name)).sort());
    expect(ops.reduce((sum, { cases }) => sum + cases.length, 0)).toBe(index.cases);
  });

  it('are those that the page of measured errors was made with: else run scripts/measure-errors.ts', () => {
    const page = readFileSync(new URL('../../docs/format/numerics-measured.md', import.meta.url), 'utf8');
    expect(page).toContain(`<!-- answers: ${index.sha256} -->`);
  });

  it('were asked with the elements that are generated here', () => {
    expect(ops.filter((op) => digestOfInputs(op) !== op.inputs).map(({ op }) => op)).toEqual([]);
  });

  it('differ from what NumPy does by itself only where a deviation says so, and every deviation is met', () => {
    for (const { name, why, cases } of index.deviations) expect(cases, `${name}: ${why}`).toBeGreaterThan(0);
  });
});

describe.each(['js', 'wasm'] as const)('%s', (device) => {
  let sheet: SymbolicSheet;
  let compared = 0;

  beforeAll(async () => {
    sheet = await SymbolicSheet.open({
      class: 'exact',
      cache: device === 'js' ? 'off' : 'on',
      devices: device === 'js' ? ['js'] : ['js', 'wasm'],
      budgetBytes: 1 << 26,
    });
  });
  afterAll(() => sheet.close());

  it.each(ops.map((op) => [op.op, op] as const))('%s gives what NumPy gives', async (_name, op) => {
    const cases = some(op.cases, 5, device === 'js' ? 0 : 2);
    const result = await compare(sheet.with({ device }), { ...op, cases }, 'cpu');
    compared += result.compared;
    expect(
      result.failures.length === 0
        ? ''
        : `${result.failures.length} of ${result.compared}\n${result.failures.slice(0, 8).join('\n')}`,
    ).toBe('');
  });

  it(`compared at least ${LEAST_CASES} cases`, () => {
    expect(compared).toBeGreaterThanOrEqual(LEAST_CASES);
  });
});
