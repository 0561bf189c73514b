// An e-graph: classes of expressions that are equal. Each class has enclosures of its values at sample points, so that
// a union that would join different functions is refused. Rebuilding is deferred as in "egg" (Willsey et al., 2021).
import { balls, nearestOf } from '../../../kernels/readings/ball.ts';
import { compare } from '../../../kernels/readings/big.ts';
import { type Expression, type Fraction, fraction, isOfFloats, numberIn } from './expression.ts';
import { COMMUTATIVE, CORE_OPERATIONS } from './operations.ts';

const BITS = 192;
const m = balls(BITS);
type Ball = ReturnType<typeof m.constant>;

/** An operation on classes. */
export interface Member {
  readonly op: string;
  readonly of: readonly number[];
  readonly value?: Fraction;
  readonly name?: string;
}

interface GraphClass {
  readonly nodes: Member[];
  truth: readonly Ball[];
  /** The exact value of a class that is a rational. */
  constant?: Fraction;
}

/**
 * What a union needs: `same` functions have values at the same points; of a `partial` one, some may have none where the
 * others have, which is for those to see who use it.
 */
type Soundness = 'same' | 'partial';

/** Classes of expressions over points, with so many nodes at most. */
export class EGraph {
  readonly #parents: number[] = [];
  readonly #classes = new Map<number, GraphClass>();
  readonly #known = new Map<string, number>();
  readonly #symbols: ReadonlyMap<string, readonly Ball[]>;
  readonly #count: number;
  readonly #soundness: Soundness;
  /** Unions that were refused, as their values differ. */
  refused = 0;
  nodes = 0;
  #isDirty = false;

  constructor(symbols: readonly string[], points: readonly (readonly number[])[], soundness: Soundness) {
    this.#symbols = new Map(symbols.map((name, i) => [name, points.map((x) => m.constant(x[i]!))]));
    this.#count = points.length;
    this.#soundness = soundness;
  }

  find(id: number): number {
    let root = id;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    let at = id;
    while (this.#parents[at] !== root) [this.#parents[at], at] = [root, this.#parents[at]!];
    return root;
  }

  /** Classes that are there, by number. */
  get classes(): ReadonlyMap<number, GraphClass> {
    return this.#classes;
  }

  /** The correctly rounded values of a class; undefined where its enclosures do not tell. */
  valuesOf(id: number): readonly (number | undefined)[] {
    return this.#classes.get(this.find(id))!.truth.map(nearestOf);
  }

  addExpression(expression: Expression): number {
    const of = expression.of.map((part) => this.addExpression(part));
    const { op, value, name } = expression;
    return this.add({ op, of, ...(value && { value }), ...(name !== undefined && { name }) });
  }

  add(node: Member): number {
    const canonical = this.#canonical(node);
    const key = keyOf(canonical);
    const known = this.#known.get(key);
    if (known !== undefined) return this.find(known);
    const folded = this.#folded(canonical);
    if (folded !== undefined) {
      const id = this.add({ op: 'number', of: [], value: folded });
      this.#known.set(key, id);
      return id;
    }
    const id = this.#parents.length;
    this.#parents.push(id);
    this.#known.set(key, id);
    this.nodes++;
    const constant = canonical.value;
    this.#classes.set(id, { nodes: [canonical], truth: this.#truthOf(canonical), ...(constant && { constant }) });
    return id;
  }

  /**
   * Whether two classes became one. Of a `rewriting` the second may lose values of the first, and not have any where
   * the first has none: what is made of it would have them too, and be another function there.
   */
  union(a: number, b: number, kind: 'equal' | 'rewriting' = 'equal'): boolean {
    const [p, q] = [this.find(a), this.find(b)];
    if (p === q) return false;
    const [kept, gone] = [this.#classes.get(p)!, this.#classes.get(q)!];
    const truth = this.#joined(kept, gone, kind);
    if (truth === undefined) {
      this.refused++;
      return false;
    }
    kept.truth = truth;
    const constant = kept.constant ?? gone.constant;
    if (constant !== undefined) kept.constant = constant;
    kept.nodes.push(...gone.nodes);
    this.#parents[q] = p;
    this.#classes.delete(q);
    this.#isDirty = true;
    return true;
  }

  /** Joins classes whose nodes have become the same, until there are none. */
  rebuild(): void {
    while (this.#isDirty) {
      this.#isDirty = false;
      this.#known.clear();
      for (const [id, found] of this.#classes) {
        if (!this.#classes.has(id)) continue;
        const unique = new Map(found.nodes.map((node) => this.#canonical(node)).map((node) => [keyOf(node), node]));
        found.nodes.splice(0, found.nodes.length, ...unique.values());
        for (const key of unique.keys()) {
          const other = this.#known.get(key);
          if (other !== undefined && this.find(other) !== this.find(id)) this.union(other, id);
          else this.#known.set(key, this.find(id));
        }
      }
    }
    this.nodes = [...this.#classes.values()].reduce((sum, { nodes }) => sum + nodes.length, 0);
  }

  #canonical(node: Member): Member {
    const of = node.of.map((id) => this.find(id));
    if (COMMUTATIVE.has(node.op)) of.sort((a, b) => a - b);
    return { ...node, of };
  }

  #folded({ op, of }: Member): Fraction | undefined {
    const [a, b] = of.map((id) => this.#classes.get(id)!.constant);
    if (a === undefined || of.length === 0 || (of.length > 1 && b === undefined)) return undefined;
    const found = FOLDS[op]?.(a, b ?? a);
    return found !== undefined && isOfFloats(found) ? found : undefined;
  }

  #truthOf({ op, of, value, name }: Member): readonly Ball[] {
    if (op === 'symbol') return this.#symbols.get(name!) ?? Array.from({ length: this.#count }, () => m.constant(NaN));
    if (op === 'number') {
      const constant = numberIn(m, value!);
      return Array.from({ length: this.#count }, () => constant);
    }
    const operands = of.map((id) => this.#classes.get(id)!.truth);
    return Array.from({ length: this.#count }, (_, i) =>
      CORE_OPERATIONS[op]!(
        m,
        operands.map((truth) => truth[i]!),
      ),
    );
  }

  /** The enclosures that both leave; undefined where they have nothing in common, or too little to be judged by. */
  #joined(a: GraphClass, b: GraphClass, kind: 'equal' | 'rewriting'): readonly Ball[] | undefined {
    let judged = 0;
    const joined: Ball[] = [];
    for (let i = 0; i < this.#count; i++) {
      const [x, y] = [a.truth[i]!, b.truth[i]!];
      const [hasX, hasY] = [compare(x.low, x.high) <= 0, compare(y.low, y.high) <= 0];
      if (hasX && hasY) {
        const low = compare(x.low, y.low) >= 0 ? x.low : y.low;
        const high = compare(x.high, y.high) <= 0 ? x.high : y.high;
        if (compare(low, high) > 0) return undefined;
        judged++;
        joined.push({ low, high, nan: x.nan && y.nan });
      } else {
        if (this.#soundness === 'same' && hasX !== hasY && !(hasX ? x.nan : y.nan)) return undefined;
        if (kind === 'rewriting' && hasY) return undefined;
        joined.push(hasX ? x : y);
      }
    }
    return judged * 8 >= this.#count ? joined : undefined;
  }
}

const keyOf = ({ op, of, value, name }: Member): string =>
  value !== undefined ? `${value.n}/${value.d}` : name !== undefined ? `$${name}` : `${op} ${of.join()}`;

type Fold = (a: Fraction, b: Fraction) => Fraction | undefined;
const FOLDS: Readonly<Record<string, Fold>> = {
  '+': (a, b) => fraction(a.n * b.d + b.n * a.d, a.d * b.d),
  '-': (a, b) => fraction(a.n * b.d - b.n * a.d, a.d * b.d),
  '*': (a, b) => fraction(a.n * b.n, a.d * b.d),
  '/': (a, b) => (b.n === 0n ? undefined : fraction(a.n * b.d, a.d * b.n)),
  neg: (a) => fraction(-a.n, a.d),
  fabs: (a) => fraction(a.n < 0n ? -a.n : a.n, a.d),
  sqrt: (a) => ofSquare(a),
};

function ofSquare({ n, d }: Fraction): Fraction | undefined {
  if (n < 0n) return undefined;
  const [p, q] = [BigInt(Math.round(Math.sqrt(Number(n)))), BigInt(Math.round(Math.sqrt(Number(d))))];
  return p * p === n && q * q === d ? { n: p, d: q } : undefined;
}
