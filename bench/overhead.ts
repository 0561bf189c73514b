// What a call costs beyond its kernel: three ops, operands of 800 B to 8 MB, no to much reuse, by handle and on fresh
// arrays.
//
// A call ends with its elements in memory (`await compute(…)`); `direct` runs the same kernel into one reused result,
// over as many operands. What `on` makes is left to the garbage collector and costs fresh pages; `using` gives it back
// at once.
import { SymbolicSheet } from 'symbolic-sheet';
import type { Scenario } from './measure/counts.ts';
import { type Contender, race } from './measure/harness.ts';
import { numbersOf, wordsOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { ArrayRound, HandleRound, type Round } from './measure/overhead-rounds.ts';
import {
  applied,
  callDirectly,
  directCall,
  errorOf,
  MATRICES,
  type OpKind,
  Supply,
  type Work,
  workOf,
} from './contenders/overhead-work.ts';
import { accountOf, type Bench, type BenchOptions, type Row, timesOf } from './report/report.ts';

type Operands = 'handles' | 'arrays';

/** Calls whose results are computed by one `compute` in the batched contender. */
const BATCH = 32;
/** Operands that repeated calls draw from. */
const HOT = 4;
/** Fresh operands prepared for one round, at most. */
const ROUND_BYTES = 2 ** 25;

/** The bench `overhead`. `--op add`, `--bytes 800,8000`, `--reuse 0,0.8` and `--operands handles` narrow it down. */
export const overhead: Bench = async (options, tell) => {
  const check = new Check();
  const rows: Row[] = [];
  for (const { kind, bytes, reuse, operands } of casesOf(options)) {
    const sheet = await SymbolicSheet.open();
    try {
      rows.push(await rowOf(sheet, workOf(kind, bytes), { reuse, operands }, options, check));
    } finally {
      await sheet.close();
    }
    tell(`overhead ${kind} ${bytes} B, ${reuse * 100} % reuse, ${operands} done`);
  }
  return {
    checked: check.summary,
    rows,
    columns: [
      'op',
      'bytes',
      'reuse',
      'operands',
      'directMs',
      'offMs',
      'onMs',
      'usingMs',
      'batchMs',
      'memcpyMs',
      'ratio',
      'addedUs',
      'usingAddedUs',
      'offAddedUs',
      'hitRate',
    ],
  };
};

interface Case {
  readonly kind: OpKind;
  readonly bytes: number;
  readonly reuse: number;
  readonly operands: Operands;
}

const OPS: readonly OpKind[] = ['add', 'sum', 'matmul'];
const OPERANDS: readonly Operands[] = ['handles', 'arrays'];

function casesOf({ quick, values }: BenchOptions): Case[] {
  const kinds = wordsOf<OpKind>(values, 'op', OPS) ?? OPS;
  const sizes = numbersOf(values, 'bytes') ?? (quick ? [800, 80_000] : Object.keys(MATRICES).map(Number));
  const shares = numbersOf(values, 'reuse', 0) ?? (quick ? [0, 0.4] : [0, 0.2, 0.4, 0.8]);
  const forms = wordsOf<Operands>(values, 'operands', OPERANDS) ?? OPERANDS;
  return kinds.flatMap((kind) =>
    sizes.flatMap((bytes) => shares.flatMap((reuse) => forms.map((operands) => ({ kind, bytes, reuse, operands })))),
  );
}

async function rowOf(
  sheet: SymbolicSheet,
  work: Work,
  { reuse, operands }: Pick<Case, 'reuse' | 'operands'>,
  { pace }: BenchOptions,
  check: Check,
): Promise<Row> {
  const call = await directlyChecked(sheet, work, check);
  const off = sheet.with({ cache: 'off' }) as SymbolicSheet;
  const timings = await race(
    [
      { name: 'direct', run: (calls) => callDirectly(call, calls) },
      sheetContender('off', off, work, { reuse, operands, lane: 0 }),
      sheetContender('on', sheet, work, { reuse, operands, lane: 1 }),
      sheetContender('using', sheet, work, { reuse, operands, lane: 3 }),
      sheetContender('batch', sheet, work, { reuse, operands, lane: 2 }),
      memcpy(work),
    ],
    pace,
  );
  const ms = (name: string): number => timings[name]!.medianMs;
  const { hits, kernelCalls } = timings['on']!.counts;
  return {
    op: work.kind,
    bytes: work.bytes,
    reuse,
    operands,
    ...timesOf(timings),
    ratio: ms('on') / ms('direct'),
    addedUs: (ms('on') - ms('direct')) * 1e3,
    usingAddedUs: (ms('using') - ms('direct')) * 1e3,
    offAddedUs: (ms('off') - ms('direct')) * 1e3,
    hitRate: hits / (hits + kernelCalls),
    device: call.device.name,
    ...accountOf(timings),
  };
}

/**
 * The direct call, after it and the sheet were held against the oracle, and after the sheet has settled on a device.
 */
async function directlyChecked(sheet: SymbolicSheet, work: Work, check: Check): Promise<ReturnType<typeof directCall>> {
  const tensors = work.arrays.map((array, i) => sheet.tensor(array, work.shapes[i]));
  check.hold(`the sheet's ${work.kind}`, errorOf(work, (await applied(work.kind, tensors).data()) as Float32Array));
  const call = directCall(sheet, work, ROUND_BYTES);
  await callDirectly(call, 1);
  check.hold(`the direct ${work.kind}`, errorOf(work, call.out.array as Float32Array));
  return call;
}

interface Form {
  readonly reuse: number;
  readonly operands: Operands;
  readonly lane: number;
}

function sheetContender(name: Loop, view: SymbolicSheet, work: Work, { reuse, operands, lane }: Form): Contender {
  const supply = new Supply(work, reuse, lane, HOT);
  const round = operands === 'handles' ? new HandleRound(view, supply) : new ArrayRound(view, supply);
  let repeats = 0;
  return {
    name,
    sheet: view,
    maxCalls: Math.max(4, Math.floor(ROUND_BYTES / work.bytes)),
    prepare: async (calls) => {
      await round.prepare(calls);
      repeats += supply.repeats;
    },
    run: (calls) => LOOPS[name](view, work.kind, round, calls),
    tidy: () => round.tidy(),
    scenario: scenarioOf(name, work, operands, reuse, () => repeats),
  };
}

/** Counts that must hold whatever the prices decide; where reuse is sure to pay, every repeated call must hit. */
function scenarioOf(
  name: Loop,
  { kind, bytes, shapes }: Work,
  operands: Operands,
  reuse: number,
  repeats: () => number,
): Scenario {
  return (calls, counts) => {
    const copied = operands === 'arrays' ? calls * bytes * shapes.length : 0;
    if (name === 'off')
      return {
        kernelCalls: calls,
        hits: 0,
        misses: 0,
        bypasses: 0,
        bytesHashed: 0,
        bytesCopied: copied,
        bytesDemanded: 0,
      };
    const most = Math.min(calls, repeats());
    const sure = kind === 'matmul' && bytes >= 80_000 && operands === 'handles';
    const hits: readonly [number, number] = sure ? [Math.floor(calls * reuse * 0.9), most] : [0, most];
    const joined = name === 'batch' ? counts.hits : 0;
    return {
      kernelCalls: [calls - most, calls - counts.hits + joined],
      hits,
      bypasses: [0, calls - counts.hits - counts.misses],
      bytesHashed: [0, calls * bytes * shapes.length * 2],
      bytesCopied: [0, copied],
      bytesDemanded: 0,
    };
  };
}

async function oneByOne(view: SymbolicSheet, kind: OpKind, round: Round, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await view.compute(applied(kind, round.operandsOf(i)));
}

/** As a loop with `using`: the result, and operands made for the call, are given back when it is done. */
async function givingBack(view: SymbolicSheet, kind: OpKind, round: Round, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) {
    const operands = round.operandsOf(i);
    const result = applied(kind, operands);
    await view.compute(result);
    result.dispose();
    round.after(operands);
  }
}

async function inBatches(view: SymbolicSheet, kind: OpKind, round: Round, calls: number): Promise<void> {
  for (let i = 0; i < calls; i += BATCH) {
    const results = Array.from({ length: Math.min(BATCH, calls - i) }, (_, j) =>
      applied(kind, round.operandsOf(i + j)),
    );
    await view.compute(...results);
  }
}

const LOOPS = { off: oneByOne, on: oneByOne, using: givingBack, batch: inBatches } as const;
type Loop = keyof typeof LOOPS;

/** One copy of the operands: what fresh arrays may cost more than handles. */
function memcpy({ arrays }: Work): Contender {
  const targets = arrays.map((array) => new Float32Array(array.length));
  return {
    name: 'memcpy',
    run: (calls) => {
      for (let i = 0; i < calls; i++) targets.forEach((target, k) => target.set(arrays[k]!));
    },
  };
}
