// The command that lists devices: what was found, what was not and why, and what would be needed.
import process from 'node:process';
import { SymbolicSheet } from '../index.ts';
import type { CommandResult } from './trace-commands.ts';

const ONLY = 'SYMBOLIC_SHEET_DEVICES';
/** What a GPU may offer beyond WebGPU's least, and what the library uses it for. */
const FEATURES = { 'shader-f16': 'half precision', subgroups: 'subgroups', 'timestamp-query': 'timestamps' };

/** Opens every device this machine offers; 0 always, for a machine with JavaScript alone is sound too. */
export async function devicesCommand(): Promise<CommandResult> {
  const only = process.env[ONLY];
  // What is listed is what there is, whatever a program may use of it.
  delete process.env[ONLY];
  await using sheet = await SymbolicSheet.open({ store: 'memory' });
  const record = sheet
    .devices()
    .map((report) => (report.name === 'webgpu' && report.found ? { ...report, features: featuresOf(sheet) } : report));
  const width = Math.max(...record.map(({ name }) => name.length));
  const lines = record.map(
    (report) =>
      `${report.found ? '✓' : '·'} ${report.name.padEnd(width)}  ` +
      `${report.detail}${'features' in report ? ` · ${spell(report.features)}` : ''}`,
  );
  if (only !== undefined && only.trim() !== '')
    lines.push(`${ONLY}=${only}: programs use these alone, and do not open where one is missing.`);
  return { text: lines.join('\n'), record, exitCode: 0 };
}

type Features = Readonly<Record<string, boolean>>;

function featuresOf(sheet: SymbolicSheet): Features {
  const { features } = sheet.gpuDevice();
  return Object.fromEntries(Object.keys(FEATURES).map((name) => [name, features.has(name)]));
}

const spell = (features: Features): string =>
  Object.entries(FEATURES)
    .map(([name, what]) => `${what} ${features[name] === true ? '✓' : '–'}`)
    .join(', ');
