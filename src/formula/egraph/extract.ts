// For each class of an e-graph the expression that comes nearest to its values in float64: what is computed is compared
// with the correctly rounded values, so that rounding, cancellation and overflow count alike.
import { floatAlgebra } from '../../../kernels/readings/numbers.ts';
import { apply, type Expression, number, operationsIn, symbol } from './expression.ts';
import type { EGraph, Member } from './graph.ts';
import { CORE_OPERATIONS } from './operations.ts';
import { bitsOff, type Point } from './points.ts';

/** What a class is computed by, with its values and bits of error at the points. */
interface Chosen {
  readonly expression: Expression;
  readonly values: readonly number[];
  readonly bits: readonly number[];
  readonly cost: number;
}

/** A question about a point, whether one value is below another, and at which points it is so. */
export interface PointSplit {
  readonly left: Expression;
  readonly right: Expression;
  readonly holds: readonly boolean[];
}

/** What an operation more costs, in bits, so that of equally good expressions the smaller one is taken. */
const BITS_A_NODE = 2 ** -10;
/** What is gained at least where two expressions share the points, in bits. */
const LEAST_GAIN = 1;
const MOST_ROUNDS = 12;
/** Bits of error where a value is not known: as if nothing was right. */
const ALL_BITS = 64;

/** Mean bits of error, and a little for each operation. */
export const costOf = (expression: Expression, bits: readonly number[]): number =>
  bits.reduce((sum, x) => sum + x, 0) / Math.max(1, bits.length) + operationsIn(expression) * BITS_A_NODE;

/** How deep `where` is nested within one class. */
const DEPTH = 2;
/** The best options that are tried in parts of the points. */
const MOST_OPTIONS = 6;

/** Options that share some of the points: which one is taken at each, and the expression that takes them. */
interface Shared {
  readonly bits: number;
  readonly pick: (point: number) => Chosen;
  readonly expression: () => Expression;
}

function shared(
  options: readonly Chosen[],
  splits: readonly PointSplit[],
  among: readonly number[],
  depth: number,
): Shared {
  const ranked = options
    .map((option) => ({ option, bits: among.reduce((sum, i) => sum + option.bits[i]!, 0) }))
    .sort((a, b) => a.bits - b.bits);
  const { option, bits } = ranked[0]!;
  let best: Shared = { bits, pick: () => option, expression: () => option.expression };
  if (depth === 0 || bits < LEAST_GAIN * among.length) return best;
  const kept = ranked.slice(0, MOST_OPTIONS).map((found) => found.option);
  for (const { left, right, holds } of splits) {
    const sides = [true, false].map((is) => among.filter((i) => holds[i] === is));
    if (sides.some((side) => side.length < 2)) continue;
    const [yes, no] = sides.map((side) => shared(kept, splits, side, depth - 1)) as [Shared, Shared];
    if (yes.bits + no.bits >= best.bits) continue;
    best = {
      bits: yes.bits + no.bits,
      pick: (i) => (holds[i] === true ? yes : no).pick(i),
      expression: () => apply('where<', left, right, yes.expression(), no.expression()),
    };
  }
  return best;
}

/** Chooses for all classes of a graph. */
export class Extraction {
  readonly #graph: EGraph;
  readonly #points: readonly Point[];
  readonly #symbols: readonly string[];
  readonly #root: number;
  readonly #truths = new Map<number, readonly (number | undefined)[]>();
  readonly #chosen = new Map<number, Chosen>();
  readonly #tried = new Map<Member, { readonly parts: readonly Chosen[]; readonly found: Chosen }>();

  constructor(graph: EGraph, root: number, points: readonly Point[], symbols: readonly string[]) {
    this.#graph = graph;
    this.#points = points;
    this.#symbols = symbols;
    this.#root = graph.find(root);
    this.#truths.set(
      this.#root,
      points.map(({ value }) => value),
    );
    this.#settle();
  }

  /** What the root is computed by. */
  get best(): Chosen {
    return this.#chosen.get(this.#root)!;
  }

  /** One expression for each operation that the root may be, the best parts in all. */
  rootsOf(): Expression[] {
    return this.#graph.classes.get(this.#root)!.nodes.flatMap((node) => this.#tried.get(node)?.found.expression ?? []);
  }

  /** Lets classes be computed by two expressions, which share the points by the split that gains most. */
  divide(splits: readonly PointSplit[]): void {
    for (let round = 0; round < 2; round++) {
      let divided = false;
      for (const [id, { nodes }] of this.#graph.classes) {
        const known = this.#chosen.get(id);
        if (known === undefined || known.cost < 1.5 * LEAST_GAIN) continue;
        const options = nodes.flatMap((node) => this.#tried.get(node)?.found ?? []);
        if (options.length < 2) continue;
        const found = this.#divided(options, splits);
        if (found.cost > known.cost - LEAST_GAIN) continue;
        this.#chosen.set(id, found);
        divided = true;
      }
      if (!divided) return;
      this.#settle();
    }
  }

  #divided(options: readonly Chosen[], splits: readonly PointSplit[]): Chosen {
    const all = this.#points.map((_, i) => i);
    const { expression, pick } = shared(options, splits, all, DEPTH);
    const chosen = all.map(pick);
    const bits = chosen.map((option, i) => option.bits[i]!);
    return {
      expression: expression(),
      values: chosen.map((option, i) => option.values[i]!),
      bits,
      cost: costOf(expression(), bits),
    };
  }

  /** From the leaves on until nothing changes. */
  #settle(): void {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      let changed = false;
      for (const [id, { nodes }] of this.#graph.classes)
        for (const node of nodes) {
          const parts = node.of.map((part) => this.#chosen.get(this.#graph.find(part))!);
          if (parts.includes(undefined as never)) continue;
          const before = this.#tried.get(node)?.parts;
          if (before !== undefined && parts.every((part, i) => part === before[i])) continue;
          const found = this.#computed(node, parts, this.#truthOf(id));
          this.#tried.set(node, { parts, found });
          const known = this.#chosen.get(id);
          if (known !== undefined && found.cost >= known.cost) continue;
          this.#chosen.set(id, found);
          changed = true;
        }
      if (!changed) return;
    }
  }

  #truthOf(id: number): readonly (number | undefined)[] {
    const found = this.#truths.get(id) ?? this.#graph.valuesOf(id);
    this.#truths.set(id, found);
    return found;
  }

  #computed(node: Member, parts: readonly Chosen[], truth: readonly (number | undefined)[]): Chosen {
    const { op, value, name } = node;
    const values =
      op === 'symbol'
        ? this.#points.map(({ x }) => x[this.#symbols.indexOf(name!)]!)
        : op === 'number'
          ? this.#points.map(() => Number(value!.n) / Number(value!.d))
          : this.#points.map((_, i) =>
              CORE_OPERATIONS[op]!(
                floatAlgebra,
                parts.map((part) => part.values[i]!),
              ),
            );
    // Where the class has no value it does not matter what is computed.
    const bits = values.map((got, i) => {
      const wanted = truth[i];
      return wanted === undefined ? ALL_BITS : Number.isNaN(wanted) ? 0 : bitsOff(got, wanted);
    });
    const expression =
      op === 'symbol'
        ? symbol(name!)
        : op === 'number'
          ? number(value!)
          : apply(op, ...parts.map((part) => part.expression));
    return { expression, values, bits, cost: costOf(expression, bits) };
  }
}
