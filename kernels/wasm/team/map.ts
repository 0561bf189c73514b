// Maps shared among the threads of a team: costly functions over operands that lie in the heap.
import type { ElementFunction } from '../../scalar/algebra.ts';
import type { ElementArray, StridedOperand } from '../../js/map.ts';
import type { CompiledKernel } from '../code/abi.ts';
import type { Heap } from '../memory/heap.ts';
import type { WasmMap } from '../map/map.ts';
import type { Team, TeamKernel } from './team.ts';

/** Elements of a grain: long enough to hide its hand-over, short enough to balance. */
const GRAIN = 1 << 14;

/** Runs maps as jobs of a team. */
export class TeamMap {
  readonly #heap: Heap;
  readonly #team: Team;
  readonly #maps: WasmMap;
  readonly #loaded = new WeakMap<CompiledKernel, TeamKernel>();

  constructor(heap: Heap, team: Team, maps: WasmMap) {
    this.#heap = heap;
    this.#team = team;
    this.#maps = maps;
  }

  /** The map on the workers; undefined where it has no form for several threads, or none would be free. */
  run(
    fn: ElementFunction,
    operands: readonly StridedOperand[],
    out: ElementArray,
    shape: readonly number[],
  ): Promise<void> | undefined {
    if (this.#team.threads === 1) return undefined;
    const job = this.#maps.job(fn, operands, out, shape);
    const params = job === undefined ? 0 : this.#heap.allocate(job.paramsSizeBytes);
    if (job === undefined || params === 0) return undefined;
    job.writeParams(params);
    return this.#team
      .run(this.#teamKernel(job.kernel), params, job.range, GRAIN)
      .finally(() => this.#heap.free(params));
  }

  #teamKernel(kernel: CompiledKernel): TeamKernel {
    let known = this.#loaded.get(kernel);
    if (known === undefined) {
      known = this.#team.load({ bytes: kernel.bytes })[kernel.name]!;
      this.#loaded.set(kernel, known);
    }
    return known;
  }
}
