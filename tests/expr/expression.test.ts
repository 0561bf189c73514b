// An expression in the table: what it stands at after its node, or an operand's, was swept and the number given to
// another.
import { describe, expect, it } from 'vitest';
import { NO_ATTRIBUTES } from '../../src/core/expr/attributes.ts';
import { Call, rootCall } from '../../src/core/engine/call.ts';
import { InterningTable } from '../../src/core/expr/interning.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import { valueOfArray } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';

const TYPE = tensorType('float32', [1]);
let seq = 0;
const root = (): Call => rootCall(TYPE, valueOfArray(TYPE, new Float32Array(1)), ++seq);
const call = (op: string, operand: Call): Call => new Call(opNamed(op), NO_ATTRIBUTES, TYPE, 0, [operand]);

describe('an expression whose node was swept', () => {
  it('does not stand at its number, which another has now, and neither does what is computed from it', () => {
    const table = new InterningTable(2);
    const swept = call('exp', root());
    const number = swept.node(table);
    table.sweepWhenFull();
    expect(table.size, 'nothing holds it').toBe(0);
    const others = Array.from({ length: 4 }, () => call('exp', root()));
    for (const other of others) other.node(table);
    const heir = others.find((other) => other.node(table) === number);
    if (heir === undefined) return expect.fail('no number was given again');
    expect(swept.knownNode(table)).toBe(0);
    expect(call('tanh', swept).node(table)).not.toBe(call('tanh', heir).node(table));
    expect(swept.node(table)).not.toBe(heir.node(table));
  });
});
