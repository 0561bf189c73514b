// Ways to get a product from a sheet: computed on a device, hit by handle, hit by content. Each ends with the elements
// in memory.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import type { Sheet } from '../../src/core/sheet/sheet.ts';
import type { Scenario } from '../measure/counts.ts';
import type { Product } from './foreign-products.ts';
import type { Contender } from '../measure/harness.ts';
import { distinctCopies } from '../measure/seed.ts';

/**
 * Above this many multiply-adds a product is costlier than the digests of its operands by far, so equal content must
 * hit.
 */
const SURELY_HASHED = 256 ** 3;

const touch = (elements: ArrayLike<unknown>): unknown => elements[0];

/** Fresh operands in every call, on a device. */
export function uncached(sheet: SymbolicSheet, { a, b, m, n, k }: Product, device: string, lane: number): Contender {
  const view = sheet.with({ device });
  const [nextA, nextB] = [distinctCopies(a, lane), distinctCopies(b, lane)];
  let fresh: [Tensor, Tensor][] = [];
  const operandBytes = (m * k + k * n) * 4;
  return {
    name: `uncached ${device}`,
    sheet,
    maxCalls: Math.max(1, Math.min(2000, Math.floor(2 ** 26 / operandBytes))),
    prepare: (calls) => {
      fresh = Array.from({ length: calls }, () => [view.tensor(nextA(), [m, k]), view.tensor(nextB(), [k, n])]);
    },
    run: async () => {
      for (const [x, y] of fresh) await view.matmul(x, y).borrow(touch);
    },
    tidy: () => fresh.flat().forEach((tensor) => tensor.dispose()),
    scenario: (calls, { misses }) => ({
      kernelCalls: calls,
      hits: 0,
      bypasses: calls - misses,
      bytesHashed: [0, calls * operandBytes],
      bytesCopied: 0,
      bytesDemanded: calls * m * n * 4,
    }),
  };
}

/** The same tensors again. */
export function hitByHandle(sheet: SymbolicSheet, { a, b, m, n, k }: Product, view: Sheet = sheet): Contender {
  let operands: [Tensor, Tensor] | undefined;
  return {
    name: 'hitHandle',
    sheet,
    prepare: async () => {
      operands ??= [view.tensor(a, [m, k]), view.tensor(b, [k, n])];
      await keep(view, ...operands);
    },
    run: async (calls) => {
      const [x, y] = operands as [Tensor, Tensor];
      for (let i = 0; i < calls; i++) await view.matmul(x, y).borrow(touch);
    },
    scenario: hits(m * n * 4, 0),
  };
}

/** Asks twice, so that a result that is kept the second time only is kept. */
async function keep(view: Sheet, x: Tensor, y: Tensor): Promise<void> {
  for (let i = 0; i < 2; i++) await view.compute(view.matmul(x, y));
}

/** Equal elements in other arrays. */
export function hitByContent(sheet: SymbolicSheet, { a, b, m, n, k }: Product, view: Sheet = sheet): Contender {
  let arrays: [Float32Array, Float32Array][] = [];
  const operandBytes = (m * k + k * n) * 4;
  const sure = m * n * k >= SURELY_HASHED;
  return {
    name: 'hitContent',
    sheet,
    maxCalls: Math.max(1, Math.min(2000, Math.floor(2 ** 26 / operandBytes))),
    prepare: async (calls) => {
      await keep(view, view.tensor(a, [m, k]), view.tensor(b, [k, n]));
      arrays = Array.from({ length: calls }, () => [a.slice(), b.slice()]);
    },
    run: async () => {
      for (const [x, y] of arrays) await view.matmul(view.tensor(x, [m, k]), view.tensor(y, [k, n])).borrow(touch);
    },
    // Small products are computed again where that is cheaper than two digests: the price decides, and both are
    // counted.
    scenario: (calls, counts) => ({
      kernelCalls: sure ? 0 : calls - counts.hits,
      hits: sure ? calls : [0, calls],
      bytesHashed: sure ? calls * operandBytes : [0, calls * operandBytes],
      bytesCopied: calls * operandBytes,
      bytesDemanded: calls * m * n * 4,
    }),
  };
}

const hits =
  (resultBytes: number, hashedBytes: number): Scenario =>
  (calls) => ({
    kernelCalls: 0,
    hits: calls,
    misses: 0,
    bypasses: 0,
    bytesHashed: hashedBytes,
    bytesCopied: 0,
    bytesDemanded: calls * resultBytes,
  });
