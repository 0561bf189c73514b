// The house rules as tests: layers point down, no cycles, budgets of size, typed throws, op names in one place.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../scripts/mutants/list.ts';
import { placesOf } from '../scripts/mutants/place.ts';
import { OPS } from '../src/core/ops/index.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const listed = (folder: string, extension: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => join(folder, file))
    .sort();
const list = (folder: string): string[] => listed(folder, '.ts');

const FILES = [...list('src'), ...list('kernels')];
const WRITTEN = FILES.filter((file) => !file.endsWith('.gen.ts'));

/**
 * Layers, lowest first. A file imports its own folder and lower layers only; rooms of one layer do not know each other.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['kernels'],
  ['src/core/call-site.ts'],
  ['src/core/errors.ts', 'src/core/events.ts', 'src/core/env.ts', 'src/core/text.ts'],
  ['src/core/tensor'],
  ['src/numpy/random'],
  ['src/core/ops'],
  ['src/core/executor.ts'],
  ['src/core/expr', 'src/core/policy'],
  ['src/core/fingerprint', 'src/core/pattern'],
  ['src/core/store', 'src/core/device', 'src/core/trace'],
  ['src/core/engine'],
  ['src/core/inputs'],
  ['src/core/handle'],
  ['src/core/memo'],
  ['src/core/sheet'],
  ['src/kit.ts', 'src/ops.ts'],
  ['src/tiers'],
  ['src/host', 'src/testing'],
  ['src/surface.ts'],
  ['src/index.ts', 'src/browser.ts'],
  ['src/testing.ts', 'src/tiers.ts'],
  ['src/interchange'],
  ['src/interchange.ts', 'src/interchange-browser.ts'],
  ['src/table', 'src/grad', 'src/onnx', 'src/formula', 'src/vac', 'src/atomsheet'],
  ['table', 'grad', 'onnx', 'formula', 'vac', 'atomsheet'].flatMap((name) => [
    `src/${name}.ts`,
    `src/${name}-browser.ts`,
  ]),
  ['src/numpy'],
  ['src/numpy.ts', 'src/numpy-browser.ts'],
  ['src/one-file.ts'],
  ['src/cli'],
];

/** Rooms that see the public surface, the kit, the readings of bodies, the kernels of cells and the assembler alone. */
const SYSTEMS = ['src/table', 'src/grad', 'src/onnx', 'src/numpy', 'src/formula', 'src/vac', 'src/atomsheet'];

const roomOf = (file: string): { room: string; layer: number } => {
  for (const [layer, rooms] of LAYERS.entries()) {
    const room = rooms.find((name) => file === name || file.startsWith(`${name}/`));
    if (room !== undefined) return { room, layer };
  }
  return { room: file, layer: -1 };
};

const parsed = new Map<string, ts.SourceFile>();

/** The syntax of a file, parsed once for all the tests. */
function parse(file: string): ts.SourceFile {
  const found = parsed.get(file) ?? ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true);
  parsed.set(file, found);
  return found;
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  parse(file).forEachChild((node) => {
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return;
    if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return;
    const target = node.moduleSpecifier.text;
    const typeOnly = ts.isImportDeclaration(node)
      ? node.importClause?.isTypeOnly === true || isNamedTypesOnly(node)
      : node.isTypeOnly;
    found.push({
      from: file,
      to: target.startsWith('.') ? relative(ROOT, join(ROOT, file, '..', target)) : target,
      typeOnly,
    });
  });
  return found;
}

function isNamedTypesOnly(node: ts.ImportDeclaration): boolean {
  const bindings = node.importClause?.namedBindings;
  return (
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every((element) => element.isTypeOnly) &&
    node.importClause?.name === undefined
  );
}

const IMPORTS = FILES.flatMap(importsOf);

/** What a file imports or passes on, as `path name`; `path *` where it takes a whole module. */
function importedNames(file: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const { from, names } = importOf(node);
    if (from?.startsWith('.') === true)
      for (const name of names) found.push(`${relative(ROOT, join(ROOT, file, '..', from))} ${name}`);
    if (imports) ts.forEachChild(node, visit);
  };
  // Most files import in statements of their own alone.
  const imports = /\bimport\(/.test(read(file));
  parse(file).statements.forEach(visit);
  return found;
}

function importOf(node: ts.Node): { from?: string; names: readonly string[] } {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return { names: [] };
    const named = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
    const isListed = named !== undefined && (ts.isNamedImports(named) || ts.isNamedExports(named));
    const names = isListed ? named.elements.map(({ name, propertyName }) => (propertyName ?? name).text) : ['*'];
    return { from: node.moduleSpecifier.text, names };
  }
  const argument = ts.isImportTypeNode(node)
    ? ts.isLiteralTypeNode(node.argument) && node.argument.literal
    : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0];
  return argument && ts.isStringLiteral(argument) ? { from: argument.text, names: ['*'] } : { names: [] };
}

function functionsOf(file: string): { name: string; lines: number }[] {
  const source = parse(file);
  const found: { name: string; lines: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isFunctionDeclaration(node) ||
        ts.isMethodDeclaration(node) ||
        ts.isConstructorDeclaration(node) ||
        ts.isFunctionExpression(node) ||
        ts.isArrowFunction(node)) &&
      node.body !== undefined &&
      ts.isBlock(node.body)
    ) {
      const line = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
      const name = 'name' in node && node.name !== undefined ? node.name.getText(source) : '(anonymous)';
      found.push({
        name: `${file}:${line(node.getStart(source)) + 1} ${name}`,
        lines: line(node.end) - line(node.getStart(source)) + 1,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * q)]!;

describe('the layers', () => {
  it('know every file', () => {
    expect(FILES.filter((file) => roomOf(file).layer < 0)).toEqual([]);
  });

  it('point down, and not sideways', () => {
    const wrong = IMPORTS.filter(({ to }) => to.startsWith('src/') || to.startsWith('kernels/')).filter(
      ({ from, to }) => {
        const [a, b] = [roomOf(from), roomOf(to)];
        return a.room !== b.room && b.layer >= a.layer;
      },
    );
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it('let systems see the public surface, the kit, the readings of bodies and the kernels of cells alone', () => {
    const own = /^src\/(surface\.ts$|kit\.ts$|interchange\/surface\.ts$|numpy\/random\/)/;
    const doors = new RegExp(`${own.source}|^kernels/(readings|cells|wasm/code)/`);
    const wrong = SYSTEMS.flatMap((system) =>
      IMPORTS.filter(({ from, to }) => roomOf(from).room === system && roomOf(to).room !== system && !doors.test(to)),
    );
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it('have no import cycles, of types neither', () => {
    const edges = new Map<string, string[]>();
    // Generated methods take and give handles, which have them: one interface in two files, one of them written by a
    // script.
    for (const { from, to } of IMPORTS) if (!to.endsWith('.gen.ts')) edges.set(from, [...(edges.get(from) ?? []), to]);
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of FILES) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('keep Node out of the core', () => {
    const inCore = IMPORTS.filter(
      ({ from, to }) => to.startsWith('node:') && !from.startsWith('src/host/') && !from.startsWith('src/cli/'),
    );
    expect(inCore.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });
});

describe('the budgets', () => {
  it('hold for lines: none above 120 columns, tests and examples included', () => {
    const wide = [...WRITTEN, ...['tests', 'bench', 'examples', 'scripts'].flatMap(list)].flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, i) => (line.length > 120 ? [`${file}:${i + 1}`] : [])),
    );
    expect(wide).toEqual([]);
  });

  it('hold for files: median ≤ 110 lines, p90 ≤ 250, none above 500', () => {
    const lines = WRITTEN.map((file) => read(file).split('\n').length);
    expect(WRITTEN.filter((file) => read(file).split('\n').length > 500)).toEqual([]);
    expect(quantile(lines, 0.5)).toBeLessThanOrEqual(110);
    expect(quantile(lines, 0.9)).toBeLessThanOrEqual(250);
  });

  it('hold for functions: median ≤ 7 lines, p90 ≤ 25, none above 65, or 90 where a kernel is emitted', () => {
    const functions = WRITTEN.flatMap(functionsOf);
    expect(
      functions
        .filter(({ name, lines }) => lines > (name.startsWith('kernels/wasm/') ? 90 : 65))
        .map(({ name, lines }) => `${name}: ${lines}`),
    ).toEqual([]);
    expect(
      quantile(
        functions.map(({ lines }) => lines),
        0.5,
      ),
    ).toBeLessThanOrEqual(7);
    expect(
      quantile(
        functions.map(({ lines }) => lines),
        0.9,
      ),
    ).toBeLessThanOrEqual(25);
  });
});

describe('the language', () => {
  it('throws typed errors only', () => {
    const bare = WRITTEN.filter((file) => file.startsWith('src/') && /throw new Error\(/.test(read(file)));
    expect(bare).toEqual([]);
  });

  it('reads elements by `!`, and casts only where an element may be of another kind', () => {
    const casts = WRITTEN.flatMap((file) =>
      [...read(file).matchAll(/\] as (?:number|string|bigint)\b(?! \|)/g)].map(() => file),
    );
    expect(casts.length).toBeLessThanOrEqual(15);
  });

  it('opens every file with its role', () => {
    expect(FILES.filter((file) => !/^(#![^\n]*\n)?\/\/ /.test(read(file)))).toEqual([]);
  });

  it('never awaits at the top level, so that require() works', () => {
    const awaiting = FILES.filter((file) =>
      parse(file).statements.some((statement) => /^(const [^=]*= )?await /.test(statement.getText())),
    );
    expect(awaiting).toEqual([]);
  });

  it('takes time and chance from the host, not from globals', () => {
    const used = WRITTEN.filter(
      (file) =>
        !file.startsWith('src/host/') &&
        !file.startsWith('src/cli/') &&
        /\b(Date\.now|performance\.now|Math\.random)\(/.test(read(file).replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '')),
    );
    expect(used).toEqual([]);
  });

  it('exports a name once', () => {
    const places = new Map<string, string[]>();
    for (const file of WRITTEN) {
      // The two entries are one surface on two hosts.
      if (file === 'src/browser.ts' || file === 'src/numpy-browser.ts' || file === 'src/vac-browser.ts') continue;
      const declared = /^export (?:abstract |async )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
      for (const name of new Set([...read(file).matchAll(declared)].map((match) => match[1]!)))
        places.set(name, [...(places.get(name) ?? []), file]);
    }
    expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
  });

  it('exports only what another file imports', () => {
    const everywhere = [...FILES, ...['tests', 'bench', 'scripts', 'examples'].flatMap(list)];
    const imported = new Set(everywhere.flatMap(importedNames));
    const systems = /^src\/(interchange|table|numpy|grad|onnx|vac|atomsheet)(-browser)?\.ts/;
    const entries = /^src\/(index|browser|kit|testing|ops|tiers|one-file|surface)\.ts/;
    const unused = WRITTEN.filter((file) => !entries.test(file) && !systems.test(file)).flatMap((file) => {
      if (imported.has(`${file} *`)) return [];
      const declared = /^export (?:abstract |async )*(?:const|let|function\*?|class|interface|type) (\w+)/gm;
      return [...read(file).matchAll(declared)]
        .map((match) => `${file} ${match[1]}`)
        .filter((place) => !imported.has(place));
    });
    expect(unused).toEqual([]);
  });

  it('names a dtype that has a codec in few files: its row, and what other libraries call it', () => {
    const naming = [...WRITTEN, ...listed('shaders', '.wgsl')].filter((file) => /float16/i.test(read(file)));
    expect(naming.length).toBeLessThanOrEqual(13);
  });

  it('writes op names in src/core/ops alone', () => {
    // `full` and `trace` are also words of other vocabularies (options of the trace).
    const names = [...OPS.keys()].filter((name) => name.length > 3 && name !== 'full' && name !== 'trace');
    const quoted = new RegExp(`'(${names.join('|')})'`, 'g');
    const allowed = new Set([
      'src/core/ops',
      'kernels',
      'src/numpy',
      'src/onnx',
      'src/formula',
      'src/vac',
      'src/atomsheet',
    ]);
    const offenders = WRITTEN.filter((file) => !allowed.has(roomOf(file).room)).flatMap((file) => {
      const code = read(file).replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
      return [...code.matchAll(quoted)].map((match) => `${file}: ${match[0]}`);
    });
    // Names of reductions, factorisations and structures of matrices are a vocabulary of their own, which some ops
    // share.
    const vocabulary =
      /^src\/core\/(device\/(linalg|along-axes|blas\/device)|pattern\/(facts|linalg-routes|product-routes))\.ts/;
    expect(offenders.filter((found) => !vocabulary.test(found))).toEqual([]);
  });
});

describe('the mutants', () => {
  it('change code that is there, each in one place', () => {
    expect(
      MUTANTS.filter(({ file, find }) => placesOf(read(file), find).length !== 1).map(
        ({ file, effect }) => `${file}: ${effect}`,
      ),
    ).toEqual([]);
  });
});
