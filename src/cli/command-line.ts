// One command line: which command it names, with what, and what is answered.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { SheetError } from '../index.ts';
import { ALL_COMMANDS, COMMANDS, helpOf, OPTIONS } from './commands.ts';
import { oneLine } from './printable.ts';
import type { CommandResult } from './trace-commands.ts';

/** Runs one command line (without node and script). */
export async function runCommandLine(args: readonly string[]): Promise<CommandResult> {
  try {
    const {
      values,
      positionals: [name, ...paths],
    } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: OPTIONS,
    });
    if (values.help === true || name === 'help') {
      const named = name === 'help' ? paths[0] : name;
      return {
        text: named !== undefined && Object.hasOwn(COMMANDS, named) ? helpOf(named) : ALL_COMMANDS,
        exitCode: 0,
      };
    }
    if (values.version === true)
      return {
        text: (createRequire(import.meta.url)('symbolic-sheet/package.json') as { version: string }).version,
        exitCode: 0,
      };
    const fault = faultOf(name, paths, Object.keys(values));
    if (fault !== undefined) return { text: `${fault}\n\n${ALL_COMMANDS}`, exitCode: 2 };
    const result = await COMMANDS[name as string]!.run(paths, values);
    return values.json === true
      ? {
          ...result,
          text: JSON.stringify(
            result.record,
            (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
            2,
          ),
        }
      : result;
  } catch (error) {
    return { text: args.includes('--json') ? errorAsJson(error) : messageOf(error), exitCode: 2 };
  }
}

/** What is wrong with a command and its arguments. */
function faultOf(name: string | undefined, paths: readonly string[], given: readonly string[]): string | undefined {
  if (name === undefined) return 'Which command?';
  if (!Object.hasOwn(COMMANDS, name)) return `There is no command "${name}".`;
  const { takes, takesMore, options } = COMMANDS[name]!;
  const stray = given.find((option) => option !== 'json' && !options.some((known) => known === option));
  if (stray !== undefined) return `${name}: it has no option --${stray}.`;
  if (paths.length < takes.length) return `${name}: ${takes[paths.length]} is missing.`;
  return paths.length > takes.length && takesMore !== true
    ? `${name}: "${paths[takes.length]}" is one argument too many.`
    : undefined;
}

/** Errors a person can do something about, in one line; anything else is a fault of ours and goes up. */
function messageOf(error: unknown): string {
  if (error instanceof SheetError) return oneLine(`${error.name}: ${error.message}`);
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS'))
    return `${oneLine(message ?? '')}\n\n${ALL_COMMANDS}`;
  throw error;
}

/** The same for programs that asked for JSON. */
const errorAsJson = (error: unknown): string =>
  error instanceof SheetError
    ? JSON.stringify({ error: { name: error.name, code: error.code, message: error.message } }, undefined, 2)
    : messageOf(error);
