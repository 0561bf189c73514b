// The first lines of the main job: what runs where, what is not there, and how to get it.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { SymbolicSheet } from 'symbolic-sheet';
import type { MainOptions } from './main-options.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Lines that say on what machine a sheet computes, at most `columns` wide. */
export function bannerOf(sheet: SymbolicSheet, options: MainOptions, columns = 80): string[] {
  const devices = sheet.devices();
  const found = devices
    .filter((device) => device.found && device.name !== 'js')
    .map(({ name, detail }) => `${name}: ${detail}`);
  const absent = devices
    .filter((device) => !device.found && device.name !== 'tensorflow')
    .map(({ name, detail }) => `no ${name}: ${detail}`);
  const unused =
    options.class === 'exact' && devices.some(({ name, found: here }) => here && name === 'blas')
      ? ['class exact computes on wasm; --class tolerance may use the BLAS']
      : [];
  const { scales, lambdas, folds, rows, features } = options;
  return [
    ...wrap(
      [
        `symbolic-sheet ${version}`,
        `Node ${process.versions.node}`,
        `${availableParallelism()} cores`,
        ...found,
        ...absent,
        ...unused,
      ],
      columns,
    ),
    ...wrap(
      [
        `MNIST ${rows.toLocaleString('en')} digits`,
        `${features.toLocaleString('en')} random Fourier features → ridge → ${folds}-fold CV`,
        `${scales.length} scales × ${lambdas.length} λ = ${scales.length * lambdas.length * folds} fits`,
      ],
      columns,
    ),
    ...wrap([`The program is examples/mnist-sweep.ts: ${programLines()} lines, no word of caching in it.`], columns),
  ];
}

/** Parts joined by dots, in lines of at most `columns`; a part that is longer is broken at spaces. */
export function wrap(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const words = part.split(' ');
    let line = lines.length > 0 && `${lines.at(-1)} · ${part}`.length <= columns ? `${lines.pop()} ·` : '';
    for (const word of words) {
      if (line !== '' && `${line} ${word}`.length > columns) {
        lines.push(line);
        line = `  ${word}`;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

const programLines = (): number =>
  readFileSync(new URL('../mnist-sweep.ts', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/\*\*)/.test(line)).length;
