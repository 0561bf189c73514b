// What ends every run of the tests: skips by their reasons, and suites that may not skip.
import { describe, expect, it } from 'vitest';
import { offences, readRequired, type Skip, summarise } from './skips-reporter.ts';

const skip = (file: string, reason: string): Skip => ({ file, test: 'a test', reason });

describe('the summary of what was skipped', () => {
  it('counts each reason of a file, the most frequent first', () => {
    expect(summarise([skip('a', 'no GPU'), skip('b', 'no BLAS'), skip('b', 'no BLAS')])).toEqual([
      '    2  b: no BLAS',
      '    1  a: no GPU',
    ]);
  });
});

describe('suites that may not skip', () => {
  const required = readRequired('\n# a remark\ntests/a.test.ts\n  tests/b.test.ts: not mapped | no half: floats\n');

  it('are read from lines, each with the reasons that are allowed', () => {
    expect(required).toEqual([
      { file: 'tests/a.test.ts', allowed: [] },
      { file: 'tests/b.test.ts', allowed: ['not mapped', 'no half: floats'] },
    ]);
  });

  it('fail a run that skips one of their tests for another reason', () => {
    const ran = new Set(['tests/a.test.ts', 'tests/b.test.ts']);
    expect(
      offences(required, [skip('tests/b.test.ts', 'not mapped: If'), skip('tests/c.test.ts', 'no GPU')], ran),
    ).toEqual([]);
    expect(offences(required, [skip('tests/a.test.ts', 'no GPU'), skip('tests/b.test.ts', 'no folder')], ran)).toEqual([
      'tests/a.test.ts: a test: no GPU',
      'tests/b.test.ts: a test: no folder',
    ]);
  });

  it('fail a run in which none of their tests ran', () => {
    expect(offences(required, [skip('tests/a.test.ts', 'no GPU')], new Set(['tests/b.test.ts']))).toEqual([
      'tests/a.test.ts: it ran no test',
    ]);
  });
});
