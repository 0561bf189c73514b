// Compositions of rows are bounded, and take no numbers that calls could have.
import { describe, expect, it } from 'vitest';
import { LimitError } from '../../src/index.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { makeRow } from '../../src/core/ops/define.ts';
import { composeRows } from '../../src/core/ops/fused.ts';
import { opNamed } from '../../src/core/ops/index.ts';

const [negative, add] = [opNamed('negative'), opNamed('add')];
const anew = (): OpRow => ({ ...negative, number: -Math.random() });

describe('compositions', () => {
  it('are the same row while they are remembered', () => {
    const row = composeRows(add, 0, negative);
    for (let i = 0; i < 1000; i++) composeRows(add, 1, anew());
    expect(composeRows(add, 0, negative)).toBe(row);
    expect(row?.number).toBeGreaterThan(0xffff);
  });

  it('are forgotten after some thousands of others, and made again with another number', () => {
    const row = composeRows(add, 0, negative);
    for (let i = 0; i < 3000; i++) composeRows(add, 1, anew());
    const again = composeRows(add, 0, negative);
    expect([again?.name, again === row, again?.number === row?.number]).toEqual([row?.name, false, false]);
  });

  it('leave the numbers of rows to rows, which are refused when there are no more', () => {
    const { number: _taken, ...draft } = negative;
    const last = makeRow({ ...draft, name: 'first' }).number;
    for (let i = 0; i < 100; i++) composeRows(add, 1, anew());
    expect(makeRow({ ...draft, name: 'second' }).number).toBe(last + 1);
    const fill = (): void => {
      for (let i = 0; i < 0x10000; i++) makeRow({ ...draft, name: 'many' });
    };
    expect(fill).toThrow(LimitError);
    expect(fill).toThrow(
      'many: there are 65533 ops already, as many as can be told apart; define each op once, not at every call.',
    );
    expect(composeRows(add, 1, anew())?.name).toBe('add∘negative');
  });
});
