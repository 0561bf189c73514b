// A small WebAssembly assembler: kernels are written as typed expressions and encoded to a module at run time.
//
//   const module = new ModuleBuilder({ memory: 'shared' });
//   const f = module.function({ export: 'scale', params: ['i32', 'i32', 'i32'] });
//   const [params, start, end] = f.params;            // locals; used as an expression a local reads itself
//   const at = f.local('i32');
//   f.body(
//     set(at, i32.load(params, 0)),
//     countUp(start, end, 1,  // for (; start < end; start += 1), tested before the first round
//       f32.store(at, f32.mul(f32.load(at), 2)),       // plain numbers are constants
//       set(at, i32.add(at, 4))));
//   const bytes = module.encode();
//
// Instructions are named as in the text format, one object per prefix: f32x4.add, v128.load32Splat, i32.ltS, …
// (opcodes.ts, simd-opcodes.ts). Control: block, loop, br, brIf, when, whenElse, whileTrue, repeatWhile, countUp,
// returnNow; values: set, tee, select, call, choose. Everything is an expression of type T (`Expr<T>`) or a statement
// (`Expr<'void'>`); type errors are caught by TypeScript, and by WebAssembly.Module when the bytes are compiled.
import { expression, flatten, operandCode, unsignedLeb } from './expression.ts';
import type { Code, Expr, Label, Local, Operand, Statement, Type, ValueType } from './expression.ts';

export * from './opcodes.ts';
export * from './simd-opcodes.ts';
export type { Expr, Label, Local, Operand, Statement, Type, ValueType } from './expression.ts';

/** Pages (64 KiB) a shared memory may grow to: the whole 32-bit address space. */
export const MAXIMUM_PAGES = 65536;

/** A function of the module, callable with `call`. */
export interface FunctionReference<R extends Type = Type> {
  readonly params: readonly ValueType[];
  readonly result: R;
  /** Its place in the function index space; imports come first, so it is known only once all are declared. */
  readonly index: () => number;
}

type Locals<P extends readonly ValueType[]> = { readonly [K in keyof P]: Local<P[K]> };

type Repeat<T, N extends number, R extends readonly T[] = []> = R['length'] extends N
  ? R
  : Repeat<T, N, readonly [...R, T]>;

interface FunctionSpec<P extends readonly ValueType[], R extends Type> {
  readonly params: P;
  readonly result?: R;
  /** Name it is exported under; without one it is internal. */
  readonly export?: string;
}

/** One function under construction: parameters, locals, body. */
export class FunctionBuilder<P extends readonly ValueType[], R extends Type> {
  readonly params: Locals<P>;
  readonly #locals: ValueType[] = [];
  readonly #paramCount: number;
  readonly #code: Code[] = [];

  constructor(params: P) {
    this.#paramCount = params.length;
    this.params = params.map((type, index) => makeLocal(type, index)) as unknown as Locals<P>;
  }

  /** A new local variable, 0 at entry. */
  local<T extends ValueType>(type: T): Local<T> {
    this.#locals.push(type);
    return makeLocal(type, this.#paramCount + this.#locals.length - 1);
  }

  /** Several new local variables of one type. */
  locals<T extends ValueType, const N extends number>(type: T, count: N): Repeat<Local<T>, N> {
    return Array.from({ length: count }, () => this.local(type)) as unknown as Repeat<Local<T>, N>;
  }

  /** Appends to the body; the last part of a function with a result leaves the result. */
  body(...parts: readonly Expr<R | 'void'>[]): this {
    for (const part of parts) this.#code.push(part.code);
    return this;
  }

  /** The code-section entry: size, local declarations, code, end. */
  encode(): Bytes {
    const declarations = this.#locals.flatMap((type) => [1, VALUE_TYPE[type]]);
    return sized([unsignedLeb(this.#locals.length), declarations, flatten(this.#code), [0x0b]]);
  }
}

/** A module under construction: imports `env.memory` and functions, exports the functions that have a name. */
export class ModuleBuilder {
  readonly #memory: 'shared' | 'private';
  readonly #types: number[][] = [];
  readonly #imports: number[][] = [];
  readonly #functions: {
    readonly type: number;
    readonly name: string | undefined;
    readonly builder: FunctionBuilder<readonly ValueType[], Type>;
  }[] = [];

  constructor(options: { readonly memory: 'shared' | 'private' }) {
    this.#memory = options.memory;
  }

  /** Imports `scope.name`; give it to `call`. */
  importFunction<R extends Type = 'void'>(
    scope: string,
    name: string,
    params: readonly ValueType[],
    result: R = 'void' as R,
  ): FunctionReference<R> {
    const index = this.#imports.length;
    this.#imports.push([...text(scope), ...text(name), 0x00, ...unsignedLeb(this.#typeIndex(params, result))]);
    return { params, result, index: () => index };
  }

  /** Adds a function; it is both the builder of its body and the reference that `call` takes. */
  function<const P extends readonly ValueType[], R extends Type = 'void'>(
    spec: FunctionSpec<P, R>,
  ): FunctionBuilder<P, R> & { readonly reference: FunctionReference<R> } {
    const result = spec.result ?? ('void' as R);
    const builder = new FunctionBuilder<P, R>(spec.params);
    const position = this.#functions.length;
    this.#functions.push({
      type: this.#typeIndex(spec.params, result),
      name: spec.export,
      builder: builder as unknown as FunctionBuilder<readonly ValueType[], Type>,
    });
    const reference: FunctionReference<R> = {
      params: spec.params,
      result,
      index: () => this.#imports.length + position,
    };
    return Object.assign(builder, { reference });
  }

  /** The binary module. */
  encode(): Uint8Array<ArrayBuffer> {
    const limits = this.#memory === 'shared' ? [0x03, 1, ...unsignedLeb(MAXIMUM_PAGES)] : [0x00, 1];
    const memory = [...text('env'), ...text('memory'), 0x02, ...limits];
    const exported = this.#functions.flatMap((entry, position) =>
      entry.name === undefined ? [] : [[...text(entry.name), 0x00, ...unsignedLeb(this.#imports.length + position)]],
    );
    const types = this.#functions.map((entry) => unsignedLeb(entry.type));
    const bodies = this.#functions.map((entry) => entry.builder.encode());
    return joined([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, this.#types),
      section(2, [...this.#imports, memory]),
      section(3, types),
      section(7, exported),
      section(10, bodies),
    ]);
  }

  #typeIndex(params: readonly ValueType[], result: Type): number {
    const results = result === 'void' ? [] : [VALUE_TYPE[result]];
    const type = [0x60, params.length, ...params.map((param) => VALUE_TYPE[param]), results.length, ...results];
    const known = this.#types.findIndex((other) => other.join() === type.join());
    return known >= 0 ? known : this.#types.push(type) - 1;
  }
}

/** A branch target, made before the block or loop that carries it. */
export function label(name: string): Label {
  return { name };
}

/** A block; `br(exit)` inside leaves it. */
export function block(exit: Label, ...body: readonly Statement[]): Statement {
  return expression('void', 0x02, 0x40, { enter: exit }, codes(body), { leave: exit }, 0x0b);
}

/** A loop; `br(top)` inside starts the next round, falling off the end leaves it. */
export function loop(top: Label, ...body: readonly Statement[]): Statement {
  return expression('void', 0x03, 0x40, { enter: top }, codes(body), { leave: top }, 0x0b);
}

/** Jumps to a label in scope. */
export function br(target: Label): Statement {
  return expression('void', 0x0c, { branch: target });
}

/** Jumps to a label in scope when the condition is not 0. */
export function brIf(target: Label, condition: Expr<'i32'>): Statement {
  return expression('void', condition.code, 0x0d, { branch: target });
}

/** Jumps to the label of this number, and to the last one for all numbers beyond it. */
export function brTable(number: Expr<'i32'>, targets: readonly Label[], last: Label): Statement {
  const branches = [...targets, last].map((branch): Code => [{ branch }]);
  return expression('void', number.code, 0x0e, unsignedLeb(targets.length), branches);
}

/** Runs the body when the condition is not 0. */
export function when(condition: Expr<'i32'>, ...body: readonly Statement[]): Statement {
  return whenElse(condition, body, []);
}

/** Runs one of two bodies. */
export function whenElse(
  condition: Expr<'i32'>,
  then: readonly Statement[],
  otherwise: readonly Statement[],
): Statement {
  const scope = label('if');
  const tail: Code = otherwise.length === 0 ? [] : [0x05, codes(otherwise)];
  return expression('void', condition.code, 0x04, 0x40, { enter: scope }, codes(then), tail, { leave: scope }, 0x0b);
}

/** Evaluates one of two expressions only (`select` evaluates both). */
export function choose<T extends ValueType>(condition: Expr<'i32'>, then: Expr<T>, otherwise: Expr<T>): Expr<T> {
  const scope = label('if');
  return expression(
    then.type,
    condition.code,
    0x04,
    VALUE_TYPE[then.type],
    { enter: scope },
    then.code,
    0x05,
    otherwise.code,
    { leave: scope },
    0x0b,
  );
}

/** while (condition) body — the test is at the bottom, guarded once at the top, so that a round has one branch. */
export function whileTrue(condition: Expr<'i32'>, ...body: readonly Statement[]): Statement {
  return when(condition, repeatWhile(condition, ...body));
}

/** do body while (condition). */
export function repeatWhile(condition: Expr<'i32'>, ...body: readonly Statement[]): Statement {
  const top = label('repeat');
  return loop(top, ...body, brIf(top, condition));
}

/**
 * for (; variable < end; variable += step), compared signed; `end` is evaluated every round, so make it a local or a
 * constant.
 */
export function countUp(
  variable: Local<'i32'>,
  end: Operand<'i32'>,
  step: Operand<'i32'>,
  ...body: readonly Statement[]
): Statement {
  const below: Expr<'i32'> = expression('i32', variable.code, operandCode('i32', end), 0x48);
  return whileTrue(below, ...body, set(variable, expression('i32', variable.code, operandCode('i32', step), 0x6a)));
}

/** Returns from a function without result. */
export function returnNow(): Statement {
  return expression('void', 0x0f);
}

/** variable = value. */
export function set<T extends ValueType>(variable: Local<T>, value: Operand<T>): Statement {
  return expression('void', operandCode(variable.type, value), 0x21, unsignedLeb(variable.index));
}

/** (variable = value), as an expression. */
export function tee<T extends ValueType>(variable: Local<T>, value: Operand<T>): Expr<T> {
  return expression(variable.type, operandCode(variable.type, value), 0x22, unsignedLeb(variable.index));
}

/** condition ? a : b without a branch; both are evaluated. */
export function select<T extends ValueType>(a: Expr<T>, b: Expr<T>, condition: Expr<'i32'>): Expr<T> {
  return expression(a.type, a.code, b.code, condition.code, 0x1c, 1, VALUE_TYPE[a.type]);
}

/** Calls a function of the module. */
export function call<R extends Type>(
  target: FunctionReference<R> | { readonly reference: FunctionReference<R> },
  ...args: readonly Operand<ValueType>[]
): Expr<R> {
  const callee = 'reference' in target ? target.reference : target;
  if (args.length !== callee.params.length)
    throw new RangeError(`call with ${args.length} arguments, the function takes ${callee.params.length}`);
  const values = callee.params.map((type, position) => operandCode(type, args[position]!));
  // The index is read when the code is flattened: imports declared after this call would shift it.
  return {
    type: callee.result,
    get code(): Code {
      return [values, 0x10, unsignedLeb(callee.index())];
    },
  };
}

/** Several statements as one. */
export function sequence(...body: readonly Statement[]): Statement {
  return expression('void', codes(body));
}

/** Evaluates an expression and forgets the value. */
export function drop(value: Expr<ValueType>): Statement {
  return expression('void', value.code, 0x1a);
}

const VALUE_TYPE: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

function makeLocal<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, code: [0x20, ...unsignedLeb(index)] };
}

function codes(body: readonly Statement[]): Code {
  return body.map((statement) => statement.code);
}

function text(value: string): number[] {
  const bytes = Array.from(value, (letter) => letter.charCodeAt(0)); // Names of kernels are ASCII.
  return [...unsignedLeb(bytes.length), ...bytes];
}

/** Code may be tens of thousands of bytes: parts are copied whole, and never spread. */
type Bytes = ArrayLike<number>;

function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const lengthOf = (parts: readonly Bytes[]): number => parts.reduce((length, part) => length + part.length, 0);

const sized = (parts: readonly Bytes[]): Bytes => joined([unsignedLeb(lengthOf(parts)), ...parts]);

const section = (id: number, items: readonly Bytes[]): Bytes =>
  items.length === 0 ? [] : joined([[id], sized([unsignedLeb(items.length), ...items])]);
