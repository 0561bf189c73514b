// Where the calls of one round of `overhead` take their operands from: handles, or arrays handed in with every call.
import type { SymbolicSheet, Tensor } from 'symbolic-sheet';
import { applied, type Supply } from '../contenders/overhead-work.ts';

/** Operands of the calls of one round of `overhead`. */
export interface Round {
  prepare(calls: number): Promise<void>;
  operandsOf(call: number): readonly Tensor[];
  /** What becomes of a call's operands once its result is there. */
  after(operands: readonly Tensor[]): void;
  tidy(): void;
}

/** Handles made before the round. */
export class HandleRound implements Round {
  readonly #view: SymbolicSheet;
  readonly #supply: Supply;
  readonly #rest: readonly Tensor[];
  readonly #hot: readonly Tensor[];
  #fresh: Tensor[] = [];
  #calls: Tensor[] = [];

  constructor(view: SymbolicSheet, supply: Supply) {
    const { shapes, arrays } = supply.work;
    this.#view = view;
    this.#supply = supply;
    this.#hot = supply.hot.map((array) => view.tensor(array, shapes[0]));
    this.#rest = arrays.slice(1).map((array, i) => view.tensor(array, shapes[i + 1]));
  }

  async prepare(calls: number): Promise<void> {
    for (let time = 0; time < 2; time++)
      for (const hot of this.#hot) await this.#view.compute(applied(this.#supply.work.kind, [hot, ...this.#rest]));
    this.#calls = this.#supply.plan(calls).map((at) => {
      if (at >= 0) return this.#hot[at]!;
      const tensor = this.#view.tensor(this.#supply.fresh(), this.#supply.work.shapes[0]);
      this.#fresh.push(tensor);
      return tensor;
    });
  }

  operandsOf(call: number): readonly Tensor[] {
    return [this.#calls[call]!, ...this.#rest];
  }

  after(): void {}

  tidy(): void {
    for (const tensor of this.#fresh) tensor.dispose();
    this.#fresh = [];
  }
}

/** Arrays of the program's own, handed in anew with every call. */
export class ArrayRound implements Round {
  readonly #view: SymbolicSheet;
  readonly #supply: Supply;
  #arrays: Float32Array[][] = [];

  constructor(view: SymbolicSheet, supply: Supply) {
    this.#view = view;
    this.#supply = supply;
  }

  async prepare(calls: number): Promise<void> {
    const { kind, arrays } = this.#supply.work;
    const rest = arrays.slice(1);
    for (let time = 0; time < 2; time++)
      for (const hot of this.#supply.hot) await this.#view.compute(applied(kind, this.#handedIn([hot, ...rest])));
    this.#arrays = this.#supply
      .plan(calls)
      .map((at) => [
        at >= 0 ? this.#supply.hot[at]!.slice() : this.#supply.fresh(),
        ...rest.map((array) => array.slice()),
      ]);
  }

  operandsOf(call: number): readonly Tensor[] {
    return this.#handedIn(this.#arrays[call]!);
  }

  after(operands: readonly Tensor[]): void {
    for (const operand of operands) operand.dispose();
  }

  #handedIn(arrays: readonly Float32Array[]): Tensor[] {
    return arrays.map((array, i) => this.#view.tensor(array, this.#supply.work.shapes[i]));
  }

  tidy(): void {
    this.#arrays = [];
  }
}
