// Every row, generated: the types it declares, the values of an independent reference, and the same bits from the
// cache. Devices are held to it in tests/device.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SheetError, SymbolicSheet } from '../../src/index.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { nodeDevices } from '../../src/host/node/devices.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { openSheet } from '../../src/core/sheet/open.ts';
import { kindTakes } from '../../src/core/ops/kinds.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { extent, some } from '../run/extent.ts';
import { type DType, dtypeOfArray, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { agrees, isFloatName, type Name, type Ref, type Scalar } from './reference.ts';
import { REFERENCES } from './reference-shapes.ts';
import {
  type Call,
  callsOf,
  COMPUTED_DTYPES,
  describeCall,
  enter,
  type Entrance,
  perform,
  randomFrom,
  sample,
} from './samples.ts';

const CALLS_PER_DTYPE = extent(4, 9);
/** Of dtypes whose kernels are those of others of their kind and size. */
const FEWER_CALLS = extent(2, 9);
const AS_OTHERS: readonly DType[] = ['int16', 'uint16', 'uint64'];
const BUDGET_BYTES = 1 << 26;

/** What a call came to: elements with their type, or the code of the error. */
type Outcome =
  | { readonly dtype: DType; readonly shape: readonly number[]; readonly array: TypedArray }
  | { readonly code: string };

async function outcomeOf(sheet: Entrance, call: Call, tensors = enter(sheet, call)): Promise<Outcome> {
  try {
    const result = perform(sheet, call, tensors);
    const array = (await result.data()) as TypedArray;
    return { dtype: result.dtype, shape: result.shape, array };
  } catch (error) {
    if (error instanceof SheetError && error.code !== 'KERNEL') return { code: error.code };
    throw error;
  }
}

/** All bits of an outcome, as text that is quick to compare. */
const bytes = (outcome: Outcome): string =>
  'code' in outcome
    ? outcome.code
    : Buffer.from(outcome.array.buffer as ArrayBuffer, outcome.array.byteOffset, outcome.array.byteLength).toString(
        'hex',
      );

/** NaN in other bits than the canonical ones: which others it has depends on how far code is compiled. */
function strayNaNs(outcome: Outcome): string[] {
  if ('code' in outcome || !isFloatName(outcome.dtype as Name)) return [];
  const array = outcome.array as Float32Array | Float64Array;
  const canonical = array.BYTES_PER_ELEMENT === 4 ? '0000c07f' : '000000000000f87f';
  return Array.from(array, (x, i) => (Number.isNaN(x) ? bitsOf(array, i) : canonical)).filter((b) => b !== canonical);
}

const bitsOf = ({ buffer, byteOffset, BYTES_PER_ELEMENT: width }: Float32Array | Float64Array, i: number): string =>
  Buffer.from(buffer as ArrayBuffer, byteOffset + i * width, width).toString('hex');

function scalars(dtype: DType, array: TypedArray): Scalar[] {
  return Array.from(array as Iterable<number | bigint>, (x) =>
    dtype === 'bool' ? x === 1 : isFloatName(dtype as Name) ? (x as number) : BigInt(x),
  );
}

/** Elements that are not those of the reference, with both values. */
function differences(outcome: Outcome, wanted: Ref | undefined): unknown {
  if ('code' in outcome || wanted === undefined)
    return 'code' in outcome && wanted === undefined ? [] : { outcome, wanted };
  const got = scalars(outcome.dtype, outcome.array);
  if (
    outcome.dtype !== wanted.dtype ||
    outcome.shape.join() !== wanted.shape.join() ||
    got.length !== wanted.values.length
  )
    return { got: [outcome.dtype, outcome.shape, got.length], wanted: [wanted.dtype, wanted.shape] };
  return got
    .flatMap((value, i) =>
      agrees(wanted.dtype, value, wanted.values[i]!, wanted.ulps ?? 0, wanted.slack?.[i] ?? 0)
        ? []
        : [{ i, got: value, wanted: wanted.values[i], slack: wanted.slack?.[i] }],
    )
    .slice(0, 4);
}

/** The dtypes a first operand may have, of those that ops compute in. */
const dtypesOf = ({ source, operands: [operand] }: OpRow): readonly DType[] =>
  source ? ['float32'] : COMPUTED_DTYPES.filter((dtype) => kindTakes(operand?.kind ?? 'any', dtype));

/** Floats, and of the others every second one in the sample: what a row leaves out, those beside it take. */
function triedOf(row: OpRow, place: number): readonly DType[] {
  const isFloat = (dtype: DType): boolean => isFloatName(dtype as Name);
  const others = dtypesOf(row).filter((dtype) => !isFloat(dtype));
  return [...dtypesOf(row).filter(isFloat), ...some(others, others.length > 1 ? 2 : 1, place)];
}

describe('every row', () => {
  let exact: SymbolicSheet;
  let kept: SymbolicSheet;
  const rows = [...OPS.values()];
  let answered = 0;
  /** A clock by which every kernel takes a millisecond, so that every result is worth keeping. */
  let ticks = 0;

  beforeAll(async () => {
    exact = await SymbolicSheet.open({
      class: 'exact',
      cache: 'off',
      devices: ['js', 'wasm'],
      budgetBytes: BUDGET_BYTES,
    });
    kept = await openSheet(
      SymbolicSheet,
      { ...(await nodeHost()), clock: () => (ticks += 1e6) },
      { class: 'exact', devices: ['js', 'wasm'], budgetBytes: BUDGET_BYTES },
      nodeDevices,
    );
  });
  afterAll(() => Promise.all([exact.close(), kept.close()]));

  it('has a reference here, and every reference a row', () => {
    expect(Object.keys(REFERENCES).sort()).toEqual(rows.map((row) => row.name).sort());
  });

  describe.each(rows.map((row, place) => [row.name, row, place] as const))('%s', (_name, row, place) => {
    it.each(triedOf(row, place))(
      'gives the values of its reference on %s, and the same bits from the cache',
      async (dtype) => {
        const wanted = AS_OTHERS.includes(dtype) ? FEWER_CALLS : CALLS_PER_DTYPE;
        const calls = callsOf(exact, row, dtype, wanted);
        expect(calls.length, 'calls the row takes').toBeGreaterThanOrEqual(
          Math.min(wanted, Object.keys(row.attributes).length === 0 && row.source ? 1 : 4),
        );
        for (const call of calls) {
          const name = describeCall(call);
          const js = await outcomeOf(exact.with({ device: 'js' }), call);
          const refs = call.operands.map(({ dtype: own, shape, array }): Ref => ({
            dtype: own as Name,
            shape,
            values: scalars(own, array),
          }));
          expect(strayNaNs(js), name).toEqual([]);
          expect(differences(js, REFERENCES[row.name]?.(refs, call.attrs)), name).toEqual([]);
          const tensors = enter(kept, call);
          for (const time of ['computed', 'computed and kept', 'found'])
            expect(bytes(await outcomeOf(kept, call, tensors)), `${name}, ${time}`).toBe(bytes(js));
          if (!('code' in js)) answered++;
          if (!('code' in js))
            expect([dtypeOfArray(js.array), js.array.length], name).toEqual([
              js.dtype === 'bool' ? 'uint8' : js.dtype,
              js.shape.reduce((a, n) => a * n, 1),
            ]);
        }
      },
    );
  });

  it('was answered from the cache when it was asked again', () => {
    // Not by a hit: what laws reduce to an operand, and reshapes, which have no elements of their own.
    expect(kept.stats().counters.hits).toBeGreaterThan(answered * 0.85);
  });
});

describe('samples', () => {
  it('are the same in every run', () => {
    expect([...(sample('float64', [5], true, randomFrom(3)).array as Float64Array)]).toEqual([
      ...(sample('float64', [5], true, randomFrom(3)).array as Float64Array),
    ]);
  });
});
