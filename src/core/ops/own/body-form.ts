// The form of an elementwise body: its steps as texts, by which two bodies are told apart whatever they were made of.
import { recording } from '../../../../kernels/readings/trace.ts';
import type { ElementFunction } from '../../../../kernels/scalar/algebra.ts';
import { AttributeError } from '../../errors.ts';

/** A value or mask of the algebra of forms: the number of the step that gives it. */
interface Step {
  readonly at: number;
}

/**
 * The steps of a body, one text each, equal steps once. Numbers that the body took from outside are in them, so that
 * what it computes follows from its form alone. Throws an AttributeError for a body that gives nothing of the algebra.
 */
export function bodyForm(element: ElementFunction): readonly string[] {
  const writer = new FormWriter();
  const result = writer.apply(
    element,
    Array.from({ length: element.arity }, (_, i) => writer.step(`operand ${i}`)),
  );
  writer.step(`${element.returns} ${writer.place(result, element.name)}`);
  return writer.steps;
}

/** Operations of floats alone, and of integers alone. */
const OF_FLOATS = /^(sqrt|powerOfTwo|exponent|mantissa|highHalf|single) |^constant (-0|NaN|-?Infinity|.*[.e].*)$/;
const OF_INTEGERS = /^(bit\w+|shift\w+) /;

/** A step that elements of such a kind do not have; undefined where they have all. */
export const stepNotOf = (kind: 'float' | 'integer', form: readonly string[]): string | undefined =>
  form.find((step) => (kind === 'float' ? OF_INTEGERS : OF_FLOATS).test(step));

/** Writes down what a body does as it is run. */
class FormWriter {
  readonly steps: string[] = [];
  readonly #known = new Map<string, Step>();

  step(text: string): Step {
    let step = this.#known.get(text);
    if (step === undefined) {
      this.#known.set(text, (step = { at: this.steps.length }));
      this.steps.push(text);
    }
    return step;
  }

  /** The number of a step, where it is one of this writer's. */
  place(value: unknown, where: string): number {
    const at = (value as Step | undefined)?.at;
    if (typeof at === 'number') return at;
    const remedy = 'every value comes from an operand or from m.constant(…), and the body returns one';
    throw new AttributeError(`${where}: ${String(value)} is no value of the algebra; ${remedy}.`, { where });
  }

  apply(element: ElementFunction, operands: readonly Step[]): Step {
    const algebra = recording<Step>({
      plain: (name, values) => this.step(`${name} ${values.map((value) => this.place(value, name)).join(' ')}`),
      constant: (value) => this.step(`constant ${written(value)}`),
      lookup: (table, index) => this.step(`lookup ${table.map(written).join()} ${this.place(index, 'lookup')}`),
      called: () => undefined,
    });
    return element.body(algebra, ...operands);
  }
}

function written(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  throw new AttributeError(`constant: ${String(value)} is not a number; a parameter is an operand.`, { value });
}
