// A formula as one op: float64 inside, rounded once at the end, on every device.
import { callsOf, defineOp, tensorOf } from '../../kit.ts';
import type { Tensor } from '../../surface.ts';
import { FormulaError } from '../errors.ts';
import { ordered, type Term } from '../term.ts';
import { numberText } from '../rational.ts';
import { scalarOf } from './body.ts';
import { type Operands, operandsFor, sheetTensor } from './calls.ts';

const MOST_SYMBOLS = 6;

/** Computes a formula for tensors and numbers in place of its symbols. */
export type Compiled = (operands: Operands) => Tensor;

/** Defines the op of a term, of which equal terms have one, and answers how it is called. */
export function compileTerm(root: Term, symbols: readonly string[]): Compiled {
  if (symbols.length === 0 || symbols.length > MOST_SYMBOLS) {
    const remedy = `call apply, or compile a formula of 1 to ${MOST_SYMBOLS} symbols`;
    throw new FormulaError('limit', `formula: an op of ${symbols.length} symbols; ${remedy}.`, { symbols });
  }
  const spelt = spell(root);
  const name = `formula_${hash(spelt, 0x9e3779b9)}${hash(spelt, 0x85ebca6b)}`;
  const { body } = scalarOf(root, symbols, name);
  const doc = spelt.length > 200 ? `A formula of ${symbols.join(', ')}.` : spelt;
  const op = defineOp({ name, version: 1, doc, operands: symbols, promotion: 'float', element: body });
  return (given) => {
    const operands = operandsFor(symbols, given);
    const beside = sheetTensor(operands);
    return tensorOf(beside, callsOf(beside)(op.name, operands as never));
  };
}

/** The steps of a term as text, each once. */
function spell(root: Term): string {
  const places = new Map<Term, number>();
  return ordered([root])
    .map((term, place) => {
      places.set(term, place);
      if (term.kind === 'number') return numberText(term.value!);
      return term.kind === 'call' ? `${term.name}(${term.args.map((arg) => `#${places.get(arg)}`).join()})` : term.name;
    })
    .join(' ');
}

/** 32 bits of a text (murmur3). */
function hash(text: string, seed: number): string {
  let mixed = seed;
  for (let i = 0; i < text.length; i++) {
    mixed ^= Math.imul((Math.imul(text.charCodeAt(i), 0xcc9e2d51) << 15) | (text.charCodeAt(i) >>> 17), 0x1b873593);
    mixed = (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0).toString(16).padStart(8, '0');
}
