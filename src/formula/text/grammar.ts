// How operators are written and how closely they bind: what the parser reads and the printer writes.

/** An operator between two operands. */
export interface Infix {
  readonly name: string;
  readonly level: number;
  readonly side: 'left' | 'right' | 'none';
}

/** How closely operators bind, the least first. */
export const LEVEL = {
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  sum: 5,
  product: 6,
  sign: 7,
  power: 8,
  root: 9,
  atom: 10,
} as const;

const infix = (name: string, level: number, side: Infix['side'] = 'left'): Infix => ({ name, level, side });

/** Operators between operands, by their text. */
export const INFIX: ReadonlyMap<string, Infix> = new Map([
  ['or', infix('logical_or', LEVEL.or)],
  ['and', infix('logical_and', LEVEL.and)],
  ['<', infix('less', LEVEL.comparison, 'none')],
  ['<=', infix('less_equal', LEVEL.comparison, 'none')],
  ['>', infix('greater', LEVEL.comparison, 'none')],
  ['>=', infix('greater_equal', LEVEL.comparison, 'none')],
  ['==', infix('equal', LEVEL.comparison, 'none')],
  ['!=', infix('not_equal', LEVEL.comparison, 'none')],
  ['+', infix('add', LEVEL.sum)],
  ['-', infix('subtract', LEVEL.sum)],
  ['*', infix('multiply', LEVEL.product)],
  ['/', infix('divide', LEVEL.product)],
  ['^', infix('pow', LEVEL.power, 'right')],
]);

/** Texts of those operators, by the names of their functions. */
export const SIGN_OF: ReadonlyMap<string, string> = new Map([...INFIX].map(([sign, { name }]) => [name, sign]));

/** Operators before an operand. */
export const PREFIX: ReadonlyMap<string, Infix> = new Map([
  ['-', infix('negative', LEVEL.sign)],
  ['not', infix('logical_not', LEVEL.not)],
  ['√', infix('sqrt', LEVEL.root)],
]);
