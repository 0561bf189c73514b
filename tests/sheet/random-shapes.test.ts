// Programs of random shapes, broadcasting readers of chains among them, give the bits of a plain interpreter: cache on,
// off, tiny, on WASM and on JavaScript.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { interpret, programs, runOnSheet } from './random-shapes.ts';
import { partsOf } from '../parts.ts';
import { extent, some } from '../run/extent.ts';

const PROGRAMS = extent(160, 500);

/** The first element whose bits differ; every NaN is one. */
function difference(got: Float32Array | undefined, want: Float32Array): string | undefined {
  if (got === undefined) return undefined;
  if (got.length !== want.length) return `${got.length} elements for ${want.length}`;
  const at = want.findIndex((x, i) => !Object.is(x, got[i]));
  return at < 0 ? undefined : `element ${at} is ${got[at]}, not ${want[at]}`;
}

describe('programs of random shapes', () => {
  const sheets = new Map<string, SymbolicSheet>();

  beforeAll(async () => {
    sheets.set('off', await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js', 'wasm'] }));
    sheets.set('on', await SymbolicSheet.open({ class: 'exact', devices: ['js', 'wasm'], budgetBytes: 1 << 22 }));
    sheets.set('tiny', await SymbolicSheet.open({ class: 'exact', devices: ['js', 'wasm'], budgetBytes: 8_000 }));
    sheets.set('js', await SymbolicSheet.open({ class: 'exact', devices: ['js'], budgetBytes: 1 << 20 }));
    // What a program of this size takes is noise; all that it computes is kept, so that the cache takes part.
    for (const sheet of sheets.values()) Object.assign(partsOf(sheet), { admission: () => 'admit' });
  });
  afterAll(() => Promise.all([...sheets.values()].map((sheet) => sheet.close())));

  it(`give the bits of the interpreter in ${PROGRAMS} programs`, async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(programs, async (program) => {
        const wanted = interpret(program);
        for (const [name, sheet] of [
          ...some([...sheets], 2, run),
          ['on', sheets.get('on')!],
          ['on, again', sheets.get('on')!],
        ] as const) {
          const got = await runOnSheet(sheet, program);
          wanted.forEach(({ array }, i) => expect(difference(got[i], array), `${name}: value ${i}`).toBeUndefined());
        }
        run++;
      }),
      { seed: 20261130, numRuns: PROGRAMS },
    );
    expect(run).toBeGreaterThanOrEqual(PROGRAMS);
    expect(sheets.get('on')!.stats().counters.hits, 'the cache took part').toBeGreaterThan(200);
  });
});
