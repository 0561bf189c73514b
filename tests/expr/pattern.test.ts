// Patterns on nodes that are no tensors: symbols with a row, attributes, a type and operands read the same rules.
import { describe, expect, it } from 'vitest';
import { internAttributes, NO_ATTRIBUTES } from '../../src/core/expr/attributes.ts';
import { match, prepare } from '../../src/core/expr/matching.ts';
import { limited, named, type Pattern, type PatternNode, squareOf } from '../../src/core/expr/pattern.ts';
import { applyRule, realRule, type Rule, RuleIndex } from '../../src/core/expr/rules/rule.ts';
import { RULES } from '../../src/core/expr/rules/rules.ts';
import { constantOf } from '../../src/core/expr/same.ts';
import type { Build } from '../../src/core/expr/template.ts';
import { FULL } from '../../src/core/ops/movement/creation.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { ADD, COS, DIVIDE, EXP, EXPM1, LOG, MULTIPLY, POW, SQRT, SQUARE, SUBTRACT } from '../../src/core/ops/named.ts';
import { type TensorType, tensorType } from '../../src/core/tensor/type.ts';

/** A symbol: what a formula is made of. */
interface Symbolic extends PatternNode {
  readonly operands: readonly Symbolic[];
  readonly text: string;
}

const REAL: TensorType = tensorType('float64', []);
const node = (text: string, row?: OpRow, operands: readonly Symbolic[] = []): Symbolic => ({
  row,
  attributes: NO_ATTRIBUTES,
  type: REAL,
  operands,
  text,
});
const number = (value: number): Symbolic => ({
  ...node(String(value), FULL),
  attributes: internAttributes({ shape: [], value, dtype: 'float64' }),
});
const on = (row: OpRow, ...operands: readonly Symbolic[]): Symbolic =>
  node(`${row.name}(${operands.map(({ text }) => text).join(', ')})`, row, operands);
const build: Build<Symbolic> = (row, operands, given) =>
  row === FULL ? number(given?.['value'] as number) : on(row, ...operands);

const [x, y] = [node('x'), node('y')];
const REASON = { why: 'it is a test', source: 'this file' };

/** What the names of a pattern stand for, as text. */
function found(pattern: Pattern, e: Symbolic): Record<string, string> | undefined {
  const bindings = match(prepare(pattern), e);
  return bindings && Object.fromEntries(Object.entries(bindings).map(([name, { text }]) => [name, text]));
}

describe('a pattern', () => {
  it('binds a variable to any node, and where it stands again to the same one only', () => {
    expect(found([SUBTRACT, 'a', 'b'], on(SUBTRACT, x, y))).toEqual({ a: 'x', b: 'y' });
    expect(found([SUBTRACT, 'a', 'a'], on(SUBTRACT, x, y))).toBeUndefined();
    expect(found([SUBTRACT, 'a', 'a'], on(SUBTRACT, on(EXP, x), on(EXP, x))), 'written alike').toEqual({ a: 'exp(x)' });
    expect(found([SUBTRACT, 'a', 'a'], on(SUBTRACT, x, node('x'))), 'two roots are two').toBeUndefined();
  });

  it('meets the operands of commutative rows in either order, and goes back where one leads nowhere', () => {
    expect(found([ADD, 1, 'a'], on(ADD, x, number(1)))).toEqual({ a: 'x' });
    expect(found([SUBTRACT, 1, 'a'], on(SUBTRACT, x, number(1)))).toBeUndefined();
    const pattern: Pattern = [SUBTRACT, [ADD, 'a', 'b'], [EXP, 'a']];
    expect(found(pattern, on(SUBTRACT, on(ADD, x, y), on(EXP, y)))).toEqual({ a: 'y', b: 'x' });
    expect(found(pattern, on(SUBTRACT, on(ADD, x, y), on(EXP, x)))).toEqual({ a: 'x', b: 'y' });
    expect(
      found([MULTIPLY, [ADD, 'a', 'b'], [ADD, 'b', 'c']], on(MULTIPLY, on(ADD, x, y), on(ADD, number(2), x))),
    ).toEqual({ a: 'y', b: 'x', c: '2' });
  });

  it('tries alternatives in order', () => {
    for (const squared of [on(SQUARE, x), on(MULTIPLY, x, x), on(POW, x, number(2))]) {
      expect(found(squareOf('a'), squared), squared.text).toEqual({ a: 'x' });
    }
    const others = [on(MULTIPLY, x, y), on(POW, x, number(3)), on(POW, number(2), x)];
    for (const other of others) expect(found(squareOf('a'), other), other.text).toBeUndefined();
    expect(found([ADD, squareOf('a'), squareOf('a')], on(ADD, on(MULTIPLY, x, x), on(SQUARE, x)))).toEqual({ a: 'x' });
  });

  it('names nodes and limits them', () => {
    expect(found(named('e', [EXP, 'a']), on(EXP, x))).toEqual({ e: 'exp(x)', a: 'x' });
    expect(found([DIVIDE, named('e', [EXP, 'a']), 'e'], on(DIVIDE, on(EXP, x), on(EXP, y)))).toBeUndefined();
    const positive = limited((each) => (constantOf(each) ?? 0) > 0, 'c');
    expect(found([ADD, 'a', positive], on(ADD, number(2), number(-1)))).toEqual({ a: '-1', c: '2' });
    expect(found([ADD, 'a', positive], on(ADD, x, y))).toBeUndefined();
  });

  it('asks for as many operands as it has', () => {
    expect(found([EXP, 'a'], node('exp', EXP)), 'a node that lost its operands').toBeUndefined();
    expect(found([EXP, 'a'], x)).toBeUndefined();
  });
});

describe('rules on symbols', () => {
  const index = new RuleIndex(RULES);
  const improved = (e: Symbolic): string | undefined => {
    for (const rule of index.of(e)) {
      const form = applyRule(rule, e, build);
      if (form !== undefined) return form.text;
    }
    return undefined;
  };

  it('are the rules of tensors', () => {
    expect(improved(on(SUBTRACT, on(EXP, x), number(1)))).toBe('expm1(x)');
    expect(improved(on(LOG, on(ADD, on(EXP, x), number(1))))).toBe('softplus(x)');
    expect(improved(on(SUBTRACT, number(1), on(COS, x)))).toBe('multiply(square(sin(multiply(x, 0.5))), 2)');
    expect(improved(on(SUBTRACT, on(SQUARE, x), on(MULTIPLY, y, y)))).toBe('multiply(subtract(x, y), add(x, y))');
    const roots = on(SUBTRACT, on(SQRT, on(ADD, number(3), x)), on(SQRT, x));
    expect(improved(roots)).toBe('divide(3, add(sqrt(add(3, x)), sqrt(x)))');
    expect(improved(on(SUBTRACT, on(EXP, x), y))).toBeUndefined();
  });

  it('keep their order, whatever the first operand is', () => {
    const any = (formula: string): Rule =>
      realRule({ formula, from: [SUBTRACT, 'a', 'b'], to: [EXPM1, 'a'], ...REASON });
    const ofExp = realRule({ formula: '0', from: [SUBTRACT, [EXP, 'a'], 'b'], to: 'a', ...REASON });
    const rules = new RuleIndex([any('1'), ofExp, any('2')]);
    expect(rules.of(on(SUBTRACT, on(EXP, x), y)).map(({ formula }) => formula)).toEqual(['1', '0', '2']);
    expect(rules.of(on(SUBTRACT, x, y)).map(({ formula }) => formula)).toEqual(['1', '2']);
    expect(rules.of(on(ADD, x, y))).toEqual([]);
  });

  it('give no form of another type', () => {
    const rule = realRule({ formula: 'x + y → x', from: [ADD, 'a', 'b'], to: 'a', ...REASON });
    const vector: Symbolic = { ...x, type: tensorType('float64', [3]) };
    expect(applyRule(rule, on(ADD, x, y), build)).toBe(x);
    expect(applyRule(rule, on(ADD, vector, y), build)).toBeUndefined();
  });
});

it('a template that uses a name its pattern does not bind is an error of type', () => {
  // @ts-expect-error 'c' is not bound
  realRule({ formula: '', from: [ADD, 'a', 'b'], to: [EXP, 'c'], ...REASON });
  // @ts-expect-error neither is the sum
  realRule({ formula: '', from: [ADD, 'a', 'b'], to: 'a', when: ({ sum }) => sum !== x, ...REASON });
  expect(prepare('a').name).toBe('a');
});
