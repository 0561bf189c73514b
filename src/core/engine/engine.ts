// The state of a sheet, and the verbs that need no elements: look up, judge, record.
import type { CostTable } from '../device/costs.ts';
import type { Dispatcher } from '../device/dispatch.ts';
import type { Device, DeviceReport, Task } from '../device/device.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Entry } from '../store/store.ts';
import type { Host } from '../env.ts';
import { type PolicyError, SheetError, withCallSite } from '../errors.ts';
import type { Decision, NumericsClass } from '../events.ts';
import type { Author, Expression } from '../expr/node.ts';
import type { Precision } from '../tensor/dtype.ts';
import { InterningTable } from '../expr/interning.ts';
import { stabilise } from '../expr/rewrites.ts';
import type { OpRow } from '../ops/define.ts';
import { scoreOf } from '../pattern/score.ts';
import { type Admission, admission, type Candidate } from '../policy/admission.ts';
import { judgeBefore, type Verdict } from '../policy/laws.ts';
import type { Block, Memory, Value } from '../tensor/block.ts';
import { Computing } from './compute.ts';
import { Counters } from './counters.ts';
import type { Choice } from './devices.ts';
import { checkFinite, type Health } from './health.ts';
import { LookupClock } from './lookup-clock.ts';
import { MemoKeys } from '../memo/key.ts';
import type { makeMemo } from '../memo/memo.ts';
import { Memos } from '../memo/store.ts';
import { NearMisses } from './near-misses.ts';
import type { Settings } from '../sheet/options.ts';
import { Pins } from './pins.ts';
import { boundLineage, giveBack } from './relief.ts';
import { Roots } from '../inputs/roots.ts';
import type { TraceWriter } from '../trace/writer.ts';

/** How one view of a sheet wants its calls answered. */
export interface View {
  readonly author: Author;
  readonly numerics: NumericsClass;
  readonly reuse: boolean;
  readonly device: string | undefined;
  readonly precision: Precision | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Everything the verbs share. One per open sheet. */
export class Core {
  readonly host: Host;
  readonly settings: Settings;
  readonly table = new InterningTable();
  readonly store: MemoryStore;
  readonly dispatcher: Dispatcher;
  readonly memory: Memory;
  readonly pins = new Pins();
  readonly counters = new Counters();
  /** What authors of this sheet look for better forms with. */
  readonly stabilise = stabilise;
  /** Decides what is kept; injected so that tests can pin it, for what it looks at was measured. */
  admission: (candidate: Candidate) => Admission = admission;
  readonly recorder: TraceWriter;
  readonly roots: Roots;
  readonly memos: Memos;
  readonly memoKeys: MemoKeys;
  /** Makes memoised functions: loaded with the core, for only an open sheet has them. */
  makeMemo!: typeof makeMemo;
  readonly nearMisses = new NearMisses(this.table);
  readonly lookups: LookupClock;
  readonly computing: Computing;
  /** Devices that were looked for and not found, or are switched off. */
  absentDevices: readonly DeviceReport[] = [];
  /** Devices that are switched off, on which others may stand: closed with them. */
  idleDevices: readonly Device[] = [];
  /** Whether there are no laws to judge calls by. */
  readonly lawless: boolean;
  readonly #startNs: number;
  #seq = 0;
  #closing: Promise<void> | undefined;

  constructor(host: Host, settings: Settings, dispatcher: Dispatcher, memory: Memory, recorder: TraceWriter) {
    this.host = host;
    this.settings = settings;
    this.dispatcher = dispatcher;
    this.memory = memory;
    this.recorder = recorder;
    this.store = new MemoryStore(this.table, settings.budgetBytes);
    this.roots = new Roots({ table: this.table, memory, pins: this.pins, counters: this.counters, digest: host.digest, costs: dispatcher.costs });
    this.memos = new Memos({ table: this.table, store: this.store, digest: host.digest, warn: (line) => host.warn(line), scoreOf });
    this.memoKeys = new MemoKeys(host.digest, this.roots);
    this.lookups = new LookupClock(host.clock, this.counters);
    this.computing = new Computing(this);
    memory.relieveBy?.(() => giveBack(this));
    this.lawless = Object.keys(settings.policy).length === 0;
    this.#startNs = host.clock();
  }

  get costs(): CostTable {
    return this.dispatcher.costs;
  }

  /** The devices it has, and those it has not. */
  get choice(): Choice {
    return { devices: this.dispatcher.devices, absent: this.absentDevices };
  }

  /** Prints the report once, where it was asked for (SYMBOLIC_SHEET_REPORT=1). */
  printReport: () => void = () => {};

  /** Nanoseconds since the sheet was opened. */
  now(): number {
    return this.host.clock() - this.#startNs;
  }

  nextSeq(): number {
    return ++this.#seq;
  }

  /** Number of the newest call. */
  get lastSeq(): number {
    return this.#seq;
  }

  /**
   * Look up, for an expression and everything under it that was not admitted yet: laws are checked, the program event is
   * written, the node is interned and probed. Nothing is computed.
   */
  admit(target: Expression, view: View): void {
    if (target.admitted) return;
    this.sweep();
    if (target.row !== undefined && allAdmitted(target)) return this.#admitOne(target, view);
    const fresh = listFresh(target);
    if (view.reuse) this.roots.identify(fresh);
    for (const expression of fresh) this.#admitOne(expression, view);
  }

  /** Lets go of nodes that nothing holds, once the table is full. To be called by whatever makes nodes, before it has the number of one in hand. */
  sweep(): void {
    if (!this.table.sweepWhenFull()) return;
    while (boundLineage(this)) this.table.sweep();
  }

  #admitOne(expression: Expression, view: View): void {
    if (!this.lawless) this.#judge(expression, view);
    this.counters.askedFlops += expression.flops;
    expression.admitted = true;
    this.recorder.program(expression, view.numerics);
    if (!view.reuse || expression.row === undefined) return;
    const entry = this.store.get(expression.node(this.table));
    if (entry !== undefined && !(entry.away && entry.value.block.isLost)) this.#hit(expression, entry);
  }

  #judge(expression: Expression, view: View): void {
    const { row, type, seq } = expression;
    const laws = this.settings.policy;
    // A literal is part of the op it stands in, and comes from outside as a root does.
    if (row === undefined || expression.isLiteral) return this.checkHealth(expression, expression.value, laws.finiteInputs);
    try {
      judgeBefore(laws, { op: row.name, type, expectedNs: laws.maxExpectedMs === undefined ? 0 : this.#expectedNs(expression, view), seq });
    } catch (error) {
      this.counters.denials++;
      this.answered(expression, 'denied', '', this.now(), 0, 0);
      throw error instanceof SheetError ? withCallSite(error, expression.site) : error;
    }
  }

  /** What an op should take on the device it would go to. */
  #expectedNs({ row, attributes, type, operands }: Expression, view: View): number {
    const unread = operands.map((operand) => ({ type: operand.type }) as Value);
    const task: Task = { row: row as OpRow, attrs: attributes.values, type, numerics: view.numerics, operands: unread };
    return this.costs.expectNs(this.dispatcher.place(task, view.device), task);
  }

  #hit(expression: Expression, entry: Entry): void {
    this.counters.hits++;
    expression.origin = 'ram';
    expression.site = undefined;
    expression.savesNs = entry.ownNs;
    expression.costNs = entry.costNs;
    this.answered(expression, 'hit', entry.device, this.now(), 0, entry.score);
  }

  /** Counts what was saved by finding an expression that is read now, and what is under it: what nobody reads, nobody would have computed. */
  credit(read: Expression): void {
    let rest: Expression[] | undefined;
    for (let found: Expression | undefined = read; found !== undefined; found = rest?.pop()) {
      this.counters.savedNs += found.savesNs;
      found.savesNs = 0;
      for (const operand of found.operands) if (operand.savesNs !== 0) (rest ??= []).push(operand);
    }
  }

  /** Records how a call was answered, and says it where `SYMBOLIC_SHEET_LOG=1` asked for that. */
  answered(expression: Expression, decision: Decision, device: string, startNs: number, elapsedNs: number, score: number, value?: Value): void {
    this.recorder.annotate(expression, decision, device, startNs, elapsedNs, score, value);
    if (expression.note !== undefined) this.recorder.note(expression.seq, expression.note);
    if (this.host.settings.log) this.host.warn(`#${expression.seq} ${expression.row?.name ?? 'tensor'} ${decision}${device === '' ? '' : ` on ${device}`} in ${(elapsedNs / 1e3).toFixed(1)} µs`);
  }

  /** Throws, or warns, where a law on finite values is broken. */
  checkHealth(expression: Expression, value: Value | undefined, law: Verdict | undefined, known?: Health): void {
    if (law === undefined || value === undefined) return;
    const error = checkFinite(expression, value, known);
    if (error === undefined) return;
    this.answered(expression, 'denied', '', this.now(), 0, 0);
    withCallSite(error, expression.site);
    this.broken(error, law);
  }

  /** A law was broken: denies, or says it. */
  broken(error: PolicyError, law: Verdict): void {
    this.counters.denials++;
    if (law === 'deny') throw error;
    this.host.warn(error.message);
  }

  /** Counts what a law refuses. */
  refusing(judge: () => void): void {
    try {
      judge();
    } catch (error) {
      this.counters.denials++;
      throw error;
    }
  }

  /** Has memories give back what nothing is in, and the collector take it. */
  trim(): void {
    const { store, pins, dispatcher, memory } = this;
    const settled = (): Iterable<Block> => [...pins.blocks, ...Array.from(store.entries(), ({ value }) => value.block)];
    memory.trim?.(settled);
    for (const device of dispatcher.devices) device.memory?.trim?.(settled);
    void pins.press();
  }

  /** Why an expression was answered as it was, in a few words. */
  reasonOf(expression: Expression): string {
    const reason = this.#answerOf(expression);
    return expression.note === undefined ? reason : `${reason}; ${expression.note}`;
  }

  #answerOf(expression: Expression): string {
    if (expression.origin === 'given') return 'from outside';
    if (expression.row === undefined) return ORIGINS_OF_MEMOS[expression.origin] ?? '';
    if (expression.origin === 'ram') return 'the same op on the same operands was kept';
    if (expression.origin === 'computed') return 'nothing kept matches';
    if (expression.origin === 'part') return 'part of a kept result was still valid';
    return expression.within > 0 ? `computed together with #${expression.within}` : 'nobody asked for its elements yet';
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Ends everything but what live handles hold, which comes to RAM before its device goes. */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    this.printReport();
    this.recorder.close();
    // First, so that only what handles hold is left on a device.
    this.store.close();
    const arriving = this.pins.bringHome();
    if (arriving !== undefined) await arriving;
    this.dispatcher.close();
    for (const device of this.idleDevices) device.close();
  }
}

/** Roots that a memo gave. */
const ORIGINS_OF_MEMOS: Partial<Record<Expression['origin'], string>> = {
  ram: 'a memo kept it for these arguments', part: 'a memo had some of its rows and ran for the others', computed: 'the function of a memo gave it',
};

function allAdmitted({ operands }: Expression): boolean {
  for (const operand of operands) if (!operand.admitted) return false;
  return true;
}

/** Everything under an expression that was not admitted, operands first. */
const listFresh = (target: Expression): Expression[] => listShallow(target) ?? listDeep(target);

/** Where one operand at most was not admitted, and it has none itself; undefined elsewhere. */
function listShallow(target: Expression): Expression[] | undefined {
  let fresh: Expression | undefined;
  for (const operand of target.operands) {
    if (operand.admitted || operand === fresh) continue;
    if (fresh !== undefined || operand.operands.length > 0) return undefined;
    fresh = operand;
  }
  return fresh === undefined ? [target] : [fresh, target];
}

function listDeep(target: Expression): Expression[] {
  const order: Expression[] = [];
  const seen = new Set<Expression>();
  const stack: Expression[] = [target];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const before = stack.length;
    for (const operand of top.operands) if (!operand.admitted && !seen.has(operand)) stack.push(operand);
    if (stack.length > before) continue;
    stack.pop();
    if (seen.has(top)) continue;
    seen.add(top);
    order.push(top);
  }
  return order;
}
