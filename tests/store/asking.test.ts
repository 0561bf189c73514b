// What asking stores below RAM may take of a program that finds nothing there.
import { describe, expect, it } from 'vitest';
import { Asking } from '../../src/core/engine/asking.ts';

const MS = 1e6;

/** Asks for so many results that are nowhere; answers how many were asked for. */
function askInVain(asking: Asking, count: number, savedNs: number): number {
  let asked = 0;
  for (let i = 0; i < count; i++)
    if (asking.isDue(savedNs)) {
      asked++;
      asking.note(false);
    }
  return asked;
}

describe('asking stores below RAM', () => {
  it('is done for everything at first, and of cheap results that are never there for one in thirty-two', () => {
    const asking = new Asking();
    expect(askInVain(asking, 20, MS)).toBe(20);
    const asked = askInVain(asking, 1000, MS);
    expect(asked).toBeLessThan(60);
    expect(asked).toBeGreaterThan(1000 / 32 - 1);
  });

  it('is always done for what took long, however little was found', () => {
    const asking = new Asking();
    askInVain(asking, 5000, MS);
    expect(askInVain(asking, 5000, 50 * MS)).toBe(5000);
  });

  it('is done for everything again after a hit, as long as hits come', () => {
    const asking = new Asking();
    askInVain(asking, 5000, MS);
    let lost = 0;
    for (let i = 0; i < 200; i++)
      if (asking.isDue(MS)) asking.note(true);
      else lost++;
    expect(lost).toBeLessThan(32);
    // One in five is there: each saves thirty times what asking takes.
    for (let i = 0; i < 2000; i++) {
      expect(asking.isDue(MS)).toBe(true);
      asking.note(i % 5 === 0);
    }
  });
});
