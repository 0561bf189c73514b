// Verified reuse: some of the results that are found are checked before they are used. One that is wrong is computed
// again, with all that was made of it, and what gave it is believed no more.
import { checkOf, type ResultCheck } from '../device/result-check.ts';
import type { Device, Task } from '../device/device.ts';
import type { NumericsClass } from '../events.ts';
import type { NodeId } from '../expr/interning.ts';
import type { Entry } from '../store/entry.ts';
import type { Value } from '../tensor/block.ts';
import type { Call } from './call.ts';
import type { Parts } from './parts.ts';

/** The share of hits that are checked by themselves, by where the result was: here, on a disk, with others. */
const RATES = { ram: 0.01, disk: 0.02, shared: 0.1 };
/** What checking may take of the time of a sheet, where no rate was given. */
const MOST_TIME = 0.01;
/** Random vectors for products of this machine, and for those of others, who may have made an error fit. */
const VECTORS = { ram: 2, disk: 2, shared: 20 };
/** What the first check of an op that a shared store gives may take beyond that. */
const FIRST_NS = 2e7;

/** Values of the operands of a call, each held for the caller; undefined where they are not at hand. */
export type OperandsOf = (call: Call, isPatient: boolean) => readonly Value[] | undefined;

/** What a result was found as. */
interface Found {
  readonly call: Call;
  readonly node: NodeId;
  readonly entry: Entry;
  readonly numerics: NumericsClass;
}

/** Draws hits and checks them. */
export class Verifier {
  readonly #parts: Parts;
  readonly #rate: number | undefined;
  #due = 0;
  #spentNs = 0;
  #isBusy = false;
  /** Devices whose results were wrong once: all of theirs are checked. */
  readonly #suspects = new Set<string>();
  /** Ops of which a shared store has given a result. */
  readonly #met = new Set<string>();
  /** Nodes whose next result is checked as well. */
  readonly #again = new Set<NodeId>();
  readonly #said = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#rate = parts.settings.verify.rate;
  }

  /** Whether a result that was found may be used: it was not drawn, cannot be checked now, or nothing is wrong. */
  passes(found: Found, operandsOf: OperandsOf): boolean {
    const { entry } = found;
    if (this.#rate === 0) return true;
    this.#due += this.#suspects.size > 0 && this.#suspects.has(entry.device) ? 1 : this.#shareOf(entry);
    const isFirst = entry.from?.kind === 'shared' && this.#isFirst(entry);
    if ((this.#due < 1 && !isFirst) || this.#isBusy) return true;
    this.#due = Math.max(0, this.#due - 1);
    this.#isBusy = true;
    try {
      const fault = this.#faultOf(found, operandsOf, isFirst ? FIRST_NS : 0);
      if (fault === undefined) return true;
      this.#refuse(found, fault);
      return false;
    } finally {
      this.#isBusy = false;
    }
  }

  /**
   * Whether the result that was computed in the place of a wrong one is right. Where it is not, its device computes
   * nothing more, and it has to be computed elsewhere.
   */
  isSound(node: NodeId, task: Task, value: Value, device: Device): boolean {
    if (this.#again.size === 0 || !this.#again.delete(node) || !value.block.isLocal) return true;
    const check = checkOf(task, value, device.exact, VECTORS.shared);
    const fault = check === undefined ? undefined : this.#timed(check);
    if (fault === undefined) return true;
    this.#parts.dispatcher.exclude(device);
    const op = task.row.name;
    this.#tell({ op, device: device.name, source: 'computed', detail: fault, derived: 0 });
    return false;
  }

  #shareOf({ from, score }: Entry): number {
    const kind = from?.kind ?? 'ram';
    return this.#rate === undefined ? RATES[kind] * (0.5 + score) : this.#rate;
  }

  #isFirst({ op }: Entry): boolean {
    return this.#met.size < this.#met.add(op).size;
  }

  #faultOf({ call, entry, numerics }: Found, operandsOf: OperandsOf, extraNs: number): string | undefined {
    const { value } = entry;
    if (call.row === undefined || !isAtHand(value)) return undefined;
    const isPatient = this.#rate !== undefined;
    const operands = operandsOf(call, isPatient);
    if (operands === undefined) return undefined;
    value.block.hold();
    try {
      if (!operands.every(isAtHand)) return undefined;
      const check = checkOf(
        { row: call.row, attrs: call.attributes.values, type: call.type, numerics, operands },
        value,
        numerics === 'exact' || this.#isExact(entry.device),
        VECTORS[entry.from?.kind ?? 'ram'],
      );
      return check === undefined || !this.#affords(check.costNs, extraNs) ? undefined : this.#timed(check);
    } finally {
      value.block.release();
      for (const { block } of operands) block.release();
    }
  }

  #isExact(name: string): boolean {
    return this.#parts.dispatcher.devices.some((device) => device.name === name && device.exact);
  }

  #affords(costNs: number, extraNs: number): boolean {
    return this.#rate !== undefined || this.#spentNs + costNs <= MOST_TIME * this.#parts.now() + extraNs;
  }

  #timed(check: ResultCheck): string | undefined {
    const { counters, host } = this.#parts;
    const startNs = this.#parts.now();
    const fault = check.run(drawFrom(host.digest.hash(new Uint8Array(Float64Array.of(host.clock()).buffer))));
    const tookNs = this.#parts.now() - startNs;
    this.#spentNs += tookNs;
    counters.checked++;
    counters.checkNs += Math.round(tookNs);
    return fault;
  }

  /** Drops a result and all that was made of it, and has it computed again. */
  #refuse({ call, node, entry }: Found, fault: string): void {
    const { store, counters, quarantine, lower } = this.#parts;
    const all = quarantine.add(node);
    const derived = all.filter((each) => store.delete(each) && each !== node).length;
    counters.quarantined += 1 + derived;
    counters.hits--;
    call.savesNs = 0;
    call.origin = 'pending';
    this.#suspects.add(entry.device);
    this.#again.add(node);
    if (entry.from !== undefined) lower?.distrust(entry.from);
    const source = entry.from?.kind ?? 'ram';
    call.note = `a kept result of ${entry.device} (${source}) was wrong and is computed again: ${fault}`;
    this.#tell({ op: entry.op, device: entry.device, source, detail: fault, derived });
  }

  /** An event for each, a line for each producer. */
  #tell(event: Parameters<Parts['events']['quarantined']>[0]): void {
    const { events, host } = this.#parts;
    events.quarantined(event);
    const producer = `${event.source} ${event.device}`;
    if (this.#said.size === this.#said.add(producer).size) return;
    host.warn(
      event.source === 'computed'
        ? `${event.device} computed ${event.op} wrongly twice and is used no more: ${event.detail}.`
        : `A kept result of ${event.op} (${event.device}, ${event.source}) was wrong, and is computed again with ` +
            `${event.derived} that were made of it: ${event.detail}.`,
    );
  }
}

/** Whether elements are in RAM, or can be brought there within the call. */
const isAtHand = ({ block }: Value): boolean => block.isLocal || block.residence?.bringNow?.(block) === true;

/** Random bits from a seed that was not known before: xorshift128. */
function drawFrom(seed: Uint8Array): () => number {
  const state = new Int32Array(seed.slice(0, 16).buffer);
  state[0]! |= 1;
  return () => {
    let t = state[3]!;
    const s = state[0]!;
    [state[3], state[2], state[1]] = [state[2]!, state[1]!, s];
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = t ^ s ^ (s >>> 19);
    return state[0]!;
  };
}
