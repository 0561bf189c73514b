// A device that computes a fused task in its two parts, the second on the first's bytes where they fit.
import type { RowParts } from '../ops/define.ts';
import { type Block, type Memory, valueOf } from '../tensor/block.ts';
import type { Device, Task } from './device.ts';
import { DeviceAround } from './device-around.ts';
import { withRoute } from './detour.ts';

/** The device, or what computes a fused row on it that it has no kernel for. `mapper` computes maps within the call. */
export function inParts(task: Task, device: Device, mapper: Device, memory: Memory): Device {
  return task.row.parts === undefined ? device : new TwoPartDevice(task.row.parts, device, mapper, memory);
}

class TwoPartDevice extends DeviceAround {
  readonly #parts: RowParts;
  readonly #mapper: Device;
  readonly #memory: Memory;

  constructor(parts: RowParts, device: Device, mapper: Device, memory: Memory) {
    super(device);
    this.#parts = parts;
    this.#mapper = mapper;
    this.#memory = memory;
  }

  run(task: Task, out: Block): void | Promise<void> {
    const { first, second, between, letGo } = this.#enter(task, out);
    const goOn = (): void | Promise<void> => this.#deviceOf(second).run(second, out);
    try {
      const running = this.#deviceOf(first).run(first, between);
      const ending = running === undefined ? goOn() : running.then(goOn);
      return ending === undefined ? letGo() : ending.finally(letGo);
    } catch (error) {
      letGo();
      throw error;
    }
  }

  runNow(task: Task, out: Block): void {
    const { first, second, between, letGo } = this.#enter(task, out);
    try {
      this.#deviceOf(first).runNow(first, between);
      this.#deviceOf(second).runNow(second, out);
    } finally {
      letGo();
    }
  }

  /** The two tasks. A first part of the result's type is computed into the result: maps may work in place. */
  #enter(task: Task, out: Block): { first: Task; second: Task; between: Block; letGo: () => void } {
    const { count, ...rows } = this.#parts;
    const type = rows.between(task.operands.map((operand) => operand.type), task.type);
    const between = type === task.type ? out : this.#memory.take(type);
    return {
      first: { ...task, row: rows.first, type, operands: task.operands.slice(0, count) },
      second: { ...task, row: rows.second, operands: [valueOf(type, between), ...task.operands.slice(count)] },
      between, letGo: () => void (between === out || between.release()),
    };
  }

  #deviceOf(part: Task): Device {
    return part.row.kernel.skeleton === 'map' ? this.#mapper : withRoute(part, this.device, this.#memory);
  }
}
