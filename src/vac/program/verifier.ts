// The verifier's state: one pass over the code of a function checks types and heights of the stack, and resolves every
// branch. What it gives is what the interpreters run: steps, one for each instruction that takes a tick and is reached.
import type { VacRow, VacType } from '../isa/row.ts';
import { rowOfCode } from '../isa/rows.ts';
import { ByteReader } from './bytes.ts';
import type { VacSignature, VacFunction, VacProgram } from './program.ts';

/** Where a branch goes: a step, and how many values it takes down to which slot of the frame. */
export interface Branch {
  target: number;
  readonly height: number;
  readonly arity: number;
}

/** One instruction that takes a tick. */
export interface VacStep {
  readonly row: VacRow;
  /** Slots of the frame in use before it: locals, then operands. */
  readonly height: number;
  /** The first immediate where it is a number. */
  readonly index: number;
  /** The bits of a constant. */
  readonly bits: bigint;
  readonly branches: readonly Branch[];
}

/** A function that passed. */
export interface VerifiedFunction {
  readonly signature: VacSignature;
  /** Slots of parameters and locals, and at most with operands. */
  readonly localSlots: number;
  readonly frameSlots: number;
  readonly steps: readonly VacStep[];
}

type Operand = VacType | 'any';

interface Control {
  readonly opcode: 'function' | 'block' | 'loop' | 'if' | 'else';
  readonly signature: VacSignature;
  readonly height: number;
  /** Whether this block was left for good, so that its stack has whatever is asked of it. */
  left: boolean;
  /** Whether it stands in code that nothing reaches. */
  readonly buried: boolean;
  /** Branches that wait for the place of the label, and that of an `if` for its `else`. */
  readonly waiting: Branch[];
  readonly start: number;
  otherwise: Branch | undefined;
}

/** Most slots of a frame, and bytes of code of a function. */
const MAX_FRAME_SLOTS = 32_768;

/** What verifies the instruction that was read. */
export type CodeRule = (v: CodeVerifier) => void;

/** The state of the pass over one function: types on the stack, blocks, steps. */
export class CodeVerifier {
  readonly #program: VacProgram;
  readonly #from: ByteReader;
  readonly #locals: readonly VacType[];
  readonly #signature: VacSignature;
  readonly #operands: Operand[] = [];
  readonly #controls: Control[] = [];
  readonly #steps: VacStep[] = [];
  readonly #rule: (row: VacRow) => CodeRule;
  #most = 0;
  #row: VacRow;

  constructor(program: VacProgram, of: VacFunction, name: string, rule: (row: VacRow) => CodeRule) {
    this.#rule = rule;
    this.#program = program;
    this.#from = new ByteReader(of.code, name);
    this.#signature = program.types[of.type] ?? this.#from.fail(`there is no type ${of.type}`);
    this.#locals = [...this.#signature.params, ...of.locals];
    this.#row = rowOfCode(0)!;
  }

  run(): VerifiedFunction {
    const body = { params: [], results: this.#signature.results };
    this.#enter('function', body);
    while (this.#controls.length > 0) {
      const code = this.#from.u8();
      this.#row = rowOfCode(code) ?? this.#from.fail(`there is no opcode ${code}`);
      this.#rule(this.#row)(this);
    }
    if (!this.#from.isAtEnd) this.#from.fail('there is code behind its end');
    const frameSlots = this.#locals.length + this.#most;
    if (frameSlots > MAX_FRAME_SLOTS) this.#from.fail(`a frame of ${frameSlots} slots; at most ${MAX_FRAME_SLOTS}`);
    return { signature: this.#signature, localSlots: this.#locals.length, frameSlots, steps: this.#steps };
  }

  get row(): VacRow {
    return this.#row;
  }

  get program(): VacProgram {
    return this.#program;
  }

  get from(): ByteReader {
    return this.#from;
  }

  /** The innermost block, and that of a depth. */
  control(depth = 0): Control {
    return this.#controls[this.#controls.length - 1 - depth] ?? this.#from.fail(`there is no label ${depth}`);
  }

  push(...types: readonly Operand[]): void {
    this.#operands.push(...types);
    this.#most = Math.max(this.#most, this.#operands.length);
  }

  pop(expected: Operand = 'any'): Operand {
    const { height, left } = this.control();
    if (this.#operands.length === height) {
      if (!left) this.#from.fail(`${this.#row.name} finds the stack empty`);
      return expected;
    }
    const found = this.#operands.pop()!;
    if (found !== expected && found !== 'any' && expected !== 'any')
      this.#from.fail(`${this.#row.name} takes ${expected} and finds ${found}`);
    return found === 'any' ? expected : found;
  }

  popAll(types: readonly VacType[]): void {
    this.popEach(types);
  }

  /** Takes values of these types: what they were found to be. */
  popEach(types: readonly VacType[]): Operand[] {
    return types
      .toReversed()
      .map((type) => this.pop(type))
      .reverse();
  }

  /** What follows in this block cannot be reached. */
  leave(): void {
    this.#operands.length = this.control().height;
    this.control().left = true;
  }

  typeOf(index: number): VacSignature {
    return this.#program.types[index] ?? this.#from.fail(`there is no type ${index}`);
  }

  get results(): readonly VacType[] {
    return this.#signature.results;
  }

  local(): VacType {
    return this.#locals[this.index()] ?? this.#from.fail(`there is no local ${this.lastIndex}`);
  }

  lastIndex = 0;

  /** The next immediate, a number. */
  index(): number {
    return (this.lastIndex = this.#from.u32());
  }

  /** Writes a step with the height that the stack has now. */
  emit(height: number, rest: Partial<VacStep> = {}): void {
    if (this.#isDead()) return;
    this.#steps.push({ row: this.#row, height, index: 0, bits: 0n, branches: [], ...rest });
  }

  /** Slots in use. */
  height(): number {
    return this.#locals.length + this.#operands.length;
  }

  /** A branch to the label of a depth. */
  branch(depth: number): Branch {
    const control = this.control(depth);
    const branch = {
      target: control.start,
      height: this.#locals.length + control.height,
      arity: labelOf(control).length,
    };
    if (control.opcode !== 'loop' && !this.#isDead()) control.waiting.push(branch);
    return branch;
  }

  enter(opcode: Control['opcode'], otherwise?: Branch): void {
    const signature = this.typeOf(this.index());
    this.popAll(signature.params);
    this.#enter(opcode, signature, otherwise);
  }

  #enter(opcode: Control['opcode'], signature: VacSignature, otherwise?: Branch): void {
    this.#controls.push({
      opcode,
      signature,
      height: this.#operands.length,
      left: false,
      buried: this.#controls.length > 0 && this.#isDead(),
      waiting: [],
      start: this.#steps.length,
      otherwise,
    });
    this.push(...signature.params);
  }

  /** `else`: the first arm ends, the second begins with what the first began with. */
  otherwise(): void {
    const control = this.control();
    if (control.opcode !== 'if') this.#from.fail('`else` without `if`');
    const height = this.height();
    this.#leaveWith(control.signature.results);
    // The jump over the second arm is a branch to the end of the block.
    const branches = this.#isDead() ? [] : [this.branch(0)];
    this.emit(height, { branches });
    this.#place(control.otherwise);
    this.#controls[this.#controls.length - 1] = { ...control, opcode: 'else', left: false, otherwise: undefined };
    this.push(...control.signature.params);
  }

  #leaveWith(results: readonly VacType[]): void {
    this.popAll(results);
    if (this.#operands.length !== this.control().height) this.#from.fail('a block leaves more than its results');
  }

  /** `end` of a block or of the function. */
  end(): void {
    const control = this.control();
    const { params, results } = control.signature;
    this.#leaveWith(results);
    if (control.opcode === 'if' && params.join() !== results.join()) this.#from.fail('an `if` without `else`');
    this.#place(control.otherwise);
    for (const branch of control.waiting) this.#place(branch);
    if (control.opcode === 'function') {
      control.left = false;
      this.emit(this.#locals.length + results.length);
    }
    this.#controls.pop();
    if (this.#controls.length > 0) this.push(...results);
  }

  #isDead(): boolean {
    const control = this.control();
    return control.left || control.buried;
  }

  #place(branch: Branch | undefined): void {
    if (branch !== undefined) branch.target = this.#steps.length;
  }
}

/** What a branch to the label of a block takes along. */
export const labelOf = (control: Control): readonly VacType[] =>
  control.opcode === 'loop' ? control.signature.params : control.signature.results;
