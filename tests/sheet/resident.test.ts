// What the process takes: no more than the budget and a half, and given back when kept results are forgotten.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { programOf } from '../run/program.ts';
import { extent } from '../run/extent.ts';

const MIB = 2 ** 20;
const program = await programOf('tests/sheet/fixtures/resident.ts');

interface Figures {
  readonly start: number;
  readonly peak: number;
  readonly after: number;
  readonly sizeBytes: number;
  readonly isSame: boolean;
}

describe('the memory of the process', () => {
  it.each([
    [64, 1],
    [256, 2],
  ])(
    'stays within one and a half budgets of %i MiB and what is being computed, and comes back after forget(), on ' +
      '%i threads',
    (budget, threads) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, String(budget), String(threads)], {
        encoding: 'utf8',
        timeout: 110_000,
      });
      expect(status, stderr.slice(-500)).toBe(0);
      const { start, peak, after, sizeBytes, isSame } = JSON.parse(stdout) as Figures;
      expect(sizeBytes).toBeGreaterThan(0.8 * budget * MIB);
      // Operands, results and working copies of a step are some eight arrays of 6.4 MB.
      expect(peak - start).toBeLessThan(1.5 * budget * MIB + 8 * 6.4e6);
      expect(after - start).toBeLessThan(40 * MIB);
      expect(isSame).toBe(true);
    },
    120_000,
  );
});

describe('forget()', () => {
  it('leaves what handles hold and what is under way as it is, to the last bit', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'], threads: 2, class: 'exact' });
    await using js = await SymbolicSheet.open({ devices: ['js'], class: 'exact' });
    const program = async (on: SymbolicSheet, forget: () => void): Promise<Buffer[]> => {
      const [rows, columns] = extent([256, 280], [384, 420]) as [number, number];
      const a = on.randomNormal([rows, columns], { seed: 1 });
      await on.compute(a);
      const held = on.reshape(a, [columns, rows]).multiply(2);
      await on.compute(held);
      for (let i = 0; i < 12; i++)
        await a
          .multiply(i + 2)
          .add(1)
          .sum()
          .item();
      const answers: Promise<ArrayBufferView>[] = [];
      for (let i = 0; i < 3; i++) {
        answers.push(a.matmul(held).add(i).data(), held.sum({ axis: 1 }).data());
        const lent = held.borrow(async (elements) => {
          await new Promise((resolve) => setTimeout(resolve, 30));
          return elements.slice();
        });
        forget();
        answers.push(lent, held.data());
      }
      const arrays = await Promise.all(answers);
      forget();
      arrays.push(await a.data(), await a.matmul(held).sum().data());
      return arrays.map(({ buffer, byteOffset, byteLength }) =>
        Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength),
      );
    };
    const [found, expected] = [await program(sheet, () => void sheet.forget()), await program(js, () => {})];
    found.forEach((bytes, i) => expect(Buffer.compare(bytes, expected[i]!), `answer ${i}`).toBe(0));
  }, 60_000);

  it('over and over takes no more room each time', async () => {
    await using sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'], threads: 1 });
    const x = sheet.randomNormal([extent(750_000, 2_000_000)], { seed: 2 });
    const expected = await x.sum().item();
    const sizes: number[] = [];
    const half = extent(3, 12);
    for (let i = 0; i < 2 * half; i++) {
      await sheet.compute(...Array.from({ length: 4 }, (_, k) => x.multiply(i + k + 2)));
      sheet.forget();
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
      sizes.push(process.memoryUsage().rss);
    }
    expect(Math.max(...sizes.slice(half)) - Math.max(...sizes.slice(0, half))).toBeLessThan(extent(36, 96) * MIB);
    expect(await x.sum().item()).toBe(expected);
  }, 60_000);
});
