// What runs a task where results lie in RAM: its device, with a route around it, or a composed row in its two parts.
import type { RowParts } from '../ops/define.ts';
import { type Block, type Memory, type Value, valueOf } from '../tensor/block.ts';
import type { TensorType } from '../tensor/type.ts';
import { withRoute } from './detour.ts';
import type { Device, Promptness, Task } from './device.ts';
import type { Runner } from './runner.ts';

/**
 * The tasks of both parts. The result of the first is an operand of the second: a type without elements where `take`
 * gives it no block.
 */
export function partsOf(
  task: Task,
  parts: RowParts,
  take?: (type: TensorType) => Block,
): readonly [first: Task, second: Task] {
  const { first, at, count, second } = parts;
  const operands = task.operands.slice(at, at + count);
  const type = parts.between(
    operands.map((operand) => operand.type),
    task.type,
  );
  const between = take === undefined ? ({ type } as Value) : valueOf(type, take(type));
  return [
    { ...task, row: first, type, operands },
    { ...task, row: second, operands: [...task.operands.slice(0, at), between, ...task.operands.slice(at + count)] },
  ];
}

/** The runner of a task on its device. `place` finds devices for the maps among the parts of a composed row. */
export function runnerFor(
  task: Task,
  device: Device,
  mode: Promptness,
  memory: Memory,
  place: (part: Task) => Device,
): Runner {
  const { parts } = task.row;
  if (parts === undefined) return withRoute(task, device, memory);
  if (device.supports(task, mode) === true) return device;
  return new InParts(device.name, parts, memory, (part) => {
    const isMap = part.row.kernel.skeleton === 'map';
    return isMap ? runnerFor(part, place(part), mode, memory, place) : withRoute(part, device, memory);
  });
}

/** Runs both parts, the second on the bytes of the first where they fit. */
class InParts implements Runner {
  readonly name: string;
  readonly #parts: RowParts;
  readonly #memory: Memory;
  readonly #runnerOf: (part: Task) => Runner;

  /** `runnerOf` finds what computes a part. */
  constructor(name: string, parts: RowParts, memory: Memory, runnerOf: (part: Task) => Runner) {
    this.name = name;
    this.#parts = parts;
    this.#memory = memory;
    this.#runnerOf = runnerOf;
  }

  run(task: Task, out: Block, mode: Promptness): void | Promise<void> {
    let between = out;
    // A first part of the result's type is computed into the result: maps may work in place.
    const [first, second] = partsOf(
      task,
      this.#parts,
      (type) => (between = type === task.type ? out : this.#memory.take(type)),
    );
    const letGo = (): void => void (between === out || between.release());
    const goOn = (): void | Promise<void> => this.#runnerOf(second).run(second, out, mode);
    try {
      const running = this.#runnerOf(first).run(first, between, mode);
      const ending = running === undefined ? goOn() : running.then(goOn);
      return ending === undefined ? letGo() : ending.finally(letGo);
    } catch (error) {
      letGo();
      throw error;
    }
  }
}
