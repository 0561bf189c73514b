// ONNX operators that run graphs: one of two, one over and over, one along axes of what goes in.
import type { DType, Tensor } from '../surface.ts';
import { type OnnxBody, type OperatorContext, type OnnxOperator, Unmapped } from './context.ts';
import { dtypeOfElements } from './protobuf.ts';

/** The branch that the value of the condition chooses; the other is not run. */
const conditional: OnnxOperator = (on) => on.body(on.input(0)!.numbers()[0] === 0 ? 'else_branch' : 'then_branch')([]);

const truth = async (condition: Tensor): Promise<boolean> => (await condition.data())[0] !== 0;

/** Values of all steps along a new axis; without any, as many lengths as the body declares, 0 where it does not. */
function stacked(on: OperatorContext, body: OnnxBody, place: number, values: readonly Tensor[], axis = 0): Tensor {
  if (values.length > 0) return on.sheet.stack(values, { axis });
  const port = body.outputs[place]!;
  const lengths = (port.shape ?? []).map((n) => (typeof n === 'number' ? n : 0));
  const dtype: DType = port.elementType === 'undefined' ? 'float32' : dtypeOfElements(port.elementType);
  return on.sheet.zeros(lengths.toSpliced(axis, 0, 0), { dtype });
}

/** As often as is said, and while the condition holds; values are carried from step to step, others are listed. */
const loop: OnnxOperator = async (on) => {
  const body = on.body('body');
  const trips = on.input(0)?.numbers()[0] ?? Infinity;
  let goesOn = on.input(1) === undefined || on.input(1)!.numbers()[0] !== 0;
  let carried: readonly Tensor[] = on.inputs.slice(2).map((_, i) => on.tensor(i + 2));
  const listed: Tensor[][] = body.outputs.slice(1 + carried.length).map(() => []);
  for (let trip = 0; trip < trips && goesOn; trip++) {
    const number = on.sheet.tensor(BigInt64Array.of(BigInt(trip)), []);
    const condition = on.sheet.tensor(Uint8Array.of(1), [], { dtype: 'bool' });
    const [next, ...results] = await body([number, condition, ...carried]);
    carried = results.slice(0, carried.length);
    for (const [k, list] of listed.entries()) list.push(results[carried.length + k]!);
    goesOn = await truth(next!);
  }
  const lists = listed.map((values, k) => stacked(on, body, 1 + carried.length + k, values));
  return [...carried, ...lists].slice(0, on.outputCount);
};

/** Along an axis of each input from its begin or its end; results are listed from the first or the last step on. */
const scan: OnnxOperator = async (on) => {
  if (on.opset < 9) throw new Unmapped('batches of sequences, as before opset 9');
  const body = on.body('body');
  const count = on.number('num_scan_inputs', 1);
  const states = on.inputs.length - count;
  const list = (name: string, k: number): number => on.numbers(name)[k] ?? 0;
  const scanned = Array.from({ length: count }, (_, k) => {
    const x = on.tensor(states + k);
    const axis = (list('scan_input_axes', k) + x.shape.length) % x.shape.length;
    return { x, axis, length: x.shape[axis]!, isBackward: list('scan_input_directions', k) !== 0 };
  });
  const steps = scanned[0]?.length ?? 0;
  if (scanned.some(({ length }) => length !== steps)) throw new Unmapped('scanned inputs of different lengths');
  let carried: readonly Tensor[] = Array.from({ length: states }, (_, k) => on.tensor(k));
  const listed: Tensor[][] = body.outputs.slice(states).map(() => []);
  for (let step = 0; step < steps; step++) {
    const parts = scanned.map(({ x, axis, isBackward }) => x.take(isBackward ? steps - 1 - step : step, { axis }));
    const results = await body([...carried, ...parts]);
    carried = results.slice(0, states);
    for (const [k, values] of listed.entries()) values.push(results[states + k]!);
  }
  const lists = listed.map((values, k) => scanResult(on, body, states + k, k, values));
  return [...carried, ...lists].slice(0, on.outputCount);
};

function scanResult(on: OperatorContext, body: OnnxBody, place: number, k: number, values: readonly Tensor[]): Tensor {
  const ordered = (on.numbers('scan_output_directions')[k] ?? 0) === 0 ? values : values.toReversed();
  const rank = (values[0]?.shape.length ?? body.outputs[place]!.shape?.length ?? 0) + 1;
  return stacked(on, body, place, ordered, ((on.numbers('scan_output_axes')[k] ?? 0) + rank) % rank);
}

/** By ONNX operator. */
export const CONTROL: Readonly<Record<string, OnnxOperator>> = { If: conditional, Loop: loop, Scan: scan };
