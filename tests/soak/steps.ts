// Loops that only await, by what a step of them does: in `npm test` as many steps as show what would grow, in the soak
// ten million.
import { SymbolicSheet } from '../../src/index.ts';

const MIB = 2 ** 20;

/** What a step of each loop does. */
export const LOOPS = [
  'calls',
  'inputs',
  'reads',
  'off',
  'computes',
  'prints',
  'memo',
  'memoTensors',
  'temporaries',
  'lineage',
  'sheets',
] as const;
export type LoopKind = (typeof LOOPS)[number];

/** A sheet with little room, and one step of a loop on it. */
export async function openLoop(
  kind: LoopKind,
  budgetBytes = 8 * MIB,
): Promise<{
  readonly sheet: SymbolicSheet;
  readonly step: (i: number) => PromiseLike<unknown>;
}> {
  const sheet = await SymbolicSheet.open({
    devices: ['wasm', 'js'],
    threads: 1,
    budgetBytes,
    trace: { maxEvents: 10_000, digests: 'none' },
    cache: kind === 'off' ? 'off' : 'on',
  });
  return { sheet, step: stepsOf(sheet)[kind] };
}

function stepsOf(sheet: SymbolicSheet): Readonly<Record<LoopKind, (i: number) => PromiseLike<unknown>>> {
  const x = sheet.tensor(new Float32Array(16).fill(1));
  const wide = sheet.tensor(new Float32Array(4096).fill(1));
  const remember = sheet.memo('square', (i: number) => ({ square: i * i }));
  const rememberTensor = sheet.memo('pair', (i: number) => sheet.tensor([i, i + 1]));
  let chain = sheet.zeros([1000]).add(0);
  return {
    calls: (i) => x.add(i),
    inputs: (i) => sheet.tensor([i]).add(i).multiply(2),
    reads: (i) => x.add(i).data(),
    off: (i) => x.add(i).data(),
    computes: (i) => sheet.compute(x.multiply(i)),
    prints: (i) => x.add(i).fingerprint(),
    memo: (i) => remember(i),
    memoTensors: (i) => rememberTensor(i),
    temporaries: (i) => wide.add(i).multiply(2).sum().item(),
    lineage: async (i) => {
      chain = chain.add(1);
      if (i % 1000 === 999) await (await chain).data();
    },
    // Nobody closes them.
    sheets: async (i) => (await SymbolicSheet.open({ devices: ['wasm', 'js'], threads: 1 })).tensor([i]).add(1).data(),
  };
}
