// Writes docs/vac-isa.md, the instruction set of the virtual computer, from its rows.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VacRow } from '../src/vac/isa/row.ts';
import { ISA_ROWS, ISA_VERSION } from '../src/vac/isa/rows.ts';

const path = process.argv[2] ?? join(import.meta.dirname, '../docs/vac-isa.md');

const SECTIONS = [
  ['control', 'Control'],
  ['variable', 'Variables and constants'],
  ['load', 'Loads'],
  ['store', 'Stores'],
  ['memory', 'Memory and table'],
  ['system', 'Outside'],
  ['numeric', 'Arithmetic'],
] as const;

const effect = ({ params, results }: VacRow): string =>
  params === undefined || results === undefined ? 'its own' : `${params.join(' ')} → ${results.join(' ')}`.trim();

const line = (row: VacRow): string =>
  [
    '',
    `0x${row.code.toString(16).padStart(2, '0')}`,
    `\`${[row.name, ...row.immediates].join(' ')}\``,
    effect(row),
    row.ticks,
    row.summary,
    row.traps.join(', '),
    '',
  ]
    .join(' | ')
    .trim();

writeFileSync(
  path,
  `<!-- Written by scripts/generate-vac-page.ts from the rows of src/vac/isa. -->

# The instruction set of the virtual computer

Version ${ISA_VERSION}: ${ISA_ROWS.length} instructions. Values, memory and structured control are those of
[WebAssembly](https://webassembly.github.io/spec/core/), the encoding is its own: one byte, then immediates as LEB128
numbers (\`f32\` and \`f64\` as their bytes). An instruction takes one tick; the structure of the code takes none. A
step that traps has taken its tick. A NaN that arithmetic gives is the canonical one (\`0x7fc00000\`,
\`0x7ff8000000000000\`); loads, stores, moves, \`abs\`, \`neg\`, \`copysign\` and \`reinterpret\` keep its bits.

${SECTIONS.map(([kind, title]) => {
  const rows = ISA_ROWS.filter((row) => row.kind === kind);
  return `## ${title}

| code | instruction and immediates | stack | ticks | what it does | traps |
|---|---|---|---|---|---|
${rows.map(line).join('\n')}
`;
}).join('\n')}`,
);
