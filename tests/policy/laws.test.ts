// What a set of laws may be: checked, copied and frozen when a sheet is opened, so that nobody opens without laws by
// mistake.
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { AttributeError, PolicyError, SymbolicSheet } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { readLaws } from '../../src/core/policy/laws.ts';
import { partsOf } from '../parts.ts';

const open = (policy: unknown): Promise<SymbolicSheet> =>
  SymbolicSheet.open({ devices: ['js'], policy: policy as object });
const refusal = (given: unknown): AttributeError => {
  try {
    readLaws(given);
  } catch (error) {
    expect(error).toBeInstanceOf(AttributeError);
    return error as AttributeError;
  }
  expect.unreachable('it was taken as a set of laws');
};

class Strict {
  readonly finite = 'deny';
}
class Hidden {
  get finite(): string {
    return 'deny';
  }
}

describe('a set of laws', () => {
  it('is no laws where it is left out, undefined or empty', async () => {
    for (const policy of [undefined, {}, Object.create(null), runInNewContext('({})')]) {
      await using sheet = await open(policy);
      expect(await sheet.tensor([0]).log().toArray()).toEqual([-Infinity]);
    }
  });

  it('is refused where it is something else, by open as by its reader', async () => {
    const strangers = [
      null,
      false,
      0,
      '',
      'finite',
      10n,
      [],
      [{ finite: 'deny' }],
      new Map([['finite', 'deny']]),
      new Set(['finite']),
      new Date(0),
      new Hidden(),
      new Proxy([], {}),
      () => ({ finite: 'deny' }),
      Symbol('law'),
      runInNewContext('new Map()'),
    ];
    for (const policy of strangers) {
      expect(refusal(policy).message).toMatch(
        /^(A policy is an object of laws, as .* known laws: finite, |Law finite is inherited)/,
      );
      await expect(open(policy)).rejects.toBeInstanceOf(AttributeError);
    }
    expect(refusal(null).message).toContain('this is null');
    expect(refusal(new Map()).message).toContain('class Map');
  });

  it('has its own laws alone, of whatever class it is', () => {
    expect(readLaws(new Strict())).toEqual({ finite: 'deny' });
    expect(readLaws(runInNewContext("({ finite: 'deny', forbid: ['exp'] })"))).toEqual({
      finite: 'deny',
      forbid: ['exp'],
    });
    expect(refusal(Object.create({ finite: 'deny' })).message).toContain('inherited');
    expect(refusal(Object.assign(Object.create({ finite: 'deny' }) as object, { maxBytes: 8 })).message).toContain(
      'Law finite is inherited',
    );
  });

  it('has no law by the name of what every object has, and none that is misspelt', () => {
    for (const name of ['toString', 'constructor', 'hasOwnProperty', 'valueOf'])
      expect(refusal({ [name]: 1 }).message).toContain(`no law "${name}"`);
    expect(refusal(JSON.parse('{"__proto__": {"finite": "deny"}}')).message).toContain('no law "__proto__"');
    expect(refusal({ [Symbol('finite')]: 'deny' }).message).toContain('no law "Symbol(finite)"');
    expect(refusal({ finit: 'deny' }).message).toContain('did you mean finite?');
    expect(refusal({ maxbytes: 8 }).message).toContain('did you mean maxBytes?');
  });

  it('says which value a law does not take', () => {
    const cases: readonly (readonly [object, string])[] = [
      [{ maxBytes: NaN }, 'maxBytes is NaN'],
      [{ maxElements: 10n }, 'maxElements is 10'],
      [{ maxBytes: -Infinity }, 'maxBytes is -Infinity'],
      [{ maxExpectedMs: '5' }, 'maxExpectedMs is "5"'],
      [{ finite: undefined }, 'finite is undefined'],
      [{ finite: 'Deny' }, 'finite is "Deny"'],
      [{ finite: true }, 'finite is true'],
      [{ finiteInputs: () => 'deny' }, 'finiteInputs is a function'],
      [{ forbid: 'exp' }, 'forbid is "exp"'],
      [{ forbid: [1n] }, 'forbid is [1]'],
      [{ allow: new Set(['exp']) }, 'allow is an object'],
      [{ forbid: Array<string>(1) }, 'forbid is [undefined]'],
    ];
    for (const [policy, text] of cases) expect(refusal(policy).message).toContain(`Law ${text}; give `);
  });

  it('names ops that there are, and suggests them where it does not', () => {
    expect(readLaws({ allow: [...OPS.keys()] })).toEqual({ allow: [...OPS.keys()] });
    const cases: readonly (readonly [string, string])[] = [
      ['slove', 'solve'],
      ['logSoftmax', 'log_softmax'],
      ['randomNormal', 'random_normal'],
      ['dot', 'matmul'],
      ['MatMul', 'matmul'],
    ];
    for (const law of ['allow', 'forbid']) {
      for (const [name, meant] of cases)
        expect(refusal({ [law]: ['exp', name] })).toMatchObject({
          message: expect.stringContaining(meant),
          details: { law, name, near: meant },
        });
      for (const name of ['', 'toString', '__proto__', 'exp '])
        expect(refusal({ [law]: [name] }).message).toContain(`Law ${law} names no op`);
    }
  });

  it('is a copy: what is written to it later changes no law', async () => {
    const forbid = ['exp'];
    const policy: { forbid?: string[]; finite?: string } = { forbid, finite: 'deny' };
    await using sheet = await open(policy);
    forbid.length = 0;
    policy.finite = 'warn';
    delete policy.forbid;
    await expect(sheet.tensor([1]).exp().data()).rejects.toBeInstanceOf(PolicyError);
    await expect(sheet.tensor([0]).log().data()).rejects.toBeInstanceOf(PolicyError);
    expect(() => (partsOf(sheet).settings.policy.forbid as string[]).push('log')).toThrow(TypeError);
    expect(() => Object.assign(partsOf(sheet).settings.policy, { finite: 'warn' })).toThrow(TypeError);
  });

  it('is read once: a getter cannot answer the check with one law and the sheet with another', () => {
    let reads = 0;
    const policy = {
      get finite(): string {
        return reads++ === 0 ? 'deny' : 'off';
      },
    };
    expect(readLaws(policy)).toEqual({ finite: 'deny' });
    expect(reads).toBe(1);
  });
});
