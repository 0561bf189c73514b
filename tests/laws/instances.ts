// Draws graphs that a pattern fits, from the pattern alone: roots for variables, random attributes, any order and
// alternative.
import { FULL } from '../../src/core/ops/movement/creation.ts';
import { Call, rootCall } from '../../src/core/engine/call.ts';
import { derive } from '../../src/core/expr/canonicalise.ts';
import type { Author } from '../../src/core/expr/node.ts';
import type { Pattern } from '../../src/core/expr/pattern.ts';
import type { Template } from '../../src/core/expr/template.ts';
import { DTypeError, SheetError } from '../../src/core/errors.ts';
import type { AttributeKind, OpRow } from '../../src/core/ops/define.ts';
import { checkKinds, promotedDTypes } from '../../src/core/ops/infer.ts';
import { valueOfArray } from '../../src/core/tensor/block.ts';
import { type DType, isCoded, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { drawAttributes, pick } from '../ops/samples.ts';

type Given = Readonly<Record<string, unknown>>;

/** The author of graphs that are drawn. */
export const author: Author<Call> = {
  semantics: 1,
  make: (row, attributes, type, operands, isLiteral) => new Call(row, attributes, type, 1, operands, isLiteral),
  noted: () => {},
};

/** What an instance is drawn from. */
export interface Palette {
  readonly dtype: DType;
  readonly shapes: readonly (readonly number[])[];
  readonly random: () => number;
  readonly elements: (dtype: DType, shape: readonly number[]) => TypedArray;
}

/** A call that nothing has to be cast for, or a typed error. */
export function call(row: OpRow, operands: readonly Call[], given?: Given): Call {
  const dtypes = operands.map(({ type }) => type.dtype);
  checkKinds(
    row,
    operands.map(({ type }) => type),
  );
  const promoted = promotedDTypes(row, dtypes);
  const isCast = dtypes.some((dtype, i) => dtype !== promoted[i] || (row.widens && isCoded(dtype)));
  if (isCast) throw new DTypeError(`${row.name}: an operand would be cast.`, { op: row.name });
  return derive(row, operands, given, author);
}

/** A root with these elements. */
export function rootOfArray(dtype: DType, shape: readonly number[], array: TypedArray): Call {
  const value = valueOfArray(tensorType(dtype, shape), array);
  return rootCall(value.type, value, 1);
}

/** One graph under way: what its names stand for, and the attributes it has drawn, which it mostly uses again. */
class Instance {
  readonly #palette: Palette;
  readonly #shape: readonly number[];
  readonly #named = new Map<string, Call>();
  #attributes: Readonly<Record<string, unknown>> = {};

  constructor(palette: Palette) {
    this.#palette = palette;
    this.#shape = pick(palette.shapes, palette.random);
  }

  draw(pattern: Pattern): Call {
    const { dtype, random } = this.#palette;
    if (typeof pattern === 'string') return this.#known(pattern, () => this.#variable());
    if (typeof pattern === 'number') return call(FULL, [], { shape: [], value: pattern, dtype });
    if ('anyOf' in pattern) return this.draw(pick(pattern.anyOf, random));
    if ('as' in pattern) return this.#known(pattern.as, () => this.draw(pattern.is));
    if ('holds' in pattern) return this.#limited(pattern.holds, pattern.is);
    const [row, ...operands] = pattern;
    const drawn = operands.map((operand) => this.draw(operand));
    const given = this.#attributesFor(row, drawn[0]?.type.shape ?? []);
    return call(row, row.laws.includes('commutative') && random() < 0.5 ? drawn.toReversed() : drawn, given);
  }

  #known(name: string, make: () => Call): Call {
    const known = this.#named.get(name) ?? make();
    this.#named.set(name, known);
    return known;
  }

  #variable(): Call {
    const { dtype, shapes, random, elements } = this.#palette;
    if (!isCoded(dtype) && random() < 0.1) return call(FULL, [], { shape: [], value: pick([1, 2, 3], random), dtype });
    const shape = random() < 0.6 ? this.#shape : pick(shapes, random);
    return rootOfArray(dtype, shape, elements(dtype, shape));
  }

  /** Draws until the condition holds; what it named meanwhile is forgotten. */
  #limited(holds: (node: Call) => boolean, inner: Pattern): Call {
    const before = [...this.#named];
    for (let attempt = 0; attempt < 30; attempt++) {
      const drawn = this.draw(inner);
      if (holds(drawn)) return drawn;
      this.#named.clear();
      for (const [name, node] of before) this.#named.set(name, node);
    }
    throw new SheetError('SQS_DRAWN', 'Nothing that was drawn fits.', {});
  }

  #attributesFor(row: OpRow, shape: readonly number[]): Readonly<Record<string, unknown>> {
    const { random } = this.#palette;
    const names = Object.keys(row.attributes);
    if (names.some((name) => !Object.hasOwn(this.#attributes, name)) || random() < 0.3) {
      const drawn = drawAttributes(row, shape, random);
      for (const name of names) {
        const own = ownChoice(row.attributes[name]?.kind, this.#palette, shape.length);
        if (own !== undefined && random() < 0.5) drawn[name] = own;
      }
      this.#attributes = { ...this.#attributes, ...drawn };
    }
    const known = names.filter((name) => Object.hasOwn(this.#attributes, name));
    return Object.fromEntries(known.map((name) => [name, this.#attributes[name]]));
  }
}

/** Values that random samples of a kind seldom have: any permutation of the axes, the dtype of the operands. */
function ownChoice(kind: AttributeKind | undefined, { dtype, random }: Palette, rank: number): unknown {
  if (kind === 'dtype') return dtype;
  if (kind !== 'axes') return undefined;
  const places = Array.from({ length: rank }, (_, axis) => ({ axis, place: random() }));
  return places.sort((a, b) => a.place - b.place).map(({ axis }) => axis);
}

/** A graph as the pattern describes it, or undefined where what was drawn is no call. */
export function instanceOf(pattern: Pattern, palette: Palette): Call | undefined {
  try {
    return new Instance(palette).draw(pattern);
  } catch (error) {
    if (error instanceof SheetError) return undefined;
    throw error;
  }
}

/** The rows that a pattern or a template names. */
export function rowsOf(form: Pattern | Template): readonly OpRow[] {
  if (typeof form !== 'object') return [];
  if ('anyOf' in form) return form.anyOf.flatMap(rowsOf);
  if ('is' in form) return rowsOf(form.is);
  if ('make' in form) return rowsOf(form.make);
  const [row, ...operands] = form;
  return [row, ...operands.flatMap(rowsOf)];
}

/** Whether a row computes in a dtype without casting to another. */
export function takes(row: OpRow, dtype: DType): boolean {
  if (row.widens && isCoded(dtype)) return false;
  const types = row.operands.map(() => tensorType(dtype, []));
  try {
    checkKinds(row, types);
  } catch {
    return false;
  }
  return promotedDTypes(
    row,
    types.map((type) => type.dtype),
  ).every((promoted) => promoted === dtype);
}
