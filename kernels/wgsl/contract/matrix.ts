// Products on the matrix units of a GPU (`chromium-experimental-subgroup-matrix`): half precision operands, float32
// sums.
//
// Checked by Tint so far, never run on the hardware it is meant for: a tuner checks it on each device against another
// kernel before it is used (`unproven`).
import { bindingsOf, buffersOf, shaderFor } from './epilogue.ts';
import { ioText, loadArguments, written } from './text.ts';
import {
  batchRuns,
  CONTRACT_PARAMS,
  type ContractLayout,
  contractParams,
  type ContractProblem,
  layoutKey,
  layoutOf,
  type OperandLayout,
  wholeK,
} from './problem.ts';
import { type GpuLimits, linearWorkgroups, type Plan, type Shader } from '../launch.ts';
import { CONTRACT_MATRIX } from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

/** What a subgroup multiplies at once, m×k by k×n into float32; the subgroup has the one size a device has. */
interface MatrixUnit {
  readonly component: 'f16' | 'f32';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly subgroupSize: number;
}

/** Limits of a device whose matrix units are known. */
export interface ContractLimits extends GpuLimits {
  /** As `matrixUnitsOf` gives them. */
  readonly matrixUnits?: readonly MatrixUnit[];
}

/** What an adapter says of its subgroups and matrix units (`GPUAdapterInfo`). */
export interface AdapterSubgroups {
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

/**
 * The units of an adapter that sum in float32, largest first; none where the size of its subgroups varies, for tiles
 * are dealt to subgroups.
 */
export function matrixUnitsOf({
  subgroupMinSize,
  subgroupMaxSize,
  subgroupMatrixConfigs = [],
}: AdapterSubgroups): MatrixUnit[] {
  if (subgroupMinSize !== subgroupMaxSize) return [];
  const units = [...subgroupMatrixConfigs].flatMap(
    ({ componentType: component, resultComponentType, M, N, K }): MatrixUnit[] =>
      resultComponentType === 'f32' && (component === 'f16' || component === 'f32')
        ? [{ component, m: M, n: N, k: K, subgroupSize: subgroupMaxSize }]
        : [],
  );
  return units.sort((a, b) => b.m * b.n * b.k - a.m * a.n * a.k);
}

/** Subgroups down and across a tile, each with its rows × columns of it. */
interface MatrixTile {
  readonly down: number;
  readonly across: number;
  readonly subgroupRows: number;
  readonly subgroupColumns: number;
}

/** Tiles by side. */
export const MATRIX_TILES = {
  128: { down: 2, across: 4, subgroupRows: 64, subgroupColumns: 32 },
  64: { down: 2, across: 2, subgroupRows: 32, subgroupColumns: 32 },
} as const satisfies Record<number, MatrixTile>;

/** Everything a shader depends on. */
interface Form extends MatrixTile {
  readonly unit: MatrixUnit;
  readonly layout: ContractLayout;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threads: number;
}

function formOf(tile: MatrixTile, unit: MatrixUnit, problem: ContractProblem): Form {
  const { down, across, subgroupRows, subgroupColumns } = tile;
  // 64 bytes of each line at a time.
  const depth = unit.component === 'f16' ? 32 : 16;
  return {
    ...tile,
    unit,
    layout: layoutOf(problem),
    rows: down * subgroupRows,
    columns: across * subgroupColumns,
    depth,
    threads: down * across * unit.subgroupSize,
  };
}

/**
 * Lines of an operand's tile and elements between them: 16 bytes more than they have, so that lines start in different
 * banks.
 */
function linesOf(
  { rows, columns, depth, unit }: Form,
  { name, alongK }: OperandLayout,
): { count: number; length: number; pitch: number } {
  const width = name === 'A' ? rows : columns;
  const [count, length] = alongK ? [width, depth] : [depth, width];
  return { count, length, pitch: length + (unit.component === 'f16' ? 8 : 4) };
}

const sizeOf = (form: Form, operand: OperandLayout): number =>
  linesOf(form, operand).count * linesOf(form, operand).pitch;

const unitsSize = ({ down, across, unit }: Form): number => down * across * unit.m * unit.n;

/** Whether the matrix units of a device can compute a problem by this tile. */
export function matrixFits(
  tile: MatrixTile,
  unit: MatrixUnit,
  problem: ContractProblem,
  limits: ContractLimits,
): boolean {
  const form = formOf(tile, unit, problem);
  const bytes =
    (sizeOf(form, form.layout.a) + sizeOf(form, form.layout.b)) * (unit.component === 'f16' ? 2 : 4) +
    unitsSize(form) * 4;
  const whole =
    tile.subgroupRows % unit.m === 0 &&
    tile.subgroupColumns % unit.n === 0 &&
    form.depth % unit.k === 0 &&
    ((form.rows * form.depth) / 4) % form.threads === 0;
  return (
    whole &&
    featuresOf(unit).every((feature) => limits.features.has(feature)) &&
    bytes <= limits.maxComputeWorkgroupStorageSize &&
    form.threads <= limits.maxComputeInvocationsPerWorkgroup
  );
}

/** A product by a tile that fits. */
export function planMatrix(tile: MatrixTile, unit: MatrixUnit, problem: ContractProblem): Plan {
  const form = formOf(tile, unit, problem);
  const shader = shaderOf(form);
  const [x, y] = linearWorkgroups(Math.ceil(problem.m / form.rows) * Math.ceil(problem.n / form.columns));
  const launches = batchRuns(problem).map((run) => ({
    shader,
    buffers: buffersOf([0, 1], problem.epilogue),
    params: Uint32Array.from(contractParams(problem, run, wholeK(problem))),
    workgroups: [x, y, run.count] as const,
  }));
  return { launches, scratch: [] };
}

const featuresOf = ({ component }: MatrixUnit) => [
  ...(component === 'f16' ? ['shader-f16' as const] : []),
  'subgroups' as const,
  'chromium-experimental-subgroup-matrix' as const,
];

function shaderOf(form: Form): Shader {
  const {
    unit: { component, m, n, k, subgroupSize },
    layout,
    rows,
    columns,
  } = form;
  return shaderFor(
    `matrix ${rows}×${columns} ${component} ${m}×${n}×${k} ${subgroupSize} ${layoutKey(layout)}`,
    layout.epilogue,
    (name) => ({
      name,
      code: codeOf(form),
      bindings: bindingsOf(2, layout.epilogue),
      params: CONTRACT_PARAMS,
      features: featuresOf(form.unit),
    }),
  );
}

function codeOf(form: Form): string {
  const { unit, layout, rows, columns, depth, threads, across, subgroupRows, subgroupColumns } = form;
  const operands = [layout.a, layout.b];
  const reads = (operand: OperandLayout): number =>
    (linesOf(form, operand).count * linesOf(form, operand).length) / 4 / threads;
  const each = (text: (operand: OperandLayout, read: number) => string): string =>
    operands.map((operand) => written(reads(operand), (read) => text(operand, read))).join('\n');
  return fillTemplate(CONTRACT_MATRIX, {
    io: ioText(layout),
    component: unit.component,
    rows,
    columns,
    depth,
    threads,
    across,
    subgroupRows,
    subgroupColumns,
    sizeA: sizeOf(form, layout.a),
    sizeB: sizeOf(form, layout.b),
    unitsSize: unitsSize(form),
    accumulators: unitsText(form, (i, j) => `var c${i}_${j} = subgroup_matrix_result<f32, ${unit.n}, ${unit.m}>();`),
    held: each(({ name }, read) => `var held${name}${read} = vec4<f32>();`),
    fetchFirst: each((operand, read) => fetchText(form, operand, read, '0u')),
    fetchNext: each((operand, read) => fetchText(form, operand, read, `k + ${depth}u`)),
    stage: each((operand, read) => stageText(form, operand, read)),
    multiply: multiplyText(form),
    store: unitsText(form, (i, j) => storeText(form, i, j)),
  });
}

const unitsText = ({ unit, subgroupRows, subgroupColumns }: Form, text: (i: number, j: number) => string): string =>
  written(subgroupRows / unit.m, (i) => written(subgroupColumns / unit.n, (j) => text(i, j)));

/** Line and position in the tile of a thread's read: neighbouring threads read neighbouring vectors. */
function slotOf(form: Form, operand: OperandLayout, read: number): { line: string; at: string } {
  const perLine = linesOf(form, operand).length / 4;
  const slot = `(thread + ${read * form.threads}u)`;
  return { line: `${slot} / ${perLine}u`, at: `${slot} % ${perLine}u * 4u` };
}

function fetchText(form: Form, operand: OperandLayout, read: number, k: string): string {
  const { line, at } = slotOf(form, operand, read);
  const origin = operand.name === 'A' ? 'place.x' : 'place.y';
  const [across, along] = operand.alongK ? [line, at] : [at, line];
  return (
    `held${operand.name}${read} = ` +
    `load${operand.name}(${loadArguments(operand, `${origin} + ${across}`, `${k} + ${along}`, '0u')});`
  );
}

function stageText(form: Form, operand: OperandLayout, read: number): string {
  const { line, at } = slotOf(form, operand, read);
  const { name } = operand;
  const put = `let put = ${line} * ${linesOf(form, operand).pitch}u + ${at};`;
  const lanes = ['x', 'y', 'z', 'w'].map(
    (lane, i) => `tile${name}[put + ${i}u] = ${form.unit.component}(held${name}${read}.${lane});`,
  );
  return `{\n${put}\n${lanes.join('\n')}\n}`;
}

/** All k of a tile: units of A and B from workgroup memory, every one of A by every one of B. */
function multiplyText(form: Form): string {
  const {
    unit,
    layout: { a, b },
    depth,
    subgroupRows,
    subgroupColumns,
  } = form;
  const load = ({ name, alongK }: OperandLayout, at: string): string => {
    const { pitch } = linesOf(form, name === 'A' ? a : b);
    const type =
      name === 'A'
        ? `subgroup_matrix_left<${unit.component}, ${unit.k}, ${unit.m}>`
        : `subgroup_matrix_right<${unit.component}, ${unit.n}, ${unit.k}>`;
    const order = alongK === (name === 'A') ? 'row_major' : 'col_major';
    return (
      `subgroupMatrixLoad<${type}, ${order}>(&tile${name}, ` +
      `${alongK ? `(${at}) * ${pitch}u + step` : `step * ${pitch}u + ${at}`}, ${pitch}u)`
    );
  };
  return [
    `for (var step = 0u; step < ${depth}u; step += ${unit.k}u) {`,
    written(subgroupRows / unit.m, (i) => `let a${i} = ${load(a, `row + ${i * unit.m}u`)};`),
    written(subgroupColumns / unit.n, (j) => `let b${j} = ${load(b, `column + ${j * unit.n}u`)};`),
    unitsText(form, (i, j) => `c${i}_${j} = subgroupMatrixMultiplyAccumulate(a${i}, b${j}, c${i}_${j});`),
    '}',
  ].join('\n');
}

/** One unit of every subgroup to workgroup memory, and from there, four elements a thread, to C. */
function storeText({ unit: { m, n, subgroupSize } }: Form, i: number, j: number): string {
  const [size, perRow] = [m * n, n / 4];
  return `subgroupMatrixStore<row_major>(&units, subgroup * ${size}u, c${i}_${j}, ${n}u);
workgroupBarrier();
for (var item = lane; item < ${size / 4}u; item += ${subgroupSize}u) {
let at = subgroup * ${size}u + item * 4u;
let four = vec4<f32>(units[at], units[at + 1u], units[at + 2u], units[at + 3u]);
let at_m = place.x + row + ${i * m}u + item / ${perRow}u;
let at_n = place.y + column + ${j * n}u + item % ${perRow}u * 4u;
store(baseC, at_m, at_n, four);
}
workgroupBarrier();`;
}
