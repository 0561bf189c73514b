// The score: a pure function in [0, 1] that follows cost, health, information and structure; docs/score.md shows its
// values.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FACT } from '../../src/core/pattern/facts.ts';
import {
  type StridedSample,
  sampleOf,
  score,
  scoreOf,
  scoreParts,
  type ScoreRecord,
  WEIGHTS,
} from '../../src/core/pattern/score.ts';
import { ADMISSION_SCORE, admission } from '../../src/core/policy/admission.ts';
import { valueFrom } from './bits.ts';

const healthy: StridedSample = { finite: true, log2Range: 2, log2Limit: 128, entropyBits: 7 };
const EXAMPLES: readonly (readonly [string, ScoreRecord])[] = [
  ['product that took 10 ms, 64 KB', { costNs: 1e7, sizeBytes: 65536, facts: 0, sample: healthy }],
  ['saves exactly what its room costs', { costNs: 5e4, sizeBytes: 1e5, facts: 0 }],
  ['elementwise op, 4 MB in 0.4 ms', { costNs: 4e5, sizeBytes: 4e6, facts: 0 }],
  [
    'the product, with a NaN in the sample',
    { costNs: 1e7, sizeBytes: 65536, facts: 0, sample: { ...healthy, finite: false } },
  ],
  [
    'the product, values near 2^120',
    { costNs: 1e7, sizeBytes: 65536, facts: 0, sample: { ...healthy, log2Range: 120 } },
  ],
  [
    'the product, one of two re-checks failed',
    { costNs: 1e7, sizeBytes: 65536, facts: 0, sample: healthy, agreed: 1, disagreed: 1 },
  ],
  [
    'the product, all zeros',
    {
      costNs: 1e7,
      sizeBytes: 65536,
      facts: FACT.zero | FACT.constant,
      sample: { ...healthy, log2Range: 0, entropyBits: 0 },
    },
  ],
  ['the product, symmetric', { costNs: 1e7, sizeBytes: 65536, facts: FACT.symmetric, sample: healthy }],
];

const record: fc.Arbitrary<ScoreRecord> = fc.record({
  costNs: fc.double({ min: 0, max: 1e12, noNaN: true }),
  sizeBytes: fc.nat(2 ** 31 - 1),
  facts: fc.nat(1023),
  agreed: fc.nat(20),
  disagreed: fc.nat(20),
  sample: fc.record({
    finite: fc.boolean(),
    log2Range: fc.double({ min: -1074, max: 1024, noNaN: true }),
    log2Limit: fc.constantFrom(0, 128, 1024),
    entropyBits: fc.double({ min: 0, max: 8, noNaN: true }),
  }),
});

describe('the score', () => {
  it('and its parts lie in [0, 1]; the weights add up to 1', () => {
    fc.assert(
      fc.property(record, (each) => {
        for (const part of [score(each), ...Object.values(scoreParts(each))]) {
          expect(part).toBeGreaterThanOrEqual(0);
          expect(part).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
    expect(Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it('rises with the cost and falls with the size', () => {
    fc.assert(
      fc.property(record, fc.double({ min: 1.01, max: 100, noNaN: true }), (each, factor) => {
        expect(score({ ...each, costNs: each.costNs * factor })).toBeGreaterThanOrEqual(score(each));
        expect(score({ ...each, sizeBytes: Math.ceil(each.sizeBytes * factor) })).toBeLessThanOrEqual(score(each));
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('falls with every failed re-check and recovers with those that agree', () => {
    const base = EXAMPLES[0]![1];
    expect(score({ ...base, disagreed: 1 })).toBeLessThan(score(base));
    expect(score({ ...base, disagreed: 2 })).toBeLessThan(score({ ...base, disagreed: 1 }));
    expect(score({ ...base, agreed: 50, disagreed: 1 })).toBeGreaterThan(score({ ...base, disagreed: 1 }));
  });

  it('sees NaN, noise and emptiness in a sample', () => {
    const noise = valueFrom(
      'float32',
      [300, 300],
      Array.from({ length: 9973 }, (_, i) => Math.sin(i * i)),
    );
    expect(sampleOf(noise)).toMatchObject({ finite: true, log2Limit: 128 });
    expect(sampleOf(noise).entropyBits).toBeGreaterThan(6);
    expect(sampleOf(valueFrom('float32', [300, 300], [0]))).toMatchObject({
      finite: true,
      entropyBits: 0,
      log2Range: 0,
    });
    expect(sampleOf(valueFrom('float32', [300, 300], [NaN])).finite).toBe(false);
    expect(sampleOf(valueFrom('int64', [300, 300], [5n])).log2Limit).toBe(0);
    expect(sampleOf(valueFrom('float32', [0], [1]))).toMatchObject({ finite: true, entropyBits: 0 });
  });

  it('looks at the elements only of results large and costly enough to repay it', () => {
    const broken = valueFrom('float32', [200, 200], [NaN]);
    expect(scoreOf(broken, 1e7)).toBeLessThan(scoreOf(valueFrom('float32', [200, 200], [1, 2, 3, 4.7]), 1e7));
    expect(scoreOf(broken, 1e4)).toBe(scoreOf(valueFrom('float32', [200, 200], [1, 2, 3]), 1e4));
  });

  it('lets a result in the first time where it saves what its room costs', () => {
    const at = (costNs: number): string =>
      admission({
        pathNs: costNs,
        score: score({ costNs, sizeBytes: 1e5, facts: 0 }),
        computedBefore: 0,
        passedOn: false,
        sizeBytes: 1e5,
        unkeptNs: costNs,
        returns: 0.5,
        taken: 1,
      });
    expect([at(4.9e4), at(5.1e4)]).toEqual(['wait', 'admit']);
    expect(score({ costNs: 5e4, sizeBytes: 1e5, facts: 0 })).toBeCloseTo(ADMISSION_SCORE, 12);
  });

  it('has the values that docs/score.md shows', () => {
    const rows = EXAMPLES.map(([name, each]) => {
      const { economics, stability, entropy, symmetry } = scoreParts(each);
      return (
        `| ${name} | ` +
        `${[economics, stability, entropy, symmetry, score(each)].map((x) => x.toFixed(3)).join(' | ')} |`
      );
    });
    const page = readFileSync(new URL('../../docs/score.md', import.meta.url), 'utf8');
    expect(page.split('\n').filter((line) => /\| \d\.\d{3} \|$/.test(line))).toEqual(rows);
  });
});
