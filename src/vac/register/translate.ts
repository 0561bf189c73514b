// The register form of a program, derived when a machine is made: words of 16 bytes whose operands are slots of the
// frame. Reads of locals and constants wait until they are used, and are in their places of the stack wherever a block
// ends, so that a machine that stops between blocks has the state that the reference interpreter would have.
import type { LinkedProgram } from '../program/link.ts';
import type { Branch, VacStep, VerifiedFunction } from '../program/verify.ts';
import { BlockWriter, type Target, type Word } from './block-writer.ts';
import { controlNumber } from './operations.ts';

/** What the form leaves to the reference interpreter: a word at which a step may trap, or that it does not know. */
interface Leaving {
  readonly pc: number;
  /** Ticks of the block before the step, and of the whole block. */
  readonly before: number;
  readonly cost: number;
  /** Where the operands of the step are, from the bottom. */
  readonly operands: readonly Target[];
  readonly height: number;
}

/** Words of a whole program. Places are numbers of words. */
export interface RegisterForm {
  readonly words: readonly Word[];
  /** Of a step: the number of the word of the block that begins there, or −1. */
  readonly blockAt: Int32Array;
  /** Of a word that begins a block: the step. */
  readonly stepAt: ReadonlyMap<number, number>;
  readonly leavings: ReadonlyMap<number, Leaving>;
  /** Lists of words that tables go to, one after the other. */
  readonly tables: readonly number[];
}

/** Rows that a word cannot do: the reference interpreter does them, between blocks. */
const isLeft = ({ row }: VacStep): boolean =>
  row.kind === 'memory' || row.kind === 'system' || row.name === 'call_indirect' || row.name === 'unreachable';

const ENDS = new Set(['br', 'br_if', 'br_table', 'if', 'else', 'return', 'end', 'call']);

/** Steps at which a block begins. */
function leadersOf({ steps, entries }: LinkedProgram): Uint8Array {
  const leaders = new Uint8Array(steps.length + 1);
  for (const entry of entries) leaders[entry] = 1;
  for (const [pc, step] of steps.entries()) {
    for (const { target } of step.branches) leaders[target] = 1;
    if (isLeft(step)) leaders[pc] = 1;
    if (isLeft(step) || ENDS.has(step.row.name)) leaders[pc + 1] = 1;
  }
  return leaders;
}

/** Longest block: the cost of a block has 16 bits. */
const LONGEST = 60_000;

/** The register form of a program. */
export function registerFormOf(linked: LinkedProgram): RegisterForm {
  return new Translation(linked).run();
}

class Translation {
  readonly #linked: LinkedProgram;
  readonly #leaders: Uint8Array;
  readonly #heads: ReadonlyMap<number, VerifiedFunction>;
  readonly #words: Word[] = [];
  readonly #blockAt: Int32Array;
  readonly #stepAt = new Map<number, number>();
  readonly #leavings = new Map<number, Leaving>();
  /** Words and tables whose targets are steps until all are known. */
  readonly #targets: { readonly word: Word; readonly step: number }[] = [];
  readonly #tables: number[] = [];
  readonly #tableTargets: number[] = [];

  constructor(linked: LinkedProgram) {
    this.#linked = linked;
    this.#leaders = leadersOf(linked);
    this.#heads = new Map(linked.entries.map((entry, index) => [entry, linked.functions[index]!]));
    this.#blockAt = new Int32Array(linked.steps.length).fill(-1);
  }

  run(): RegisterForm {
    const { steps } = this.#linked;
    for (let pc = 0; pc < steps.length;) pc = this.#block(pc);
    for (const { word, step } of this.#targets) word.d = this.#blockAt[step]!;
    for (const [at, target] of this.#tableTargets.entries()) if (target >= 0) this.#tables[at] = this.#blockAt[target]!;
    return {
      words: this.#words,
      blockAt: this.#blockAt,
      stepAt: this.#stepAt,
      leavings: this.#leavings,
      tables: this.#tables,
    };
  }

  /** The word before a function says how much a call of it takes: bytes of its frame, parameters, and locals. */
  #head({ frameSlots, localSlots, signature }: VerifiedFunction): void {
    const [a, b] = [8 * signature.params.length, 8 * localSlots];
    this.#words.push({ operation: controlNumber('step'), cost: 0, d: 8 * frameSlots, a, b });
  }

  /** Writes the block that begins at a step, and gives the next one. */
  #block(start: number): number {
    const { steps, functions, functionAt } = this.#linked;
    let end = start + 1;
    while (end < steps.length && this.#leaders[end] === 0 && end - start < LONGEST) end += 1;
    if (this.#leaders[end] === 0) this.#leaders[end] = 1;
    const own = this.#heads.get(start);
    if (own !== undefined) this.#head(own);
    const first = this.#words.length;
    this.#blockAt[start] = first;
    this.#stepAt.set(first, start);
    if (isLeft(steps[start]!)) {
      this.#words.push({ operation: controlNumber('step'), cost: 0, d: 0, a: 0, b: 0 });
      return start + 1;
    }
    const { localSlots } = functions[functionAt[start]!]!;
    const writer = new BlockWriter(this.#words, localSlots, steps[start]!.height);
    for (let pc = start; pc < end; pc += 1) this.#step(writer, pc, pc - start, end - start);
    if (!ENDS.has(steps[end - 1]!.row.name)) {
      writer.flush();
      writer.emit(controlNumber('enter'), 0, 0, 0);
    }
    this.#words[first]!.cost = end - start;
    return end;
  }

  #step(writer: BlockWriter, pc: number, before: number, cost: number): void {
    const step = this.#linked.steps[pc]!;
    const { row, height, index, bits } = step;
    const { name } = row;
    if (row.kind === 'numeric') this.#leave(writer, writer.numeric(row), { pc, before, cost, height });
    else if (row.kind === 'load') this.#leave(writer, writer.load(row, index), { pc, before, cost, height });
    else if (row.kind === 'store') this.#leave(writer, writer.store(row, index), { pc, before, cost, height });
    else if (name.endsWith('.const')) writer.constant(bits);
    else if (name === 'local.get') writer.getLocal(index);
    else if (name === 'local.set' || name === 'local.tee') writer.setLocal(index, name === 'local.tee');
    else if (name === 'drop') writer.pop();
    else if (name === 'select') writer.select();
    else if (name === 'global.get') writer.getGlobal(index);
    else if (name === 'global.set') writer.setGlobal(index);
    else if (name !== 'nop') this.#control(writer, step, { pc, before, cost, height });
  }

  /** Notes where the operands of a step are that may trap. */
  #leave(writer: BlockWriter, operands: readonly Target[] | undefined, at: Omit<Leaving, 'operands'>): void {
    if (operands !== undefined) this.#leavings.set(writer.lastWord, { ...at, operands });
  }

  #control(writer: BlockWriter, step: VacStep, at: Omit<Leaving, 'operands'>): void {
    const { row, branches, index } = step;
    if (row.name === 'call') this.#call(writer, index, at);
    else if (row.name === 'return' || row.name === 'end') this.#return(writer, at.pc);
    else if (row.name === 'br' || row.name === 'else') {
      writer.flush();
      this.#jump(writer, branches[0]!, writer.height);
    } else if (row.name === 'br_if') this.#jumpIf(writer, branches[0]!);
    else if (row.name === 'if') this.#target(writer.branchUnless(), branches[0]!.target);
    else this.#jumpTable(writer, branches);
  }

  #target(word: Word, step: number): void {
    this.#targets.push({ word, step });
  }

  /** Goes to a label with the values that it takes, which are in their places on top of so many slots. */
  #jump(writer: BlockWriter, { target, height, arity }: Branch, top: number): void {
    if (height !== top - arity)
      for (let at = 0; at < arity; at += 1)
        writer.emit(controlNumber('move'), 8 * (height + at), 8 * (top - arity + at), 0);
    this.#target(writer.emit(controlNumber('jump'), 0, 0, 0), target);
  }

  #jumpIf(writer: BlockWriter, branch: Branch): void {
    const top = writer.height - 1;
    if (branch.arity === 0 || branch.height === top - branch.arity) {
      this.#target(writer.branchIf(), branch.target);
      return;
    }
    // Where values move, what branches is a jump over the moves.
    const over = writer.branchUnless();
    this.#jump(writer, branch, top);
    over.d = this.#words.length;
  }

  #jumpTable(writer: BlockWriter, branches: readonly Branch[]): void {
    const condition = writer.popToSlot();
    writer.flush();
    const top = writer.height;
    const first = this.#tables.length;
    writer.emit(controlNumber('jumpTable'), condition, first, branches.length - 1);
    for (const branch of branches) {
      const moves = branch.arity > 0 && branch.height !== top - branch.arity;
      this.#tables.push(this.#words.length);
      this.#tableTargets.push(moves ? -1 : branch.target);
      if (moves) this.#jump(writer, branch, top);
    }
  }

  #call(writer: BlockWriter, index: number, at: Omit<Leaving, 'operands'>): void {
    const { functions, entries } = this.#linked;
    const { signature } = functions[index]!;
    writer.flush();
    const frame = writer.height - signature.params.length;
    const word = writer.emit(controlNumber('call'), 0, 8 * frame, at.pc + 1);
    this.#target(word, entries[index]!);
    this.#leavings.set(writer.lastWord, { ...at, operands: [] });
  }

  #return(writer: BlockWriter, pc: number): void {
    const { functions, functionAt } = this.#linked;
    const arity = functions[functionAt[pc]!]!.signature.results.length;
    if (arity === 0) writer.emit(controlNumber('return0'), 0, 0, 0);
    else if (arity === 1) writer.emit(controlNumber('return1'), 0, writer.popToSlot(), 0);
    else {
      writer.flush();
      writer.emit(controlNumber('returnMany'), 0, 8 * (writer.height - arity), 8 * arity);
    }
  }
}
