// What a small op costs on a device: chains of dependent ops, encoded and submitted, awaited, through the sheet; and
// asking for one that is known.
import type { PendingTensor, Tensor } from 'symbolic-sheet';
import type { Sheet } from '../src/core/sheet/sheet.ts';
import { computedAgain, type DeviceWork, hit, holdRivals, missed, onDevice } from './contenders/device-contenders.ts';
import { type OpenDevice, openDevice } from './devices.ts';
import { DirectChain } from './contenders/direct-chain.ts';
import { type Contender, race, type Timing } from './measure/harness.ts';
import { numberOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { accountOf, type Bench, type Row, timesOf } from './report/report.ts';
import { openGpuRivals, type Rival, type Rivals } from './contenders/rivals.ts';
import { floats } from './measure/seed.ts';

const CHAIN = 1000;
/** On software drivers, which take milliseconds for each. */
const TINY_CHAIN = 20;
const TARGET_HIT_US = 3;

/** One step of a chain: an op on what the step before gave and a constant. */
interface Step {
  readonly op: 'matmul' | 'add';
  readonly shape: readonly number[];
  /** What every element of the constant is, and what a chain so long makes of ones. */
  readonly constant: Float32Array;
  readonly wanted: (links: number) => number;
  readonly apply: (view: Sheet, x: Tensor, constant: Tensor) => PendingTensor;
  readonly applyRival: <T>(rival: Rival<T>, x: T, constant: T) => T;
}

const ORDER = 32;

/** Products cannot be fused with one another: a kernel each. Sums can, and are one kernel for many. */
const STEPS: readonly Step[] = [
  {
    op: 'matmul',
    shape: [ORDER, ORDER],
    constant: Float32Array.from({ length: ORDER * ORDER }, (_, i) => (i % (ORDER + 1) === 0 ? 1 : 0)),
    wanted: () => 1,
    apply: (view, x, constant) => view.matmul(x, constant),
    applyRival: (rival, x, constant) => rival.matmul(x, constant),
  },
  {
    op: 'add',
    shape: [4096],
    constant: new Float32Array(4096).fill(1),
    wanted: (links) => 1 + links,
    apply: (view, x, constant) => view.add(x, constant),
    applyRival: (rival, x, constant) => rival.add(x, constant),
  },
];

/**
 * The bench `dispatch`. `--device webgpu` instead of `wasm`; `--chain 100` sets the length, `--rivals tfjs,jax` who
 * runs beside.
 */
export const dispatch: Bench = async (options, tell) => {
  const chain = numberOf(options.values, 'chain');
  const place = await openDevice(options.values['device'] ?? 'wasm', options);
  const links = chain ?? (place.run?.sanity === true ? TINY_CHAIN : CHAIN);
  const check = new Check();
  const rows: Row[] = [];
  try {
    const rivals = place.run === undefined ? { open: [], skipped: {} } : await openGpuRivals(options.values['rivals']);
    for (const [name, reason] of Object.entries(rivals.skipped)) tell(`without ${name}: ${reason}`);
    for (const step of STEPS) if (!options.isOver()) rows.push(await rowOf(place, rivals, step, links, check));
  } finally {
    await place.sheet.close();
  }
  const columns = [
    'op',
    'device',
    'chain',
    'encodeUs',
    'directUs',
    'offUs',
    'uncachedUs',
    'tfjsUs',
    'jaxUs',
    'foundUs',
    'hitUs',
    'withinTarget',
  ];
  return { checked: check.summary, rows, columns, ...(place.run !== undefined && { gpu: place.run }) };
};

async function rowOf(place: OpenDevice, rivals: Rivals, step: Step, links: number, check: Check): Promise<Row> {
  const chain = chainOf(step, links);
  const errorOf = (found: ArrayLike<number>): number =>
    Array.from(found).every((element) => element === step.wanted(links)) ? 0 : Infinity;
  const others = await holdRivals(rivals, chain, errorOf);
  const operands = await onDevice(place, chain);
  check.hold(
    `${place.name}'s chain of ${step.op}`,
    errorOf(
      (await chain.apply(place.sheet.with({ device: place.name, cache: 'off' }), operands).data()) as Float32Array,
    ),
  );
  const direct = new DirectChain(place, step, links);
  check.hold(`the direct chain of ${step.op}`, errorOf(await direct.read()));
  // Of no structure: what is known of ones and of the identity would be offered with each call.
  const link: DeviceWork = {
    ...chain,
    ops: 1,
    arrays: [1, 2].map((seed) => floats(step.constant.length, seed)),
    apply: (view, [x, constant]) => step.apply(view, x!, constant!),
  };
  const known = await onDevice(place, link);
  const timings = await race(
    [
      {
        name: 'encode',
        maxCalls: 1,
        prepare: () => direct.prepare(),
        run: () => direct.encode(),
        tidy: () => direct.finish(),
      },
      {
        name: 'direct',
        maxCalls: 1,
        prepare: () => direct.prepare(),
        run: () => direct.encode().then(() => direct.settled()),
        tidy: () => direct.finish(),
      },
      computedAgain(place, chain, operands),
      missed(place, chain, operands),
      ...others.contenders,
      found(place, link, known),
      hit(place, link, known),
    ],
    place.pace,
  );
  others.close();
  [...operands, ...known].forEach((operand) => operand.dispose());
  return assemble(timings, links, {
    op: step.op,
    device: place.name,
    chain: links,
    sanity: place.run?.sanity ?? false,
    skipped: others.skipped,
  });
}

function assemble(timings: Readonly<Record<string, Timing>>, links: number, names: object): Row {
  const us = (name: string, ops: number): number => ((timings[name]?.medianMs ?? Number.NaN) * 1e3) / ops;
  const perOp = Object.fromEntries(
    ['encode', 'direct', 'off', 'uncached', 'tfjs', 'jax'].map((name) => [`${name}Us`, us(name, links)]),
  );
  const hitUs = us('hit', 1);
  return {
    ...names,
    ...perOp,
    foundUs: us('found', 1),
    hitUs,
    withinTarget: hitUs <= TARGET_HIT_US,
    ...timesOf(timings),
    ...accountOf(timings),
  };
}

/** A chain of ones through a step. */
function chainOf({ op, shape, constant, apply, applyRival }: Step, links: number): DeviceWork {
  return {
    shapes: [shape, shape],
    arrays: [new Float32Array(constant.length).fill(1), constant],
    maxCalls: 1,
    ops: links,
    ...(op === 'matmul' && { fuses: false as const }),
    apply: (view, [x, right]) => {
      let last = apply(view, x!, right!);
      for (let i = 1; i < links; i++) last = apply(view, last, right!);
      return last;
    },
    applyRival: (rival, [x, right]) => {
      let last = applyRival(rival, x!, right!);
      for (let i = 1; i < links; i++) {
        const next = applyRival(rival, last, right!);
        rival.dispose(last);
        last = next;
      }
      return last;
    },
  };
}

/** The look-up alone: the call is found to be known. */
function found(place: OpenDevice, link: DeviceWork, operands: readonly Tensor[]): Contender {
  return {
    ...hit(place, link, operands),
    name: 'found',
    run: async (calls) => {
      for (let i = 0; i < calls; i++) await link.apply(place.view, operands);
    },
  };
}
