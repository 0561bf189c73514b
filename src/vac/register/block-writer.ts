// Writes the words of a block. It keeps what every place of the stack stands for: itself, a local that was read, or a
// constant; the last two take no word until something needs them in their place.
import type { VacRow, VacType } from '../isa/row.ts';
import { rowNamed } from '../isa/rows.ts';
import { controlNumber, numberOf, OPERATIONS } from './operations.ts';

/** 16 bytes: what to do, what the block costs that begins here, a destination, and two operands. */
export interface Word {
  readonly operation: number;
  cost: number;
  d: number;
  readonly a: number;
  readonly b: number;
}

/** Bytes from the beginning of the frame. */
export type Target = number;

type Entry = { readonly local: number } | { readonly bits: bigint } | undefined;

const COMMUTATIVE = /^i(32|64)\.(add|mul|and|or|xor|eq|ne)$/;
/** The comparison that holds where another does not. */
const OPPOSITES = { eq: 'ne', ne: 'eq', lt: 'ge', ge: 'lt', gt: 'le', le: 'gt' } as const;

/** One block from its beginning. */
export class BlockWriter {
  readonly #words: Word[];
  readonly #localSlots: number;
  readonly #stack: Entry[];
  /** The last word, where it wrote the place on top of the stack and nothing depends on that yet. */
  #producer = -1;

  constructor(words: Word[], localSlots: number, height: number) {
    this.#words = words;
    this.#localSlots = localSlots;
    this.#stack = Array.from({ length: height - localSlots }, () => undefined);
  }

  /** Slots in use. */
  get height(): number {
    return this.#localSlots + this.#stack.length;
  }

  get lastWord(): number {
    return this.#words.length - 1;
  }

  emit(operation: number, d: number, a: number, b: number): Word {
    const word = { operation, cost: 0, d, a, b };
    this.#words.push(word);
    this.#producer = -1;
    return word;
  }

  pop(): void {
    this.#stack.pop();
  }

  popToSlot(): Target {
    return this.#placed(this.#stack.pop(), this.height);
  }

  constant(bits: bigint): void {
    this.#stack.push({ bits });
  }

  getLocal(local: number): void {
    this.#stack.push({ local });
  }

  /** Puts everything that waits into its place. */
  flush(): void {
    for (const [at, entry] of this.#stack.entries())
      if (entry !== undefined) {
        this.#write(8 * (this.#localSlots + at), entry);
        this.#stack[at] = undefined;
      }
  }

  setLocal(local: number, keeps: boolean): void {
    const entry = this.#stack.pop();
    const from = 8 * this.height;
    const producer = this.#producer;
    for (const [at, waiting] of this.#stack.entries())
      if (waiting !== undefined && 'local' in waiting && waiting.local === local) {
        this.#write(8 * (this.#localSlots + at), waiting);
        this.#stack[at] = undefined;
      }
    const last = this.#words[this.lastWord];
    if (entry !== undefined) this.#write(8 * local, entry);
    else if (producer === this.lastWord && last !== undefined && last.d === from) last.d = 8 * local;
    else this.emit(controlNumber('move'), 8 * local, from, 0);
    this.#producer = -1;
    if (keeps) this.#stack.push({ local });
  }

  select(): void {
    const [condition, second, first] = [this.#stack.pop(), this.#stack.pop(), this.#stack.pop()];
    const at = this.height;
    if (first !== undefined) this.#write(8 * at, first);
    const b = this.#placed(condition, at + 2);
    const a = this.#placed(second, at + 1);
    this.emit(controlNumber('select'), 8 * at, a, b);
    this.#stack.push(undefined);
  }

  getGlobal(index: number): void {
    this.#produce(controlNumber('getGlobal'), 8 * index, 0);
  }

  setGlobal(index: number): void {
    const value = this.popToSlot();
    this.emit(controlNumber('setGlobal'), value, 8 * index, 0);
  }

  /** Arithmetic; where it may trap, the places of its operands. */
  numeric(row: VacRow): readonly Target[] | undefined {
    let second = row.params!.length > 1 ? this.#stack.pop() : undefined;
    let first = this.#stack.pop();
    const at = this.height;
    if (row.params!.length === 1) {
      const a = this.#placed(first, at);
      this.#produce(numberOf('slots', row.name)!, a, 0);
      return row.traps.length > 0 ? [a] : undefined;
    }
    let places = [at, at + 1];
    if (isConstant(first) && !isConstant(second) && COMMUTATIVE.test(row.name)) {
      [first, second] = [second, first];
      places = [at + 1, at];
    }
    const small = smallConstant(second, row.params![1]!);
    const immediate = small === undefined ? undefined : numberOf('immediate', row.name);
    if (immediate !== undefined) {
      this.#produce(immediate, this.#placed(first, places[0]!), small!);
      return undefined;
    }
    const a = this.#placed(first, places[0]!);
    const b = this.#placed(second, places[1]!);
    this.#produce(numberOf('slots', row.name)!, a, b);
    return row.traps.length > 0 ? [a, b] : undefined;
  }

  load(row: VacRow, offset: number): readonly Target[] {
    const address = this.popToSlot();
    this.#produce(numberOf('load', row.name)!, address, offset);
    return [address];
  }

  store(row: VacRow, offset: number): readonly Target[] {
    const value = this.#stack.pop();
    const address = this.#stack.pop();
    const at = this.height;
    const d = this.#placed(value, at + 1);
    const a = this.#placed(address, at);
    this.emit(numberOf('store', row.name)!, d, a, offset);
    return [a, d];
  }

  /** A word that goes somewhere where the condition on top holds; everything else is in its place before it. */
  branchIf(): Word {
    return this.#branch(true);
  }

  branchUnless(): Word {
    return this.#branch(false);
  }

  #branch(holds: boolean): Word {
    const entry = this.#stack.pop();
    const compared = entry === undefined ? this.#takeComparison() : undefined;
    if (compared === undefined) {
      const condition = this.#placed(entry, this.height);
      this.flush();
      return this.emit(controlNumber(holds ? 'jumpIf' : 'jumpUnless'), 0, condition, 0);
    }
    this.flush();
    const { form, row } = OPERATIONS[compared.operation]!;
    if (row!.name === 'i32.eqz') return this.emit(controlNumber(holds ? 'jumpUnless' : 'jumpIf'), 0, compared.a, 0);
    const name = holds ? row!.name : opposite(row!.name);
    return this.emit(numberOf(form === 'slots' ? 'branch' : 'branchImmediate', name)!, 0, compared.a, compared.b);
  }

  /** The comparison that gave the condition, taken back, where it can be one with the branch. */
  #takeComparison(): Word | undefined {
    const last = this.#words[this.lastWord];
    if (this.#producer !== this.lastWord || last === undefined || last.d !== 8 * this.height) return undefined;
    const { row, form } = OPERATIONS[last.operation]!;
    if (row === undefined || (form !== 'slots' && form !== 'immediate')) return undefined;
    if (row.name !== 'i32.eqz' && numberOf('branch', row.name) === undefined) return undefined;
    this.#words.pop();
    return last;
  }

  #produce(operation: number, a: number, b: number): void {
    this.emit(operation, 8 * this.height, a, b);
    this.#stack.push(undefined);
    this.#producer = this.lastWord;
  }

  /** Where an operand is; a constant gets its place of the stack. */
  #placed(entry: Entry, slot: number): Target {
    if (entry === undefined) return 8 * slot;
    if ('local' in entry) return 8 * entry.local;
    this.#write(8 * slot, entry);
    return 8 * slot;
  }

  #write(d: number, entry: Exclude<Entry, undefined>): void {
    if ('local' in entry) {
      if (8 * entry.local !== d) this.emit(controlNumber('move'), d, 8 * entry.local, 0);
    } else {
      const { bits } = entry;
      this.emit(controlNumber('constant'), d, Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n)));
    }
  }
}

const isConstant = (entry: Entry): boolean => entry !== undefined && 'bits' in entry;

/** A constant that fits into a word with its sign. */
function smallConstant(entry: Entry, type: VacType): number | undefined {
  if (entry === undefined || 'local' in entry) return undefined;
  const low = BigInt.asIntN(32, entry.bits);
  return type === 'i32' || low === BigInt.asIntN(64, entry.bits) ? Number(low) : undefined;
}

function opposite(name: string): string {
  const [, type, stem, sign = ''] = /^(i\d\d)\.([a-z]{2})(_[su])?$/.exec(name)!;
  return rowNamed(`${type}.${OPPOSITES[stem as keyof typeof OPPOSITES]}${sign}`)!.name;
}
