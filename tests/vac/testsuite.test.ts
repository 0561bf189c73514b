// The WebAssembly specification's own test suite, where it lies: WASM_TESTSUITE names a folder of what `wast2json` made
// of its files. Modules that use what the virtual computer has not (reference types, several tables, other modules) are
// left out, and everything else is as the suite says, in both forms.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FormatError, LimitError } from '../../src/kit.ts';
import { importWasm, linkProgram, VacMachine, VacTrap, type VacType } from '../../src/vac.ts';

const FOLDER = process.env['WASM_TESTSUITE'] ?? '';
const isThere = FOLDER !== '' && existsSync(FOLDER);

interface Typed {
  readonly type: VacType;
  readonly value: string;
}

interface Command {
  readonly type: string;
  readonly line: number;
  readonly name?: string;
  readonly filename: string;
  readonly text: string;
  readonly module_type?: string;
  readonly expected: readonly Typed[];
  readonly action: { readonly type: string; readonly module?: string; readonly field: string; readonly args: Typed[] };
}

/** Of other modules, or of what this release says it does not know. */
const LEFT_OUT = /^(linking|imports|elem|ref_.*|table_(copy|init))$/;
const GLOBALS = {
  'spectest.global_i32': 666,
  'spectest.global_i64': 666n,
  'spectest.global_f32': 666.6,
  'spectest.global_f64': 666.6,
};

const bitsOf = ({ type, value }: Typed): number | bigint =>
  type === 'i32' || type === 'f32' ? Number(BigInt.asIntN(32, BigInt(value))) : BigInt.asIntN(64, BigInt(value));

/** One file of the suite: what went otherwise than it says, and how many assertions there were. */
class Suite {
  readonly wrong: string[] = [];
  count = 0;
  readonly #form: 'register' | 'reference';
  readonly #named = new Map<string, VacMachine>();
  #machine: VacMachine | undefined;

  constructor(form: 'register' | 'reference') {
    this.#form = form;
  }

  run(command: Command): void {
    const { type, line } = command;
    if (type === 'module') this.#load(command);
    else if (type === 'assert_invalid' || (type === 'assert_malformed' && command.module_type === 'binary')) {
      this.count += 1;
      const refused = (): unknown => linkProgram(this.#import(command.filename));
      expect(refused, `line ${line}: ${command.text}`).toThrow(FormatError);
    } else if (/^(action|assert_return|assert_trap|assert_exhaustion)$/.test(type)) this.#act(command);
  }

  #import(filename: string) {
    return importWasm(readFileSync(join(FOLDER, filename)), { globals: GLOBALS });
  }

  #load({ filename, name }: Command): void {
    this.#machine = undefined;
    try {
      const program = this.#import(filename);
      const answers = program.syscalls.map(({ name: syscall, type }) => {
        const { results } = program.types[type]!;
        return [syscall, () => results.map((result) => (result === 'i64' ? 0n : 0))] as const;
      });
      const machine = new VacMachine(program, { syscalls: Object.fromEntries(answers), form: this.#form });
      if (program.start !== undefined) machine.startFunction(program.start).run();
      this.#machine = machine;
      if (name !== undefined) this.#named.set(name, machine);
    } catch (error) {
      // A trap: its data lie in a memory that another module would have given.
      const isLeftOut = [FormatError, LimitError, VacTrap].some((kind) => error instanceof kind);
      if (!isLeftOut) throw error;
    }
  }

  #act({ type, line, action, expected, text }: Command): void {
    const machine = action.module === undefined ? this.#machine : this.#named.get(action.module);
    if (machine === undefined || action.type !== 'invoke') return;
    const { state } = machine;
    const { index } = machine.linked.program.exports.find(({ name }) => name === action.field)!;
    if (machine.status === 'trapped') state.status = 'halted';
    machine.startFunction(
      index,
      machine.linked.functions[index]!.signature.params.map((param) => (param === 'i64' ? 0n : 0)),
    );
    for (const [at, each] of action.args.entries()) state.write(each.type, state.slot(at), bitsOf(each), true);
    machine.run(200_000_000);
    if (type === 'action') return;
    this.count += 1;
    if (type === 'assert_return') {
      const found = expected.map((each, at) => state.read(each.type, state.slot(at), true));
      const holds = expected.every((each, at) => isAs(each, found[at]!));
      if (machine.status !== 'halted' || !holds) this.wrong.push(`line ${line}: ${machine.status} ${found.join()}`);
    } else if (machine.status !== 'trapped' || !(text.startsWith(machine.trap) || machine.trap.startsWith(text)))
      this.wrong.push(`line ${line}: ${machine.status} ${machine.trap}, not ${text}`);
  }
}

function isAs(expected: Typed, found: number | bigint): boolean {
  if (!expected.value.startsWith('nan')) return found === bitsOf(expected);
  if (expected.type === 'f32') return (Number(found) & 0x7fffffff) === 0x7fc00000;
  return BigInt.asUintN(63, BigInt(found)) === 0x7ff8000000000000n;
}

describe('the test suite of the specification', () => {
  const files = isThere ? readdirSync(FOLDER).filter((name) => name.endsWith('.json')) : ['every file'];
  it.for(files.filter((name) => !LEFT_OUT.test(name.replace(/^v1_|\.json$/g, ''))))('%s', (name, context) => {
    if (!isThere) context.skip('WASM_TESTSUITE names no folder of what wast2json made of the suite');
    const { commands } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as { commands: Command[] };
    for (const form of ['register', 'reference'] as const) {
      const suite = new Suite(form);
      for (const command of commands) suite.run(command);
      expect(suite.wrong).toEqual([]);
    }
  });
});
