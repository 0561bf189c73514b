// ONNX's recurrent operators: a layer for each direction, put side by side.
import type { Tensor } from '../surface.ts';
import { type OperatorContext, type OnnxOperator, Unmapped } from './context.ts';

type Layer = (
  direction: { readonly reverse: boolean },
  part: (place: number) => Tensor | undefined,
) => { readonly outputs: Tensor; readonly states: readonly Tensor[] };

const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  RNN: ['Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
};

/** Refuses what a layer's composite has no attribute for. */
function checkAttributes(on: OperatorContext, operator: string, directions: number): void {
  if (on.number('clip', 0) !== 0) throw new Unmapped('clipped inputs of activations');
  if (on.number('input_forget', 0) !== 0) throw new Unmapped('coupled gates');
  const given = on.texts('activations');
  const wanted = Array.from({ length: directions }, () => DEFAULTS[operator]!).flat();
  if (operator !== 'RNN' && given.length > 0 && given.join() !== wanted.join())
    throw new Unmapped(`activations ${given.join()}`);
}

/**
 * Inputs and states are [length, batch, …] and [directions, batch, …], or with the batch first. `states` are the places
 * of the states that a layer begins with.
 */
function recurrent(on: OperatorContext, operator: string, states: readonly number[], layer: Layer): readonly Tensor[] {
  const direction = on.text('direction', 'forward');
  const directions = direction === 'bidirectional' ? 2 : 1;
  checkAttributes(on, operator, directions);
  const isBatchFirst = on.number('layout', 0) !== 0;
  const turned = (x: Tensor): Tensor => (isBatchFirst ? x.moveaxis(0, 1) : x);
  const results = Array.from({ length: directions }, (_, d) =>
    layer({ reverse: direction === 'reverse' || d === 1 }, (place) => {
      const given = on.input(place)?.tensor;
      if (given === undefined || place === 4) return given;
      if (place === 0) return turned(given);
      return (states.includes(place) ? turned(given) : given).slice([d], [d + 1]).squeeze(0);
    }),
  );
  const outputs = on.sheet.stack(
    results.map((result) => result.outputs),
    { axis: 1 },
  );
  return on.pickOutputs([
    isBatchFirst ? outputs.permuteDims([2, 0, 1, 3]) : outputs,
    ...results[0]!.states.map((_, k) => turned(on.sheet.stack(results.map((result) => result.states[k]!)))),
  ]);
}

const operands = (part: (place: number) => Tensor | undefined, places: readonly number[]): (Tensor | undefined)[] =>
  places.map(part);

type Layers = Record<string, (...args: readonly unknown[]) => Record<string, Tensor>>;

function ofLayer(on: OperatorContext, operator: string, operandPlaces: readonly number[], attributes: object): Layer {
  return (direction, part) => {
    const call = (on.sheet as unknown as Layers)[operator.toLowerCase()]!.bind(on.sheet);
    const { outputs, ...states } = call(...operands(part, operandPlaces), { ...attributes, ...direction });
    return { outputs: outputs!, states: Object.values(states) };
  };
}

function rnn(on: OperatorContext): readonly Tensor[] {
  const activations = on.texts('activations').map((name) => name.toLowerCase());
  const [activation = 'tanh'] = activations;
  if (!['tanh', 'relu'].includes(activation) || new Set(activations).size > 1)
    throw new Unmapped(`activations ${activations.join()}`);
  return recurrent(on, 'RNN', [5], ofLayer(on, 'RNN', [0, 1, 2, 3, 5, 4], { activation }));
}

/** By ONNX operator. */
export const RECURRENT_LAYERS: Readonly<Record<string, OnnxOperator>> = {
  RNN: rnn,
  GRU: (on) => {
    const resetAfter = on.number('linear_before_reset', 0) !== 0;
    return recurrent(on, 'GRU', [5], ofLayer(on, 'GRU', [0, 1, 2, 3, 5, 4], { resetAfter }));
  },
  LSTM: (on) => recurrent(on, 'LSTM', [5, 6], ofLayer(on, 'LSTM', [0, 1, 2, 3, 5, 6, 4, 7], {})),
};
