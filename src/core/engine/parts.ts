// What the verbs of an engine work on: one plain record of parts, made once and never changed.
import type { Device, DeviceReport } from '../device/device.ts';
import type { Dispatcher } from '../device/dispatch.ts';
import type { Host } from '../env.ts';
import type { NumericsClass } from '../events.ts';
import { InterningTable } from '../expr/interning.ts';
import type { Author } from '../expr/node.ts';
import type { NodeKeys } from '../fingerprint/key.ts';
import { admission, type Admission, type Candidate } from '../policy/admission.ts';
import type { Entry } from '../store/entry.ts';
import type { Key, Stored, StoreSource, StoreStats } from '../store/store.ts';
import { NodeStore } from '../store/node-store.ts';
import type { Memory, Value } from '../tensor/block.ts';
import type { TraceWriter } from '../trace/writer.ts';
import { BreakEven } from './break-even.ts';
import type { Call } from './call.ts';
import { Contents } from './contents.ts';
import { Counters } from './counters.ts';
import type { Events } from './events.ts';
import { FUSED_ELEMENTS } from './fusion.ts';
import { callKeys } from './keys.ts';
import { LookupClock } from './lookup-clock.ts';
import { NearMisses } from './near-misses.ts';
import { Pins } from './pins.ts';
import { Quarantine } from './quarantine.ts';
import { Returns } from './returns.ts';
import type { Settings } from './settings.ts';

/** How one view of an engine wants its calls answered. */
export interface View {
  readonly author: Author<Call>;
  readonly numerics: NumericsClass;
  /** Whether results are looked up and kept. */
  readonly reuse: boolean;
  /** The device that is asked for by name. */
  readonly device: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What stores below RAM hold, and what was asked of them since the sheet was opened. */
export interface TierStats extends StoreStats {
  readonly hits: number;
  readonly misses: number;
  readonly puts: number;
  /** Bytes of elements that they gave: those of results that were found and that nobody read are not among them. */
  readonly bytesRead: number;
}

/** Stores below RAM, as an engine uses them (lower-tiers.ts, which is loaded where there are any). */
export interface LowerTiers {
  bring(parts: Parts, targets: readonly Call[], view: View): Promise<void> | undefined;
  offer(parts: Parts, call: Call, entry: Entry): void;
  offerDemanded(parts: Parts, targets: readonly Call[], values: readonly Value[]): void;
  settle(): void;
  /** What a store has under a name that is not a call's, with its elements. */
  get(key: Key, signal?: AbortSignal): Promise<Stored | undefined>;
  /** Offers what is known by such a name, which `make` gives where its cost is worth its writing; returns at once. */
  put(sizeBytes: number, costNs: number, make: () => Stored): void;
  /** A result that a store gave was wrong: it is not asked any more. */
  distrust(source: StoreSource): void;
  stats(): TierStats;
  /** Resolves when what was offered so far is where it belongs. */
  flush(): Promise<void>;
  /** Ends what is its own, once all that was offered is where it belongs. */
  close(): Promise<void>;
}

/** What comes from outside. */
export interface Given {
  readonly host: Host;
  readonly settings: Settings;
  readonly dispatcher: Dispatcher;
  /** Where results lie that are on no device of their own. */
  readonly memory: Memory;
  /** The trace, to be read. */
  readonly recorder: TraceWriter;
  /** Who is told what happens. */
  readonly events: Events;
  /** Devices that were looked for and not found, or are switched off. */
  readonly absentDevices?: readonly DeviceReport[];
  /** Devices that are switched off, on which others may depend: closed with them. */
  readonly idleDevices?: readonly Device[];
  /** Where results are asked for that are not in RAM. */
  readonly lower?: LowerTiers | undefined;
  /** Decides what is kept. Tests pin it, for what it looks at was measured. */
  readonly admission?: (candidate: Candidate) => Admission;
  /** Elements from which elementwise steps are fused. Tests lower it. */
  readonly fusedElements?: number;
}

/** Everything the verbs share. */
export interface Parts extends Required<Given> {
  readonly table: InterningTable;
  readonly store: NodeStore;
  readonly pins: Pins;
  readonly contents: Contents;
  /** Names of calls outside this process. */
  readonly keys: NodeKeys<Call>;
  readonly counters: Counters;
  readonly lookups: LookupClock;
  readonly nearMisses: NearMisses;
  readonly quarantine: Quarantine;
  readonly returns: Returns;
  /** What keeping the result of a call is weighed by; undefined where none was computed or found. */
  readonly breakEvenOf: (call: Call) => BreakEven | undefined;
  /** Whether there are no laws to judge calls by. */
  readonly lawless: boolean;
  /** Nanoseconds since the engine was opened. */
  now(): number;
}

/** The parts of a new engine. */
export function makeParts(given: Given): Parts {
  const { host, settings, dispatcher } = given;
  const table = new InterningTable();
  const counters = new Counters();
  const startNs = host.clock();
  const returns = new Returns();
  const contents = new Contents({ table, counters, digest: host.digest, costs: dispatcher.costs });
  const nearMisses = new NearMisses(table, (call) => contents.panelsOf(call));
  return {
    absentDevices: [],
    idleDevices: [],
    lower: undefined,
    admission,
    fusedElements: FUSED_ELEMENTS,
    ...given,
    table,
    counters,
    store: new NodeStore(table, settings.budgetBytes, (entry) => {
      nearMisses.evicted(entry.node);
      given.events.evicted(entry);
    }),
    pins: new Pins(),
    contents,
    keys: callKeys(host.digest, contents),
    lookups: new LookupClock(host.clock, counters),
    nearMisses,
    quarantine: new Quarantine(table),
    returns,
    breakEvenOf: (call) =>
      call.row === undefined || call.costNs === 0 ? undefined : new BreakEven(call, counters, returns),
    lawless: Object.keys(settings.policy).length === 0,
    now: () => host.clock() - startNs,
  };
}
