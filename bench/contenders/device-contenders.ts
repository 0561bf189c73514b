// Ways to compute on one device through a sheet, for any op: nothing reused, everything missed, everything known.
// Operands lie on the device.
import type { PendingTensor, Tensor } from 'symbolic-sheet';
import type { Sheet } from '../../src/core/sheet/sheet.ts';
import type { Expected } from '../measure/counts.ts';
import type { OpenDevice } from '../devices.ts';
import type { Contender } from '../measure/harness.ts';
import type { Rival, Rivals } from './rivals.ts';

/** An op on operands of which the first may differ from call to call; elements are float32. */
export interface DeviceWork {
  readonly shapes: readonly (readonly number[])[];
  readonly arrays: readonly Float32Array[];
  readonly apply: (view: Sheet, operands: readonly Tensor[]) => PendingTensor;
  readonly applyRival: <T>(rival: Rival<T>, operands: readonly T[]) => T;
  /** Calls whose operands and results fit the device together. */
  readonly maxCalls: number;
  /** Ops of a call, default 1. Those of a chain may be fused, down to one kernel, */
  readonly ops?: number;
  /** but for products. */
  readonly fuses?: false;
}

/** The operands of some work, on the device: their first use copies them there. */
export async function onDevice({ view }: OpenDevice, { arrays, shapes }: DeviceWork): Promise<Tensor[]> {
  const tensors = arrays.map((array, i): Tensor => view.tensor(array, shapes[i]));
  const used = tensors.map((tensor) => view.add(tensor, 1));
  await view.compute(...used);
  dispose(used);
  return tensors;
}

/** The cache off: calls follow one another, and are waited for together. */
export function computedAgain({ sheet, name }: OpenDevice, work: DeviceWork, operands: readonly Tensor[]): Contender {
  const off = sheet.with({ device: name, cache: 'off' });
  return {
    name: 'off',
    sheet,
    maxCalls: work.maxCalls,
    run: async (calls) => {
      const results = Array.from({ length: calls }, () => work.apply(off, operands));
      await off.compute(...results);
      dispose(results);
    },
    scenario: (calls) => ({
      kernelCalls: kernelsOf(work, calls),
      hits: 0,
      bytesHashed: 0,
      bytesCopied: 0,
      bytesDemanded: 0,
    }),
  };
}

/** The cache on, the first operand another one in every call: keys are made and looked up, and nothing is found. */
export function missed({ sheet, view }: OpenDevice, work: DeviceWork, operands: readonly Tensor[]): Contender {
  let [fresh, results, serial]: [Tensor[], Tensor[], number] = [[], [], 0];
  return {
    name: 'uncached',
    sheet,
    maxCalls: work.maxCalls,
    prepare: async (calls) => {
      fresh = Array.from({ length: calls }, () => view.add(operands[0]!, ++serial / 64));
      await view.compute(...fresh);
    },
    run: async () => {
      results = fresh.map((first) => work.apply(view, [first, ...operands.slice(1)]));
      await view.compute(...results);
    },
    tidy: () => dispose([...fresh, ...results]),
    scenario: (calls) => ({
      kernelCalls: kernelsOf(work, calls),
      hits: 0,
      bytesHashed: 0,
      bytesCopied: 0,
      bytesDemanded: 0,
    }),
  };
}

/** The same call again: its result is on the device, and stays there. */
export function hit({ sheet, view }: OpenDevice, work: DeviceWork, operands: readonly Tensor[]): Contender {
  return {
    name: 'hit',
    sheet,
    // Twice, so that a result that is kept the second time only is kept.
    prepare: async () => {
      for (let i = 0; i < 2; i++) await view.compute(work.apply(view, operands));
    },
    run: async (calls) => {
      for (let i = 0; i < calls; i++) await view.compute(work.apply(view, operands));
    },
    scenario: (calls) => ({
      kernelCalls: 0,
      hits: [calls, calls * (work.ops ?? 1)],
      misses: 0,
      bypasses: 0,
      bytesHashed: 0,
      bytesCopied: 0,
      bytesDemanded: 0,
    }),
  };
}

/** Arrays go in, elements come back, nothing is reused: what a library costs that keeps nothing on the device. */
export function roundTrip({ sheet, name }: OpenDevice, work: DeviceWork, resultBytes: number): Contender {
  const off = sheet.with({ device: name, cache: 'off' });
  const operandBytes = work.arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    name: 'roundTrip',
    sheet,
    maxCalls: 200,
    run: async (calls) => {
      for (let i = 0; i < calls; i++) {
        const operands = work.arrays.map((array, k) => off.tensor(array, work.shapes[k]));
        await work.apply(off, operands).borrow(touch);
        dispose(operands);
      }
    },
    scenario: (calls) => ({
      kernelCalls: calls,
      hits: 0,
      misses: 0,
      bytesHashed: 0,
      bytesCopied: calls * operandBytes,
      bytesDemanded: calls * resultBytes,
    }),
  };
}

/** Other libraries that do the same work, correctly; who does not is left out, with the reason. */
export interface HeldRivals {
  readonly contenders: readonly Contender[];
  readonly skipped: Readonly<Record<string, string>>;
  close(): void;
}

/** Holds each rival's result against an oracle: `errorOf` is in units of the bound. */
export async function holdRivals(
  { open, skipped: absent }: Rivals,
  work: DeviceWork,
  errorOf: (found: ArrayLike<number>) => number,
): Promise<HeldRivals> {
  const skipped: Record<string, string> = { ...absent };
  const held: ReturnType<typeof byRival>[] = [];
  for (const rival of open) {
    const other = byRival(rival, work);
    const error = await other.read().then(errorOf, String);
    if (typeof error === 'number' && error <= 1) held.push(other);
    else
      skipped[rival.name] =
        typeof error === 'number' ? `its result is off by ${error.toPrecision(3)} error bounds` : error;
  }
  return {
    contenders: held.map(({ contender }) => contender),
    skipped,
    close: () => held.forEach(({ close }) => close()),
  };
}

/** Calls follow one another, and are waited for together. */
function byRival<T>(
  rival: Rival<T>,
  work: DeviceWork,
): { readonly contender: Contender; readonly read: () => Promise<ArrayLike<number>>; readonly close: () => void } {
  const operands = work.arrays.map((array, i) => rival.tensor(array, work.shapes[i]!));
  const run = async (calls: number): Promise<void> => {
    const results = Array.from({ length: calls }, () => work.applyRival(rival, operands));
    await rival.settled(results);
    results.forEach((result) => rival.dispose(result));
  };
  const read = async (): Promise<ArrayLike<number>> => {
    const result = work.applyRival(rival, operands);
    const elements = await rival.read(result);
    rival.dispose(result);
    return elements;
  };
  return {
    contender: { name: rival.name, maxCalls: work.maxCalls, run },
    read,
    close: () => operands.forEach((operand) => rival.dispose(operand)),
  };
}

const kernelsOf = ({ ops = 1, fuses }: DeviceWork, calls: number): Expected => [
  fuses === false ? calls * ops : calls,
  calls * ops,
];
const dispose = (tensors: readonly Tensor[]): void => tensors.forEach((tensor) => tensor.dispose());
const touch = (elements: ArrayLike<unknown>): unknown => elements[0];
