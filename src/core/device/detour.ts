// A device that takes a route around a task: fills the result itself, or has another device compute less.
import type { Detour, GatheredOperand, RoutePlan } from '../pattern/route.ts';
import { routeFor } from '../pattern/routes.ts';
import { type Block, type Memory, type Value, valueOf } from '../tensor/block.ts';
import type { Device, Promptness, Task } from './device.ts';
import type { Runner } from './runner.ts';

/** What computes a task: the device, or the device with a route around it, whose name the trace then bears. */
export function withRoute(task: Task, device: Device, memory: Memory): Runner {
  const plan = routeFor(task);
  return plan === undefined ? device : new Routed(plan, device, memory);
}

/** One task's route. Gives the bits of the kernel; leaves to the device what the route cannot do. */
class Routed implements Runner {
  readonly name: string;
  readonly note: string;
  readonly #plan: RoutePlan;
  readonly #device: Device;
  readonly #memory: Memory;

  constructor(plan: RoutePlan, device: Device, memory: Memory) {
    this.name = plan.name;
    this.note = `${plan.name} on ${device.name}`;
    this.#plan = plan;
    this.#device = device;
    this.#memory = memory;
  }

  run(task: Task, out: Block, mode: Promptness): void | Promise<void> {
    if ('fill' in this.#plan) return this.#plan.fill(out.array) ? undefined : this.#device.run(task, out, mode);
    const inner = this.#enter(task, this.#plan.detour, out);
    try {
      const running = this.#device.run(inner.task, inner.out, mode);
      if (running === undefined) return inner.leave('done');
      return running.then(
        () => inner.leave('done'),
        (error: unknown) => {
          inner.leave('failed');
          throw error;
        },
      );
    } catch (error) {
      inner.leave('failed');
      throw error;
    }
  }

  /** Sets the smaller task up; `leave` spreads its result when it is done, and gives its blocks back. */
  #enter(
    task: Task,
    { row, attrs, operands, type, spread }: Detour,
    out: Block,
  ): { task: Task; out: Block; leave: (how: 'done' | 'failed') => void } {
    const taken: Block[] = [];
    const take = (operand: GatheredOperand): Value => {
      const block = this.#memory.take(operand.type);
      taken.push(block);
      operand.fill(block.array);
      return valueOf(operand.type, block);
    };
    const inner: Task = {
      ...task,
      row,
      attrs,
      type,
      operands: operands.map((operand) => ('fill' in operand ? take(operand) : operand)),
    };
    const target = spread === undefined ? out : this.#memory.take(type);
    if (target !== out) taken.push(target);
    const leave = (how: 'done' | 'failed'): void => {
      if (how === 'done') spread?.(target.array, out.array);
      for (const block of taken) block.release();
    };
    return { task: inner, out: target, leave };
  }
}
