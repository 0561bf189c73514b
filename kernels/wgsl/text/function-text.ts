// One WGSL function under construction: a `let` for every value, so that shared subterms stand once.

/** A body asked for an operation that has no WGSL form; the CPU computes it instead. */
export class MissingFormError extends TypeError {}

/** Gives the body up. */
export function missing(): never {
  throw new MissingFormError('this operation has no WGSL form');
}

/** The names of one WGSL function under construction, its statements, and the library functions it calls. */
export class FunctionText {
  readonly uses = new Set<string>();
  #lines: string[] = [];
  #count = 0;

  /** Names a value: a `let` of this type. */
  keep(type: string, value: string): string {
    const name = `v${this.#count++}`;
    this.#lines.push(`let ${name}: ${type} = ${value};`);
    return name;
  }

  /** A call of a library function. */
  call(name: string, ...args: readonly string[]): string {
    this.uses.add(name);
    return `${name}(${args.join(', ')})`;
  }

  /** Variables that keep `usual` unless the condition is on; `otherwise` writes its statements inside the branch. */
  branch(type: string, condition: string, usual: readonly string[], otherwise: () => readonly string[]): string[] {
    const names = usual.map(() => `v${this.#count++}`);
    const before = [...this.#lines, ...names.map((name, i) => `var ${name}: ${type} = ${usual[i]!};`)];
    this.#lines = [];
    const values = otherwise();
    this.#lines = [
      ...before,
      `if (${condition}) {`,
      ...this.#lines,
      ...names.map((name, i) => `${name} = ${values[i]!};`),
      '}',
    ];
    return names;
  }

  /** The statements so far. */
  statements(): readonly string[] {
    return this.#lines;
  }
}
