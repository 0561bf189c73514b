// The shader of one pass of a reduction: what it reads, what it accumulates, what it keeps.
import type { ElementFunction } from '../../scalar/algebra.ts';
import { declareElements } from '../map/element.ts';
import { LINEAR_BUILTINS, LINEAR_WORKGROUP, type Shader } from '../launch.ts';
import { elementReader, type ReducedElements, type ElementReader } from './elements.ts';
import type { Family, Stage } from './families.ts';
import { offsetExpression, offsetFields } from './shape.ts';
import { REDUCE } from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

/** Elements of operands, or the totals of chunks. */
export type PassSource =
  | {
      readonly of: 'elements';
      readonly elements: ReducedElements;
      readonly vectorised: boolean;
      readonly keptRank: number;
      readonly reducedRank: number;
    }
  | { readonly of: 'partials' };

/** One pass. */
export interface Pass {
  readonly family: Family;
  readonly source: PassSource;
  readonly keeps: Stage['keeps'] | 'total';
  readonly threads: number;
}

/** By the function that is mapped on the way, and by all else. */
const shaders = new WeakMap<ElementFunction | typeof UNMAPPED, Map<string, Shader>>();
const UNMAPPED = {};

/** Parameters before those of the offsets. */
const FIELDS = [
  'results: u32',
  'count: u32',
  'chunks: u32',
  'chunkLength: u32',
  'lanes: u32',
  'laneStride: u32',
  'placeStride: u32',
  'zero: u32',
  'reciprocalHigh: f32',
  'reciprocalLow: f32',
];

/** The shader of a pass. Bindings: what is read, the centres where the family reads them, what is stored. */
export function passShader(pass: Pass): Shader {
  const { family, source, keeps, threads } = pass;
  const key =
    `reduce ${family.name}: ${source.of === 'partials' ? 'partials' : nameOf(source)} to ${keeps}, ${threads} ` +
    'threads';
  const owner = source.of === 'partials' ? UNMAPPED : (source.elements.map?.fn ?? UNMAPPED);
  const known = shaders.get(owner) ?? new Map<string, Shader>();
  shaders.set(owner, known);
  let shader = known.get(key);
  if (shader === undefined) known.set(key, (shader = makeShader(key, pass)));
  return shader;
}

function nameOf({ elements, vectorised, keptRank, reducedRank }: Extract<PassSource, { of: 'elements' }>): string {
  const inputs = elements.inputs.map(({ dtype, single }) => (single ? `one ${dtype}` : dtype)).join(' and ');
  const mapped = elements.map === undefined ? '' : `${elements.map.fn.name} of `;
  return `${mapped}${inputs} as ${elements.dtype} ${vectorised ? 'vectors' : 'elements'} ${keptRank} ${reducedRank}`;
}

function makeShader(name: string, { family, source, keeps, threads }: Pass): Shader {
  const ranks =
    source.of === 'partials' ? { kept: 1, reduced: 1 } : { kept: source.keptRank, reduced: source.reducedRank };
  const reader = source.of === 'partials' ? PARTIALS : elementReader(source.elements, source.vectorised);
  const mapped = source.of === 'elements' && source.elements.map !== undefined ? [source.elements.map.code] : [];
  const [type, value] = {
    total: ['Total', 'total'],
    word: ['u32', 'wordOf(total)'],
    centre: ['vec2<u32>', 'centreOf(total)'],
  }[keeps] as [string, string];
  const reads = reader.bindings.length;
  const centres = family.centred ? [`@group(0) @binding(${reads}) var<storage, read> centres: array<vec2<u32>>;`] : [];
  const stored = `@group(0) @binding(${reads + centres.length}) var<storage, read_write> stored: array<${type}>;`;
  const code = fillTemplate(REDUCE, {
    bindings: [...reader.bindings, ...centres, stored].join('\n'),
    arithmetic: `${declareElements(mapped, family.uses)}\n${family.arithmetic}`,
    family: family.text,
    elements: reader.functions,
    loop: reader.loop,
    threads,
    keptOffset: offsetExpression(ranks.kept, 'kept', 'result'),
    reducedOffset: offsetExpression(ranks.reduced, 'reduced', 'r'),
    centre: family.centred ? 'centre = centres[result];' : '',
    store: value,
    builtins: LINEAR_BUILTINS,
    workgroup: LINEAR_WORKGROUP,
  });
  const bindings = [...Array.from({ length: reads + centres.length }, () => 'read' as const), 'write' as const];
  return {
    name,
    code,
    bindings,
    params: [...FIELDS, ...offsetFields(ranks.kept, 'kept'), ...offsetFields(ranks.reduced, 'reduced')],
  };
}

const PARTIALS: ElementReader = {
  bindings: ['@group(0) @binding(0) var<storage, read> partials: array<Total>;'],
  functions: '',
  loop:
    'for (var r = begin + lane; r < end; r += params.lanes) { total = join(total, partials[base + ' +
    'reducedOffset(r)]); }',
};
