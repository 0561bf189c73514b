// A policy decides on a GPU as it does elsewhere, whether operands come from arrays or lie in buffers of other code.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LawSet, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { USAGE } from '../../src/core/device/webgpu/memory/buffers.ts';
import type { Sheet } from '../../src/core/sheet/sheet.ts';
import { inputsOf, PROBES, READS, SIZES, verdictOf } from '../policy/programs.ts';
import { extent, some } from '../run/extent.ts';
import { useSwiftShader } from './swiftshader.ts';

/** The same sheet for all programs under the same laws. */
const sheets = new Map<string, Promise<SymbolicSheet>>();
const opened = (policy: LawSet): Promise<SymbolicSheet> => {
  const key = JSON.stringify(policy);
  const open = sheets.get(key) ?? SymbolicSheet.open({ devices: ['webgpu', 'js'], device: 'webgpu', policy });
  sheets.set(key, open);
  return open;
};
beforeAll(useSwiftShader);
afterAll(async () => {
  for (const sheet of sheets.values()) await (await sheet).close();
});

/** A root whose elements other code wrote to a buffer. */
const inBuffer =
  (sheet: Sheet) =>
  (array: Float32Array<ArrayBuffer>): Tensor => {
    const device = sheet.gpuDevice();
    const usage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
    const buffer = device.createBuffer({ size: Math.ceil(array.byteLength / 16) * 16, usage });
    device.queue.writeBuffer(buffer, 0, array);
    return sheet.tensor(buffer, [array.length]);
  };

const WAYS = Object.entries({ ...READS, gpuBuffer: (_: unknown, make: () => Tensor) => make().gpuBuffer() });

describe.each([
  ['arrays', () => undefined],
  ['buffers on the GPU', inBuffer],
] as const)('a policy decides the same on a GPU for operands in %s', (_, rootOf) => {
  for (const [place, { laws, broken = 'passes', program, run }] of PROBES.entries()) {
    // The elements of such a buffer are not looked at, and so refused where a law asks for that.
    if (rootOf === inBuffer && laws.finiteInputs !== undefined) continue;
    // In the sample each program has its operands in one of the two places.
    if (extent((rootOf === inBuffer) !== (place % 2 === 1), false)) continue;
    it(`${JSON.stringify(laws)}: ${program} → ${broken}`, async () => {
      const sheet = await opened(laws);
      sheet.forget();
      for (const [size, n] of SIZES.entries()) {
        for (const [read, ask] of some(WAYS, WAYS.length, 3 * place + 4 * size)) {
          for (let time = 0; time < 2; time++) {
            expect(
              await verdictOf(async () => ask(sheet, () => run(inputsOf(sheet, n, rootOf(sheet))))),
              `${n} elements, by ${read}, time ${time + 1}`,
            ).toBe(broken);
          }
        }
        if (extent((place + size) % 2 === 1, false)) continue;
        const view = sheet.with({ cache: 'off' });
        expect(
          await verdictOf(async () => run(inputsOf(view, n, rootOf(view))).data()),
          `${n} elements without the cache`,
        ).toBe(broken);
      }
    });
  }
});

it('a law on the elements of inputs refuses a buffer that nobody has looked at, with what to do', async () => {
  const sheet = await opened({ finiteInputs: 'deny' });
  expect(() => inBuffer(sheet)(Float32Array.of(1, 2))).toThrow(
    expect.objectContaining({
      code: 'SOURCE',
      message: expect.stringContaining('read the buffer and pass a typed array'),
    }),
  );
});
