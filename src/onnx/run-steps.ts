// Running the nodes of a graph in order, with the names of the graphs around it.
import type { DType, Sheet, Tensor } from '../surface.ts';
import type { OnnxBody } from './context.ts';
import type { OnnxGraph } from './model.ts';
import { outputsOf } from './node.ts';
import type { SettledNode, SettledGraph } from './steps.ts';

/** Tensors by name: those of a graph, then those of the graphs around it. */
interface Scope {
  readonly values: Map<string, Tensor>;
  readonly outer: Scope | undefined;
}

function found(scope: Scope | undefined, name: string): Tensor | undefined {
  for (let at = scope; at !== undefined; at = at.outer) {
    const value = at.values.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Outputs of a node by name. */
type Outputs = readonly (readonly [string, Tensor])[];

/** Runs graphs on a sheet. The weights and constants of a graph become tensors once, however often it runs. */
export class GraphRunner {
  readonly #sheet: Sheet;
  readonly #weights = new WeakMap<OnnxGraph, ReadonlyMap<string, Tensor>>();
  readonly #constants = new WeakMap<SettledNode, Outputs>();

  constructor(sheet: Sheet) {
    this.#sheet = sheet;
  }

  weightsOf(graph: OnnxGraph): ReadonlyMap<string, Tensor> {
    const known = this.#weights.get(graph);
    if (known !== undefined) return known;
    const weights = new Map(
      graph.initialisers.map(({ name, array, shape, dtype }) => [
        name,
        this.#sheet.tensor(array, shape, { dtype: dtype as DType }),
      ]),
    );
    this.#weights.set(graph, weights);
    return weights;
  }

  /** The outputs of a graph in order; what is given stands in place of a weight of the same name. */
  async run(
    { graph, steps }: SettledGraph,
    given: ReadonlyMap<string, Tensor>,
    outer?: Scope,
  ): Promise<readonly Tensor[]> {
    const scope: Scope = { values: new Map([...this.weightsOf(graph), ...given]), outer };
    for (const step of steps)
      for (const [name, tensor] of await this.#outputsOf(step, scope)) scope.values.set(name, tensor);
    return graph.outputs.map(({ name }) => found(scope, name)!);
  }

  async #outputsOf(step: SettledNode, scope: Scope): Promise<Outputs> {
    const known = this.#constants.get(step);
    if (known !== undefined) return known;
    const outputs = await this.#run(step, scope);
    if (step.node.operator === 'Constant' && step.called === undefined) this.#constants.set(step, outputs);
    return outputs;
  }

  #run(step: SettledNode, scope: Scope): Promise<Outputs> {
    const { node, opset, operator, called } = step;
    const inputs = node.inputs.map((name) => found(scope, name));
    const bodies = Object.fromEntries(
      Object.entries(step.bodies).map(([name, body]) => [name, this.#bodyOf(body, scope)]),
    );
    const call =
      operator ?? (async () => (await this.run(called!, givenTo(called!.graph, inputs))).slice(0, node.outputs.length));
    return outputsOf(call, { sheet: this.#sheet, opset, bodies }, node, inputs);
  }

  #bodyOf(body: SettledGraph, scope: Scope): OnnxBody {
    const { inputs, outputs } = body.graph;
    const run = (given: readonly Tensor[]): Promise<readonly Tensor[]> =>
      this.run(body, givenTo(body.graph, given), scope);
    return Object.assign(run, { inputCount: inputs.length, outputs });
  }
}

const givenTo = ({ inputs }: OnnxGraph, given: readonly (Tensor | undefined)[]): ReadonlyMap<string, Tensor> =>
  new Map(inputs.flatMap(({ name }, k) => (given[k] === undefined ? [] : [[name, given[k]] as const])));
