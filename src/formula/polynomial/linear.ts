// Systems of linear equations over the rationals.
import { isZero, minus, over, type Rational, times, NOUGHT } from '../rational.ts';

/** An equation: coefficients by unknown, and what their sum with the unknowns is. */
export interface Equation {
  readonly coefficients: Map<number, Rational>;
  readonly value: Rational;
}

/** One solution, with 0 for what is free; undefined where there is none. */
export function solution(equations: readonly Equation[], unknowns: number): Rational[] | undefined {
  const rows: { readonly pivot: number; readonly row: Equation }[] = [];
  for (const equation of equations) {
    let rest = equation;
    for (const { pivot, row } of rows) rest = without(rest, pivot, row);
    const first = rest.coefficients.entries().next().value;
    if (first === undefined) {
      if (!isZero(rest.value)) return undefined;
      continue;
    }
    rows.push({ pivot: first[0], row: scaledRow(rest, first[1]) });
  }
  const found = new Array<Rational>(unknowns).fill(NOUGHT);
  for (const { pivot, row } of rows.reverse()) {
    let value = row.value;
    for (const [unknown, c] of row.coefficients) if (unknown !== pivot) value = minus(value, times(c, found[unknown]!));
    found[pivot] = value;
  }
  return found;
}

function scaledRow({ coefficients, value }: Equation, by: Rational): Equation {
  return { coefficients: new Map([...coefficients].map(([i, c]) => [i, over(c, by)])), value: over(value, by) };
}

/** An equation minus so much of a row that an unknown is not in it. */
function without(equation: Equation, pivot: number, row: Equation): Equation {
  const by = equation.coefficients.get(pivot);
  if (by === undefined) return equation;
  const coefficients = new Map(equation.coefficients);
  for (const [i, c] of row.coefficients) {
    const left = minus(coefficients.get(i) ?? NOUGHT, times(by, c));
    if (isZero(left)) coefficients.delete(i);
    else coefficients.set(i, left);
  }
  return { coefficients, value: minus(equation.value, times(by, row.value)) };
}
