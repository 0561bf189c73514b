// Stacks of tests are those that vitest makes.
import { expect, it } from 'vitest';
import { onceForEachLine } from './stacks.ts';

/** Frames as the engine has them, of a call through a method, a constructor and a callback. */
function framesOf(depth: number): NodeJS.CallSite[] {
  const host = Error as { prepareStackTrace?: ((error: Error, frames: NodeJS.CallSite[]) => unknown) | undefined };
  const before = host.prepareStackTrace;
  host.prepareStackTrace = (_, frames) => frames;
  try {
    class Holder {
      readonly frames: NodeJS.CallSite[];
      constructor(left: number) {
        this.frames = left === 0 ? (new Error('here').stack as never) : [left].map((n) => this.next(n - 1))[0]!;
      }
      next(left: number): NodeJS.CallSite[] {
        return new Holder(left).frames;
      }
    }
    return new Holder(depth).frames;
  } finally {
    host.prepareStackTrace = before;
  }
}

/** As vitest's, a line depends on its frame and on who called. */
const prepare = (error: Error, frames: NodeJS.CallSite[]): string =>
  [
    `${error.name}: ${error.message}`,
    ...frames.map(String).map((frame, i, all) => `    at ${frame} for ${all[i + 1]}`),
  ].join('\n');

it('are the same, and every line of them is made once', () => {
  let made = 0;
  const counted = onceForEachLine((error, frames) => {
    made++;
    return prepare(error, frames);
  });
  for (const depth of [0, 1, 3, 3]) {
    const frames = framesOf(depth);
    expect(frames.length).toBeGreaterThan(3);
    for (const error of [new RangeError('two\nlines'), new TypeError('other')])
      expect(counted(error, frames)).toBe(prepare(error, frames));
  }
  const before = made;
  counted(new Error('again'), framesOf(3));
  // The line of the test itself is another one.
  expect(made - before).toBeLessThanOrEqual(2);
});

it('name lines of the sources', () => {
  const [, line] = new Error('here').stack!.split('\n');
  expect(line).toMatch(/tests\/run\/stacks\.test\.ts:52:20\)?$/);
});
