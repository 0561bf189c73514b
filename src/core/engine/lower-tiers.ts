// Stores below RAM: what is demanded and costs enough is asked for there before it is computed, and what is kept and
// cost enough is offered there. Whatever such a store does costs time at most, never a result.
import type { Host } from '../env.ts';
import { SheetError } from '../errors.ts';
import { toHex } from '../fingerprint/digest.ts';
import { scoreOf } from '../pattern/score.ts';
import { contained } from '../store/contained.ts';
import { deadline } from '../store/deadline.ts';
import type { Entry } from '../store/entry.ts';
import { singleFlight } from '../store/single-flight.ts';
import {
  elementsOfStored,
  type Key,
  onReading,
  type Store,
  type Stored,
  type StoreSource,
  storedBytes,
  type TellTrouble,
  untilAborted,
  wrap,
} from '../store/store.ts';
import { tiered } from '../store/tiered.ts';
import { portableName, storedDType, verified } from '../store/verified.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import { bytesOf } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';
import { hit } from './admit.ts';
import { Asking } from './asking.ts';
import type { Call } from './call.ts';
import { expectedNs } from './judge.ts';
import type { LowerTiers, Parts, TierStats, View } from './parts.ts';
import { arrayOver, storedValue } from './stored-residence.ts';
import { WriteCredit, writeNs } from './write-credit.ts';

/**
 * What computing must cost for a store to be asked or filled: its answer takes about as much, and so much more a byte.
 */
const LEAST_NS = 1e6;
const NS_PER_BYTE = 3;
/**
 * An answer that takes longer is a miss; after so many of them in a row the store is left alone for a while, then for
 * twice as long each time it is late again.
 */
const DEADLINE_MS = 2000;
const MAX_LATE = 3;
const PAUSE_NS = 30e9;
const MAX_DOUBLINGS = 6;
/** What computing must cost for other processes to wait for it, and how long they do at most. */
const CLAIMED_NS = 5e7;
const MAX_WAIT_MS = 60_000;
/** After so many results that were found and could not be read the stores are asked no more. */
const MAX_LOST = 64;
/** Calls under a demand that are asked for at once, the costliest, where the stores have not the demanded one. */
const MAX_ASKED = 64;
/** Keys that the stores were found not to have are not asked for again, as long as so many are remembered. */
const MAX_ABSENT = 4096;
/** Results that wait to be offered at most. */
const MAX_OFFERS = 64;
/** Calls that are looked at for what a result takes in a process that has nothing yet, and what that takes. */
const MAX_LOOKED_AT = 64;
const LOOKING_NS = 5000;
/** What a result of unknown structure is worth (docs/score.md). */
const MEMO_SCORE = 0.5;
/** Below these floating-point operations a call is priced without looking. */
const SMALL_FLOPS = 1e4;
const SMALL_NS = 1000;

/** A call that is not in RAM, and what computing it and all it needs should take. */
interface Missing {
  readonly call: Call;
  readonly pathNs: number;
}

/** A result that waits to be offered to the stores. */
interface Offer {
  readonly parts: Parts;
  readonly call: Call;
  readonly entry: Pick<Entry, 'value' | 'facts' | 'costNs' | 'ownNs' | 'device' | 'score'>;
  /** Whether the time for writing it is accounted for. */
  readonly isPaid: boolean;
}

/** The stores of an engine, the quickest first. Those that a user gave stay open when it is closed. */
export class StoreTiers implements LowerTiers {
  readonly #store: Store;
  readonly #tell: TellTrouble;
  readonly #owned: readonly Store[];
  readonly #counts = { hits: 0, misses: 0, puts: 0, bytesRead: 0 };
  readonly #absent = new Set<Key>();
  /** Stores that gave a wrong result. */
  readonly #distrusted = new Set<number>();
  #lost = 0;
  readonly #credit = new WriteCredit();
  readonly #asking = new Asking();
  readonly #clock: () => number;
  #offers: Offer[] = [];
  /** What was demanded, and offered for that. */
  readonly #offered = new WeakSet<Call>();

  /** `owned`: those of the stores that end with the engine. */
  constructor(
    stores: readonly Store[],
    { digest, clock }: Pick<Host, 'digest' | 'clock'>,
    tell: TellTrouble,
    owned: readonly Store[] = [],
  ) {
    this.#tell = tell;
    const openedNs = clock();
    this.#clock = () => clock() - openedNs;
    this.#owned = owned;
    const checked = (store: Store, at: number): Store =>
      this.#sourced(
        patient(
          (told) => deadline(contained(verified(store, digest, told), told), DEADLINE_MS, told),
          tell,
          this.#clock,
        ),
        { at, kind: store.isPrompt === true ? 'disk' : 'shared' },
      );
    this.#store = this.#counting(singleFlight(tiered(stores.map(checked))));
  }

  /** Brings to RAM what the stores have of calls that are demanded; undefined where nothing is worth asking for. */
  bring(parts: Parts, targets: readonly Call[], view: View): Promise<void> | undefined {
    if (this.#lost >= MAX_LOST) return undefined;
    const missing = missingUnder(parts, targets, view).filter(
      ({ call, pathNs }) => isWorth(pathNs, call.type) && this.#asking.isDue(pathNs),
    );
    return missing.length === 0 ? undefined : this.#bringAll(parts, missing, new Set(targets), view.signal);
  }

  /** Offers a result that was kept in RAM; it is written when the program waits. What lies on a device is not. */
  offer(parts: Parts, call: Call, entry: Entry): void {
    const { costNs, ownNs } = entry;
    if (!isWorth(costNs, call.type) || !this.#credit.affords(call.type.sizeBytes, ownNs, this.#clock())) return;
    this.#wait({ parts, call, entry, isPaid: false });
  }

  /**
   * Offers what was demanded and computed, if that takes long in a process that has nothing yet: such a one asks for
   * what is demanded first, however little was left to compute here.
   */
  offerDemanded(parts: Parts, targets: readonly Call[], values: readonly Value[]): void {
    targets.forEach((call, i) => {
      const { type, origin } = call;
      if ((origin !== 'computed' && origin !== 'part') || this.#offered.has(call)) return;
      this.#offered.add(call);
      if (!this.#credit.spendDemanded(type.sizeBytes, call.costNs, LOOKING_NS, this.#clock())) return;
      const costNs = lineageNs(call);
      if (!isWorth(costNs, type)) return;
      const value = values[i]!;
      const device = parts.store.peek(call.knownNode(parts.table))?.device ?? 'unknown';
      const entry = { value, facts: 0, costNs, ownNs: call.costNs, device, score: scoreOf(value, costNs) };
      this.#wait({ parts, call, entry, isPaid: true });
    });
  }

  #wait(offer: Offer): void {
    const { block } = offer.entry.value;
    if (!block.isLocal) return;
    block.hold();
    if (this.#offers.push(offer) === 1) setTimeout(() => this.settle(), 0);
    if (this.#offers.length > MAX_OFFERS) this.settle();
  }

  /** Hands over what was offered. */
  settle(): void {
    const offers = this.#offers;
    this.#offers = [];
    // What was demanded first; where not all may be written, those that save the most for what writing them takes.
    const saving = ({ entry: { costNs, value }, isPaid }: Offer): number =>
      isPaid ? Infinity : costNs / writeNs(value.type.sizeBytes);
    const settled = new Set<Call>();
    for (const { parts, call, entry, isPaid } of offers.toSorted((a, b) => compare(saving(b), saving(a)))) {
      const isDue =
        !settled.has(call) && (isPaid || this.#credit.spend(call.type.sizeBytes, entry.ownNs, this.#clock()));
      settled.add(call);
      const key = isDue ? keyIn(parts, call) : undefined;
      if (key !== undefined) {
        const startNs = this.#clock();
        this.#write(parts, key, entry);
        this.#credit.exceed(isPaid, this.#clock() - startNs - writeNs(call.type.sizeBytes));
        parts.events.tier({ action: 'written', op: call.row?.name ?? '', sizeBytes: call.type.sizeBytes });
      }
      entry.value.block.release();
    }
  }

  /** What a store has under a name that is not a call's, read. */
  async get(key: Key, signal?: AbortSignal): Promise<Stored | undefined> {
    const found = await this.#store.get(key, signal);
    return found && readWhole(found);
  }

  /** Offers what is known by such a name, where that is worth its writing. */
  put(sizeBytes: number, costNs: number, make: () => Stored): void {
    if (!this.#credit.spend(sizeBytes, costNs, this.#clock())) return;
    const stored = make();
    this.#store.put(stored.key, stored, { costNs: stored.costs.pathNs, score: MEMO_SCORE });
  }

  distrust({ at }: StoreSource): void {
    this.#distrusted.add(at);
  }

  /** A store whose answers say that they are its own, while it is trusted. */
  #sourced(store: Store, from: StoreSource): Store {
    const isTrusted = (): boolean => !this.#distrusted.has(from.at);
    const own = (found: Stored | undefined): Stored | undefined => found && { ...found, from };
    return wrap(store, {
      peek: (key) => (isTrusted() ? own(store.peek(key)) : undefined),
      get: async (key, signal, costNs) => (isTrusted() ? own(await store.get(key, signal, costNs)) : undefined),
      put: (key, value, worth) => void (isTrusted() && store.put(key, value, worth)),
    });
  }

  stats(): TierStats {
    return { ...this.#store.stats(), ...this.#counts };
  }

  /** The store, with what is asked of it counted. */
  #counting(store: Store): Store {
    return wrap(store, {
      get: async (key, signal, costNs) => {
        const found = await store.get(key, signal, costNs);
        this.#counts[found === undefined ? 'misses' : 'hits']++;
        if (found?.elements instanceof Uint8Array) this.#counted(found.elements);
        return (
          found &&
          onReading(
            found,
            async (pending) => this.#counted(await pending),
            (run) => this.#counted(run()),
          )
        );
      },
      put: (key, value, worth) => {
        this.#counts.puts++;
        store.put(key, value, worth);
      },
    });
  }

  #counted(elements: Uint8Array | undefined): Uint8Array | undefined {
    this.#counts.bytesRead += elements?.length ?? 0;
    return elements;
  }

  /** Resolves when what was offered so far is where it belongs. */
  async flush(): Promise<void> {
    this.settle();
    await this.#store.flush?.();
  }

  /** Hands over what was offered, and ends the stores that are the engine's. */
  async close(): Promise<void> {
    this.settle();
    for (const store of this.#owned) await store.close();
  }

  #write({ contents }: Parts, key: Key, { value, facts, costNs, ownNs, device, score }: Offer['entry']): void {
    const { array, type } = value;
    this.#absent.delete(key);
    const stored: Stored = {
      key,
      dtype: portableName(type.dtype),
      shape: type.shape,
      facts,
      digest: toHex(contents.contentId(array, type)),
      // Nobody writes to an ordinary array any more; the kernels' memory is used again.
      elements: value.block.recycled ? new Uint8Array(bytesOf(array)) : bytesOf(array),
      costs: { pathNs: costNs, ownNs },
      producer: device,
    };
    this.#store.put(key, stored, { costNs, score });
  }

  /** Asks for the targets, then for what is under those that the stores have not. */
  async #bringAll(
    parts: Parts,
    missing: readonly Missing[],
    targets: ReadonlySet<Call>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const demanded = missing.filter(({ call }) => targets.has(call));
    const under = missing.filter(({ call }) => !targets.has(call));
    await this.#ask(parts, demanded, signal);
    for (const each of demanded) if (each.pathNs >= CLAIMED_NS) await this.#claim(parts, each, signal);
    if (demanded.length > 0 && demanded.every(({ call }) => isHere(parts, call))) return;
    await this.#ask(parts, under.toSorted((a, b) => b.pathNs - a.pathNs).slice(0, MAX_ASKED), signal);
  }

  /** Waits for a costly result that another process of this machine computes just now, or says that this one does. */
  async #claim(parts: Parts, missing: Missing, signal: AbortSignal | undefined): Promise<void> {
    const key = isHere(parts, missing.call) ? undefined : keyIn(parts, missing.call);
    if (key === undefined) return;
    const ms = Math.min(missing.pathNs / 1e6, MAX_WAIT_MS);
    if ((await untilAborted(Promise.resolve(this.#store.claim?.(key, ms)), signal)) !== true) return;
    this.#absent.delete(key);
    await this.#ask(parts, [missing], signal);
  }

  async #ask(parts: Parts, missing: readonly Missing[], signal: AbortSignal | undefined): Promise<void> {
    await Promise.all(
      missing.map(async ({ call, pathNs }) => {
        const key = keyIn(parts, call);
        if (key === undefined || this.#absent.has(key)) return;
        // What is wrong, or made of it, is put anew once it was computed.
        if (parts.quarantine.has(call)) return this.#store.discard?.(key);
        const found = this.#store.peek(key) ?? (await this.#store.get(key, signal, pathNs));
        // A law on finite values judges what is found.
        const stored = found && parts.settings.policy.finite !== undefined ? await readWhole(found) : found;
        if (stored === undefined && signal?.aborted === true) return;
        this.#asking.note(stored !== undefined);
        if (stored === undefined) this.#remember(key);
        else this.#take(parts, call, key, stored);
      }),
    );
  }

  /** Takes note of a key that the stores have not. */
  #remember(key: Key): void {
    if (this.#absent.size >= MAX_ABSENT) this.#absent.clear();
    this.#absent.add(key);
  }

  /**
   * Keeps an answer in RAM, as if it had been found there; its elements are read when somebody needs them. Its facts
   * are found again when somebody asks for them.
   */
  #take(parts: Parts, call: Call, key: Key, stored: Stored): void {
    const { type } = call;
    const { dtype, shape, elements, costs, producer } = stored;
    const isOfType =
      storedDType(dtype) === type.dtype && shape.join() === type.shape.join() && storedBytes(stored) === type.sizeBytes;
    if (!isOfType) {
      const detail = `it is ${dtype} [${shape.join()}], not ${type.dtype} [${type.shape.join()}]`;
      return this.#tell({ kind: 'corrupt', key, detail });
    }
    if (isHere(parts, call)) return;
    const onLost = (): void => {
      this.#lost++;
      this.#remember(key);
    };
    const value =
      elements instanceof Uint8Array
        ? valueOfArray(type, arrayOver(type, elements))
        : storedValue(type, elements, onLost);
    const costNs = wholeNs(costs.pathNs);
    const entry: Entry = {
      node: call.node(parts.table),
      op: call.row?.name ?? '',
      value,
      attributes: call.attributes,
      costNs,
      ownNs: wholeNs(costs.ownNs),
      device: String(producer),
      from: stored.from,
      away: false,
      facts: 0,
      score: scoreOf(value, costNs),
      hits: 0,
      touched: 0,
      slot: 0,
    };
    parts.events.tier({ action: 'found', op: entry.op, sizeBytes: type.sizeBytes });
    if (parts.store.put(entry)) parts.events.kept(entry);
    else parts.pins.renew(call, value);
    call.note ??= 'found in a store below RAM';
    hit(parts, call, entry);
    call.origin = 'stored';
  }
}

/** As subtracting them, where both may be infinite. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** A store that is left alone once it was late so many times in a row, and then asked again now and then. */
function patient(make: (told: TellTrouble) => Store, tell: TellTrouble, clock: () => number): Store {
  let late = 0;
  let askAgainNs = 0;
  const store = make((trouble) => {
    if (trouble.kind === 'late' && ++late >= MAX_LATE)
      askAgainNs = clock() + PAUSE_NS * 2 ** Math.min(late - MAX_LATE, MAX_DOUBLINGS);
    tell(trouble);
  });
  return wrap(store, {
    get: async (key, signal, costNs) => {
      if (late >= MAX_LATE) {
        if (clock() < askAgainNs) return undefined;
        // The others wait for what this one finds.
        askAgainNs = Infinity;
      }
      const before = late;
      const found = await store.get(key, signal, costNs);
      if (late === before) late = 0;
      return found;
    },
  });
}

const isWorth = (pathNs: number, { sizeBytes }: TensorType): boolean => pathNs >= LEAST_NS + NS_PER_BYTE * sizeBytes;

/** Whether a call needs no computing. */
function isHere({ store, table }: Parts, call: Call): boolean {
  const value = call.value ?? store.peek(call.knownNode(table))?.value;
  return !call.isComputable || value?.block.isLost === false;
}

/**
 * What computing a call from nothing takes at least, as far as its nearest operands tell: those that were found did not
 * count where it was computed.
 */
function lineageNs(call: Call): number {
  const seen = new Set<Call>([call]);
  let total = 0;
  for (const each of seen) {
    total += each.costNs;
    if (seen.size < MAX_LOOKED_AT) for (const operand of each.operands) seen.add(operand);
  }
  return total;
}

/** A result with its elements; undefined where they cannot be read. */
async function readWhole(stored: Stored): Promise<Stored | undefined> {
  const elements = await elementsOfStored(stored);
  return elements && { ...stored, elements };
}

/** The calls under some, and those themselves, that are not in RAM; operands first, without recursion. */
function missingUnder(parts: Parts, targets: readonly Call[], view: View): Missing[] {
  const paths = new Map<Call, number>();
  const missing: Missing[] = [];
  const stack = [...targets];
  for (let call = stack.at(-1); call !== undefined; call = stack.at(-1)) {
    const before = stack.length;
    if (!paths.has(call) && isHere(parts, call)) paths.set(call, 0);
    if (!paths.has(call)) for (const operand of call.operands) if (!paths.has(operand)) stack.push(operand);
    if (stack.length > before) continue;
    stack.pop();
    if (paths.has(call)) continue;
    const pathNs = call.operands.reduce((sum, operand) => sum + (paths.get(operand) ?? 0), priceOf(parts, call, view));
    paths.set(call, pathNs);
    missing.push({ call, pathNs });
  }
  return missing;
}

function priceOf(parts: Parts, call: Call, view: View): number {
  if (call.flops < SMALL_FLOPS) return SMALL_NS;
  return orNothing(() => expectedNs(parts, call, view)) ?? 0;
}

/** The key of a call; undefined where a root of it has no content that can be read now. */
const keyIn = ({ keys }: Parts, call: Call): Key | undefined => orNothing(() => toHex(keys.of(call)));

/** What `run` gives, or undefined where it throws an error of this library. */
function orNothing<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof SheetError) return undefined;
    throw error;
  }
}

/** Nanoseconds that somebody else measured. */
const wholeNs = (ns: number): number => (Number.isFinite(ns) && ns > 0 ? Math.round(ns) : 0);
