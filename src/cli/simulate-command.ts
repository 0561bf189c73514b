// The command that says what a recorded program would have taken with caches of other policies and sizes.
import { AttributeError } from '../index.ts';
import { alignColumns } from '../core/text.ts';
import { readTraceFile } from './files.ts';
import { simulate, type Simulation } from './simulation/simulate.ts';
import { bytesOfCap } from './store-commands.ts';
import { type CommandResult, damageOf, type TraceCommandOptions } from './trace-commands.ts';
import { bytes, time } from './units.ts';

interface SimulateOptions extends TraceCommandOptions {
  readonly cap?: string | undefined;
}

/** Time saved by every policy, at an eighth, a quarter, a half and all of the bytes of the results, or at `--cap`. */
export async function simulateCommand(path: string, options: SimulateOptions): Promise<CommandResult> {
  const { trace } = await readTraceFile(path, options);
  const simulation = simulate(trace, options.cap === undefined ? undefined : [bytesOfCap(options.cap)]);
  if (simulation.withoutNs === 0)
    throw new AttributeError(`simulate-cache: no call of ${path} has a measured time; record a run that computes.`, {
      path,
    });
  return {
    text: [`${path}: ${headOf(simulation)}`, ...damageOf(trace), tableOf(simulation)].join('\n'),
    record: simulation,
    exitCode: 0,
  };
}

const headOf = ({ calls, allBytes, withoutNs }: Simulation): string =>
  `${calls} calls · ${time(withoutNs)} without a cache · ${bytes(allBytes)} of different results`;

function tableOf({ budgets, withoutNs }: Simulation): string {
  const names = Object.keys(budgets[0]!.savedNs);
  return alignColumns([
    ['time saved with', ...budgets.map(({ budgetBytes }) => bytes(budgetBytes))],
    ...names.map((name) => [
      name,
      ...budgets.map(({ savedNs }) => `${((100 * savedNs[name]!) / withoutNs).toFixed(1)} %`),
    ]),
  ]);
}
