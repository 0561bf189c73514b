// A term as calls of ops: the same nodes, and so the same keys, as a chain that is written by hand.
import { callsOf, tensorOf } from '../../kit.ts';
import { Tensor, type Operand } from '../../surface.ts';
import { FormulaError } from '../errors.ts';
import { ordered, type Term } from '../term.ts';
import { floatOf, valueOfTerm } from './body.ts';

/** What stands for symbols: at least one tensor, and numbers or whatever a call takes. */
export type Operands = Readonly<Record<string, Operand>>;

/** The operands of the symbols of a formula, in order; a missing one is an error. */
export function operandsFor(symbols: readonly string[], given: Operands): Operand[] {
  const missing = symbols.filter((name) => !Object.hasOwn(given, name));
  if (missing.length > 0)
    throw new FormulaError(
      'symbol',
      `formula: there is nothing for ${missing.join(', ')}; give a tensor or a number.`,
      {
        symbols: missing,
      },
    );
  return symbols.map((name) => given[name]!);
}

/** The tensor beside which calls are made. */
export function sheetTensor(operands: readonly Operand[]): Tensor {
  const tensor = operands.find((operand): operand is Tensor => operand instanceof Tensor);
  if (tensor === undefined)
    throw new FormulaError('operand', 'formula: there is no tensor among its operands; give one, or call value.');
  return tensor;
}

/** Powers that are ops of their own. */
function opOf({
  name,
  args: [base, exponent],
}: Term): { readonly op: string; readonly args: readonly Term[] } | undefined {
  const { numerator, denominator } = (name === 'pow' && exponent?.value) || { numerator: 0n, denominator: 1n };
  if (numerator === 2n && denominator === 1n) return { op: 'square', args: [base!] };
  return numerator === 1n && denominator === 2n ? { op: 'sqrt', args: [base!] } : undefined;
}

/** A call that was made. */
type Made = ReturnType<ReturnType<typeof callsOf>>;

/** Calls the ops of a term. Numbers are rounded where they stand beside tensors, as those of a program are. */
export function callTerm(root: Term, operands: Operands): Tensor {
  const symbols = Object.keys(operands);
  const beside = sheetTensor(symbols.map((name) => operands[name]!));
  const call = callsOf(beside);
  const made = new Map<Term, Made | Operand>();
  for (const term of ordered([root])) {
    const number = floatOf(term);
    if (number !== undefined) made.set(term, number);
    else if (term.kind === 'symbol') made.set(term, operands[term.name]!);
    else if (term.args.every((arg) => typeof made.get(arg) === 'number')) made.set(term, folded(term, made));
    else {
      const { op, args } = opOf(term) ?? { op: term.name, args: term.args };
      made.set(term, call(op, args.map((arg) => made.get(arg)!) as never));
    }
  }
  return asTensor(beside, made.get(root)!);
}

/** A call of numbers alone, in float64. */
function folded({ name, args }: Term, made: ReadonlyMap<Term, unknown>): number {
  const symbols = args.map((_, i) => `x${i}`);
  const terms = symbols.map(
    (symbol, id) => ({ kind: 'symbol', name: symbol, args: [], value: undefined, id }) as const,
  );
  const term: Term = { kind: 'call', name, args: terms, value: undefined, id: terms.length };
  return valueOfTerm(
    term,
    symbols,
    args.map((arg) => made.get(arg) as number),
  );
}

function asTensor(beside: Tensor, made: Made | Operand): Tensor {
  if (made instanceof Tensor) return made;
  if (typeof made === 'object' && 'row' in made) return tensorOf(beside, made as Made);
  return tensorOf(beside, callsOf(beside)('add', [made as number, 0]));
}
