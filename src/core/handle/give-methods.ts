// Ops as methods: those that are loaded and those that will be, and names of other libraries, which say what to write.
import type { Composite } from '../ops/composite.ts';
import type { OpRow } from '../ops/define.ts';
import { FOREIGN_METHODS, forEachMethod, opNamed } from '../ops/index.ts';

/** Gives a class its methods: `call` makes the call of an op on an instance, `takes` says which ops it has. */
export function giveMethods<T extends object>(
  prototype: T,
  takes: (method: string, op: OpRow | Composite) => boolean,
  call: (self: T, op: OpRow | Composite, args: readonly unknown[]) => unknown,
): void {
  const give = (method: string, value: (this: T, ...args: readonly unknown[]) => unknown): void =>
    void Object.defineProperty(prototype, method, { configurable: true, writable: true, value });
  forEachMethod((method, op) => {
    if (takes(method, op))
      give(method, function (this: T, ...args) {
        return call(this, op, args);
      });
  });
  for (const [method, name] of FOREIGN_METHODS) if (!(method in prototype)) give(method, () => opNamed(name));
}
