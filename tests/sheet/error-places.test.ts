// Errors say where: the stack begins with the program's own lines, and an error of a read names the call it is about.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NumericError, PolicyError, ShapeError, SheetError, SymbolicSheet, type Tensor } from '../../src/index.ts';

const HERE = 'error-places.test.ts';
const limit = Error.stackTraceLimit;
const open: SymbolicSheet[] = [];

// What Node begins with; the test runner keeps more.
beforeAll(() => {
  Error.stackTraceLimit = 10;
});
afterAll(() => {
  Error.stackTraceLimit = limit;
});
afterEach(async () => {
  for (const sheet of open.splice(0)) await sheet.close();
});

async function sheetOf(options: Parameters<typeof SymbolicSheet.open>[0] = {}): Promise<SymbolicSheet> {
  const sheet = await SymbolicSheet.open(options);
  open.push(sheet);
  return sheet;
}

const failing = async (run: () => unknown): Promise<SheetError> => {
  try {
    await run();
  } catch (error) {
    return error as SheetError;
  }
  throw new TypeError('nothing failed');
};

const placesIn = (error: Error): string[] =>
  (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
const lineOf = (marker: Error): string => /error-places\.test\.ts:(\d+)/.exec(marker.stack as string)![0];

/** A system that cannot be solved, and the line that asked for it. */
function singular(sheet: SymbolicSheet, n = 2): { readonly x: Tensor<'float32'>; readonly line: string } {
  const [x, here] = [sheet.solve(sheet.ones([n, n]), sheet.ones([n])), new Error('here')];
  return { x, line: lineOf(here) };
}

async function innermost(read: () => Promise<unknown>): Promise<unknown> {
  return await read();
}
async function middle(read: () => Promise<unknown>): Promise<unknown> {
  return await innermost(read);
}
async function outermost(read: () => Promise<unknown>): Promise<unknown> {
  return await middle(read);
}

describe.each(['js', 'wasm'] as const)('an error of a read on %s', (device) => {
  it.each<[string, (x: Tensor<'float32'>, sheet: SymbolicSheet) => Promise<unknown>]>([
    ['data', (x) => x.data()],
    ['toArray', (x) => x.toArray()],
    ['item', (x) => x.sum().item()],
    ['fingerprint', (x) => x.fingerprint()],
    ['borrow', (x) => x.borrow((all) => all)],
    ['compute', (x, sheet) => sheet.compute(x)],
    ['data of what is made from it', (x) => x.add(1).exp().data()],
    ['several at once', (x, sheet) => Promise.all([sheet.ones([3]).data(), x.data()])],
  ])('names the call and the functions that read it: %s', async (_, read) => {
    const sheet = await sheetOf({ devices: [...new Set([device, 'js'] as const)] });
    for (const n of device === 'wasm' ? [2, 520] : [2]) {
      const { x, line } = singular(sheet, n);
      const error = await failing(() => outermost(async () => await read(x, sheet)));
      expect(error).toBeInstanceOf(NumericError);
      expect(error.message).toContain(`It was called at ${line}.`);
      expect(String(error.details['calledAt'])).toContain(line);
      expect(error.stack?.startsWith(`NumericError: ${error.message}\n    at `)).toBe(true);
      expect(placesIn(error)[0]).toContain(HERE);
      for (const name of ['innermost', 'middle', 'outermost']) expect(error.stack).toContain(name);
      expect(error.stack).not.toContain('/src/');
    }
  });

  it('names the call through casts, in deep chains, and once to all who wait', async () => {
    const sheet = await sheetOf({ devices: [...new Set([device, 'js'] as const)] });
    const half = sheet.tensor([1, 1, 1, 1], [2, 2], { dtype: 'float16' });
    const [cast, here] = [half.solve([1, 1]), new Error('here')];
    expect((await failing(() => cast.data())).message).toContain(`called at ${lineOf(here)}`);

    const { x, line } = singular(sheet);
    const error = await failing(() => {
      let deep = x.add(0.5);
      for (let i = 0; i < 6000; i++) deep = deep.add(i);
      return deep.data();
    });
    expect(error.message).toContain(line);
    expect(placesIn(error)[0]).toContain(HERE);

    const large = singular(sheet, 520);
    const all = await Promise.all([1, 2, 3].map(() => failing(() => large.x.data())));
    for (const each of all) expect(each.message.split(large.line).length).toBe(2);
  });

  it('names the line inside a memoised function', async () => {
    const sheet = await sheetOf({ devices: [...new Set([device, 'js'] as const)] });
    let line = '';
    const fit = sheet.memo('fit', async (n: number) => {
      const system = singular(sheet, n);
      line = system.line;
      return await system.x.add(1);
    });
    const error = await failing(() => fit(2));
    expect(error.message).toContain(line);
    expect(placesIn(error)[0]).toContain(HERE);
  });
});

describe('a law that is broken', () => {
  it('names the call, whether it is judged before it runs or by what it gave', async () => {
    const sheet = await sheetOf({ policy: { finite: 'deny', forbid: ['tan'] } });
    const zero = sheet.tensor([0]);
    const [quotient, there] = [zero.divide(zero), new Error('here')];
    const given = await failing(() => outermost(() => quotient.add(1).data()));
    expect(given).toBeInstanceOf(PolicyError);
    expect(given.message).toContain(`called at ${lineOf(there)}`);

    const [tangent, here] = [zero.tan(), new Error('here')];
    const before = await failing(async () => await tangent);
    expect(before.message).toContain(`called at ${lineOf(here)}`);
    expect(placesIn(before)[0]).toContain(HERE);
  });
});

describe('the stack of an error', () => {
  it('begins at the line of a call that throws at once, method or by name', async () => {
    const sheet = await sheetOf();
    for (const call of [
      () => sheet.ones([2]).add(sheet.ones([3])),
      () => sheet.execute('add', [1, 2], [1, 2, 3]),
      () => sheet.ones([2]).split(1.5),
      () => sheet.tensor([[1], [2, 3]]),
    ]) {
      const error = await failing(call);
      expect(error).toBeInstanceOf(SheetError);
      expect(placesIn(error)[0]).toContain(HERE);
      expect(Error.stackTraceLimit).toBe(10);
    }
  });

  it('is as long as somebody asked for, with the lines of the library, or none', async () => {
    const sheet = await sheetOf();
    try {
      Error.stackTraceLimit = 50;
      expect((await failing(() => sheet.ones([2]).add(sheet.ones([3])))).stack).toContain('/src/');
      Error.stackTraceLimit = 0;
      expect(placesIn(await failing(() => sheet.ones([2]).add(sheet.ones([3]))))).toEqual([]);
      Error.stackTraceLimit = 'as you like' as never;
      expect(await failing(() => sheet.ones([2]).add(sheet.ones([3])))).toBeInstanceOf(ShapeError);
    } finally {
      Error.stackTraceLimit = 10;
    }
  });
});
