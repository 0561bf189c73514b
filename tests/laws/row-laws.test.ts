// Laws that rows claim (commutative, idempotent, involution, even, odd) hold bit for bit for every dtype; generated
// from the rows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derive } from '../../src/core/expr/canonicalise.ts';
import { Call, rootCall } from '../../src/core/engine/call.ts';
import type { Author } from '../../src/core/expr/node.ts';
import type { LawName, OpRow } from '../../src/core/ops/define.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { checkKinds } from '../../src/core/ops/infer.ts';
import { NEGATIVE } from '../../src/core/ops/named.ts';
import { type DType, DTYPES } from '../../src/core/tensor/dtype.ts';
import { COMPUTED_DTYPES } from '../ops/samples.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { difference, element, valueFrom } from '../pattern/bits.ts';
import { evaluate } from './evaluate.ts';

let seq = 0;
const author: Author<Call> = {
  semantics: 1,
  make: (row, attributes, type, operands, isLiteral) => new Call(row, attributes, type, 1, operands, isLiteral),
  noted: () => {},
};
type Elements = readonly (number | bigint)[];

const root = (dtype: DType, elements: Elements): Call => {
  const value = valueFrom(dtype, [2, elements.length], elements);
  return rootCall(value.type, value, ++seq);
};
const call = (row: OpRow, ...operands: readonly Call[]): Call => derive(row, operands, undefined, author);
const equal = (a: Call, b: Call): void => expect(difference(evaluate(a), evaluate(b))).toBeUndefined();

/** What each law says, for operands x, y and z of one dtype. */
const STATEMENTS: Record<LawName, (row: OpRow, x: Call, y: Call, z: Call) => void> = {
  commutative: (row, x, y) => equal(call(row, x, y), call(row, y, x)),
  // One operand: f(f(x)) = f(x). More: f(f(x, y, …), y, …) = f(x, y, …), and for two, f(x, x) = x.
  idempotent: (row, x, y, z) => {
    const rest = [y, z].slice(0, row.operands.length - 1);
    const once = call(row, x, ...rest);
    equal(call(row, once, ...rest), once);
    if (row.operands.length === 2) equal(call(row, x, x), x);
  },
  involution: (row, x) => equal(call(row, call(row, x)), x),
  even: (row, x) => equal(call(row, call(NEGATIVE, x)), call(row, x)),
  odd: (row, x) => equal(call(row, call(NEGATIVE, x)), call(NEGATIVE, call(row, x))),
};

const accepts = (row: OpRow, dtype: DType): boolean => {
  try {
    checkKinds(
      row,
      row.operands.map(() => tensorType(dtype, [2, 1])),
    );
    return true;
  } catch {
    return false;
  }
};

/** Unsigned integers and bool have no negative numbers: even and odd say nothing of them. */
const isSpokenOf = (law: LawName, dtype: DType): boolean =>
  (law !== 'even' && law !== 'odd') || DTYPES[dtype].kind === 'float' || DTYPES[dtype].kind === 'int';

const claims = [...OPS.values()].flatMap((row) => row.laws.map((law) => ({ row, law })));

describe('laws that rows claim', () => {
  it('are claimed at all', () => {
    expect(new Set(claims.map(({ law }) => law))).toEqual(new Set(Object.keys(STATEMENTS)));
    expect(claims.length).toBeGreaterThan(30);
  });

  for (const { row, law } of claims) {
    const dtypes = COMPUTED_DTYPES.filter((dtype) => accepts(row, dtype) && isSpokenOf(law, dtype));
    it(`${row.name} is ${law} for ${dtypes.join(', ')}`, () => {
      expect(dtypes.length).toBeGreaterThan(0);
      for (const dtype of dtypes) {
        const triple = fc.array(fc.tuple(element(dtype), element(dtype), element(dtype)), {
          minLength: 1,
          maxLength: 40,
        });
        fc.assert(
          fc.property(triple, (triples) => {
            const [x, y, z] = [0, 1, 2].map((i) =>
              root(
                dtype,
                triples.map((each) => each[i] as number),
              ),
            );
            STATEMENTS[law](row, x as Call, y as Call, z as Call);
          }),
          { seed: 31, numRuns: 40 },
        );
      }
    });
  }
});
