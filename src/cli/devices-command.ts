// The command that lists devices: what was found, what was not and why, and what would be needed.
import { SymbolicSheet } from '../index.ts';
import type { CommandResult } from './trace-commands.ts';

/** Opens every device this machine offers; 0 always, for a machine with JavaScript alone is sound too. */
export async function devicesCommand(): Promise<CommandResult> {
  await using sheet = await SymbolicSheet.open();
  const reports = sheet.devices();
  const width = Math.max(...reports.map(({ name }) => name.length));
  return { text: reports.map(({ name, found, detail }) => `${found ? '✓' : '·'} ${name.padEnd(width)}  ${detail}`).join('\n'), exitCode: 0 };
}
