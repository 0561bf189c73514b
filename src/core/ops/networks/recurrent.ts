// Recurrent layers: the inputs of all steps are projected at once, then each step is a few calls on the state before.
import { ShapeError } from '../../errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { textAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues, OperandSpec } from '../define.ts';

const REVERSE: AttributeSpec = { kind: 'bool', fallback: false, doc: 'go from the last step to the first' };

const float = (name: string): OperandSpec => ({ name, kind: 'float' });
const WEIGHTS = [float('x'), float('weight'), float('recurrence'), float('bias'), float('initial')];
const LENGTHS: OperandSpec = { name: 'lengths', kind: 'index' };

/** One layer: what its steps are made of. */
interface Layer<C> {
  readonly call: Calls<C & Called>;
  /** Inputs of all steps times their weights, [length, batch, gates · size]. */
  readonly projected: C;
  readonly recurrence: C;
  /** States before the first step, each [batch, size]; the first one is the output. */
  readonly states: readonly C[];
  readonly lengths: C | undefined;
  readonly isReversed: boolean;
}

/** Elements of the last axis from a gate's first to its last. */
function gate<C extends Called>(call: Calls<C>, x: C, number: number, size: number): C {
  const lead = x.type.shape.slice(1).map(() => null);
  return call('slice', [x], { start: [...lead, number * size], stop: [...lead, (number + 1) * size] });
}

const sum = <C extends Called>(call: Calls<C>, [first, ...rest]: readonly (C | undefined)[]): C =>
  rest.reduce((total: C, term) => (term === undefined ? total : call('add', [total, term])), first!);

const times = <C extends Called>(call: Calls<C>, x: C, weights: C): C =>
  call('matmul', [x, weights], { transposeB: true });

/** Checks a layer's operands, and gives what does not depend on the cell; `biasGates` are added to the projection. */
function layerOf<C extends Called>(
  op: string,
  call: Calls<C>,
  [x, weight, recurrence, bias, initial, lengths]: readonly (C | undefined)[],
  gates: number,
  attrs: AttributeValues,
): Layer<C> & { readonly size: number; readonly biases: readonly (C | undefined)[] } {
  const [shape, weights, recurrent] = [x!.type.shape, weight!.type.shape, recurrence!.type.shape];
  const size = recurrent.at(-1) ?? 0;
  const fits =
    shape.length === 3 &&
    weights.length === 2 &&
    weights[0] === gates * size &&
    weights[1] === shape[2] &&
    recurrent.length === 2 &&
    recurrent[0] === gates * size &&
    (bias === undefined || bias.type.size === 2 * gates * size);
  if (!fits)
    throw new ShapeError(
      `${op}: x is ${formatShape(shape)}, weight ${formatShape(weights)}, recurrence ${formatShape(recurrent)}` +
        `${bias === undefined ? '' : `, bias ${formatShape(bias.type.shape)}`}; give x as [length, batch, input], ` +
        `weight [${gates} · size, input], recurrence [${gates} · size, size] and bias [${2 * gates} · size].`,
      { x: shape, weight: weights, recurrence: recurrent },
    );
  const [length, batch, width] = shape as [number, number, number];
  const projected = times(call, call('reshape', [x!], { shape: [length * batch, width] }), weight!);
  const half = (at: number): C | undefined => (bias === undefined ? undefined : gate(call, bias, at, gates * size));
  const start = initial ?? call('zeros', [], { shape: [batch, size], dtype: x!.type.dtype });
  return {
    call,
    size,
    projected: call('reshape', [projected], { shape: [length, batch, gates * size] }),
    recurrence: recurrence!,
    states: [start],
    lengths: lengths === undefined ? undefined : call('reshape', [lengths], { shape: [batch, 1] }),
    isReversed: attrs['reverse'] === true,
    biases: [half(0), half(1)],
  };
}

/** Goes through the steps; beyond its length a row of the batch keeps its state, and its outputs are 0. */
function run<C extends Called>(
  { call, projected, states: initial, lengths, isReversed }: Layer<C>,
  cell: (input: C, states: readonly C[]) => readonly C[],
): { readonly outputs: C; readonly states: readonly C[] } {
  const [length, batch, width] = projected.type.shape as [number, number, number];
  const outputs: C[] = [];
  let states = initial;
  for (let i = 0; i < length; i++) {
    const step = isReversed ? length - 1 - i : i;
    const input = call('reshape', [call('slice', [projected], { start: [step], stop: [step + 1] })], {
      shape: [batch, width],
    });
    const next = cell(input, states);
    const isInside = lengths === undefined ? undefined : call('greater', [lengths, step]);
    states = isInside === undefined ? next : next.map((state, k) => call('where', [isInside, state, states[k]!]));
    outputs[step] = isInside === undefined ? next[0]! : call('where', [isInside, next[0]!, 0]);
  }
  return { outputs: call('stack', outputs, { axis: 0 }), states };
}

const rnn = composite({
  name: 'rnn',
  doc: 'A recurrent layer: each state is the activation of the weighted input and the weighted state before it.',
  operands: [...WEIGHTS, LENGTHS],
  optional: 3,
  attributes: {
    activation: { kind: 'choice', choices: ['tanh', 'relu'], fallback: 'tanh', doc: 'what is applied to each state' },
    reverse: REVERSE,
  },
  result: { outputs: 'same', last: 'same' },
  expand: (call, operands, attrs) => {
    const layer = layerOf('rnn', call, operands, 1, attrs);
    const { outputs, states } = run(layer, (input, [state]) => [
      call(textAttribute(attrs, 'activation'), [
        sum(call, [input, times(call, state!, layer.recurrence), ...layer.biases]),
      ]),
    ]);
    return { outputs, last: states[0]! };
  },
});

const gru = composite({
  name: 'gru',
  doc: 'Gated recurrent units. Gates lie in the order update, reset, new, as in ONNX.',
  operands: [...WEIGHTS, LENGTHS],
  optional: 3,
  attributes: {
    resetAfter: { kind: 'bool', fallback: false, doc: 'reset the weighted state, not the state that is weighted' },
    reverse: REVERSE,
  },
  result: { outputs: 'same', last: 'same' },
  expand: (call, operands, attrs) => {
    const layer = layerOf('gru', call, operands, 3, attrs);
    const { size, biases, recurrence } = layer;
    const rows = (from: number, to: number) => call('slice', [recurrence], { start: [from * size], stop: [to * size] });
    const [gatesWeights, newWeights] = [rows(0, 2), rows(2, 3)];
    const biasOf = (half: number, number: number) =>
      biases[half] === undefined ? undefined : gate(call, biases[half], number, size);
    const { outputs, states } = run(layer, (input, [state]) => {
      const weighted = times(call, state!, gatesWeights);
      const open = (number: number) =>
        call('sigmoid', [
          sum(call, [
            gate(call, input, number, size),
            gate(call, weighted, number, size),
            biasOf(0, number),
            biasOf(1, number),
          ]),
        ]);
      const [update, reset] = [open(0), open(1)];
      const inner =
        attrs['resetAfter'] === true
          ? call('multiply', [reset, sum(call, [times(call, state!, newWeights), biasOf(1, 2)])])
          : sum(call, [times(call, call('multiply', [reset, state!]), newWeights), biasOf(1, 2)]);
      const fresh = call('tanh', [sum(call, [gate(call, input, 2, size), biasOf(0, 2), inner])]);
      return [call('add', [fresh, call('multiply', [update, call('subtract', [state!, fresh])])])];
    });
    return { outputs, last: states[0]! };
  },
});

const lstm = composite({
  name: 'lstm',
  doc: 'Long short-term memory. Gates lie in the order input, output, forget, cell, as in ONNX.',
  operands: [...WEIGHTS, float('initialCell'), LENGTHS, float('peepholes')],
  optional: 5,
  attributes: { reverse: REVERSE },
  result: { outputs: 'same', last: 'same', cell: 'same' },
  expand: (call, [x, weight, recurrence, bias, initial, initialCell, lengths, peepholes], attrs) => {
    const layer = layerOf('lstm', call, [x, weight, recurrence, bias, initial, lengths], 4, attrs);
    const { size, biases } = layer;
    const start = initialCell ?? call('zeros_like', [layer.states[0]!]);
    /** The cell as a gate sees it: peepholes lie in the order input, output, forget. */
    const seen = (cell: NonNullable<typeof x>, number: number) =>
      peepholes === undefined ? undefined : call('multiply', [cell, gate(call, peepholes, number, size)]);
    const { outputs, states } = run({ ...layer, states: [layer.states[0]!, start] }, (input, [state, cell]) => {
      const all = sum(call, [input, times(call, state!, layer.recurrence), ...biases]);
      const open = (number: number, from: NonNullable<typeof x>) =>
        call('sigmoid', [sum(call, [gate(call, all, number, size), seen(from, number)])]);
      const fresh = call('tanh', [gate(call, all, 3, size)]);
      const next = call('add', [call('multiply', [open(2, cell!), cell!]), call('multiply', [open(0, cell!), fresh])]);
      return [call('multiply', [open(1, next), call('tanh', [next])]), next];
    });
    return { outputs, last: states[0]!, cell: states[1]! };
  },
});

/** Composites of this family. */
export const RECURRENT: readonly Composite[] = [rnn, gru, lstm];
