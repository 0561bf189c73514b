// A chain of a million sums that nobody reads before its end.
import { expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';

const LENGTH = 1_000_000;

it('a chain of a million sums ends, holds no past, and is right', async () => {
  await using sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
  let x: Tensor = sheet.tensor(Int32Array.of(0));
  for (let i = 0; i < LENGTH; i++) x = x.add(1);
  expect(await x.item()).toBe(LENGTH);
  expect(x.call.depth).toBeLessThan(5000);
});
