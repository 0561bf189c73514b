// Reads .sqs.json: every record is checked, encoded again and compared with the seals, so that an edit shows where it
// is.
import { FormatError } from '../errors.ts';
import { type Digest, equalBytes } from '../fingerprint/digest.ts';
import { CHAIN_START, type ChainHead } from './chain.ts';
import { endOf, JSON_FORMAT, JSON_VERSION, orderFreeSum } from './json-export.ts';
import {
  annotationFromJson,
  annotationToJson,
  eventFromJson,
  eventToJson,
  Fields,
  fieldsOf,
  headFromJson,
  rootFromJson,
  rootToJson,
} from './json-records.ts';
import { isRecord, type Json } from './json-values.ts';
import { parseOrRepair } from './json-repair.ts';
import { sealAnnotations, sealProgram, type Resealed } from './reseal.ts';
import { verifyRoots } from './roots.ts';
import type { Flaw, StreamSeal, Trace, TraceRoot } from './trace.ts';

/**
 * The verified prefix of an exported trace, with what is wrong after it; a FormatError only where there is no trace at
 * all.
 */
export function traceFromJson(text: string, digest: Digest): Trace {
  const { json, cut } = parseOrRepair(text);
  if (cut?.code === 'truncated' && !(isRecord(json) && isRecord(json['chains']))) return { ...EMPTY, damage: cut };
  const file = openFile(json, cut);
  const head = headFromJson(file.fields['head']);
  const chains = fieldsOf(file.fields['chains'] ?? null, 'list of chains', ['program', 'annotations', 'roots']);
  const program = readChain(chains.fields['program'], '');
  const annotations = readChain(chains.fields['annotations'], JSON.stringify(head));
  const events = readAll(file.fields['events'], eventFromJson);
  const records = readAll(file.fields['annotations'], annotationFromJson);
  const roots = readAll(file.fields['roots'], rootFromJson);
  const from = { program: program.seal.start, annotations: annotations.seal.start };
  const calls = verify('program', program, events, sealProgram(events.items, digest, from), (event) =>
    JSON.stringify(eventToJson(event)),
  );
  const answers = verify(
    'annotations',
    annotations,
    records,
    sealAnnotations(records.items, head, digest, from),
    (record) => JSON.stringify(annotationToJson(record)),
  );
  const contents = verifyRoots(roots.items, digest);
  const list = sealedRoots(chains, contents.roots, roots.items);
  const damage = cut ?? calls.flaw ?? answers.flaw ?? contents.flaw ?? roots.flaw ?? list.flaw;
  return {
    head,
    events: calls.items,
    annotations: answers.items,
    roots: list.items,
    seals: { program: calls.seal, annotations: answers.seal },
    ...(damage && { damage }),
  };
}

const NO_SEAL: StreamSeal = { start: CHAIN_START, blocks: [] };
/** What is sound in a file that was cut before its seals. */
const EMPTY: Trace = {
  head: {},
  events: [],
  annotations: [],
  roots: [],
  seals: { program: NO_SEAL, annotations: NO_SEAL },
};

function openFile(json: Json, cut: Flaw | undefined): Fields {
  const format = isRecord(json) ? json['format'] : undefined;
  if (format !== JSON_FORMAT)
    throw new FormatError(
      cut?.message ?? 'This JSON is not a trace; give a .sqs.json file that sheet.trace.save wrote.',
      { code: cut?.code ?? 'not-a-trace' },
    );
  const version = fieldsOf(json, 'file').count('version');
  if (version === JSON_VERSION)
    return fieldsOf(json, 'file', ['format', 'version', 'head', 'chains', 'events', 'annotations', 'roots']);
  throw new FormatError(
    `This is .sqs.json version ${version}; this release knows ${JSON_VERSION}: read it with the release that ` +
      'wrote it or a later one.',
    { code: 'version', version },
  );
}

/**
 * The roots under their seal. Under a broken one, those whose bytes prove them: nothing else says what the others were.
 */
function sealedRoots(chains: Fields, sound: readonly TraceRoot[], listed: readonly TraceRoot[]): Listed<TraceRoot> {
  if (!chains.has('roots')) return { items: sound, flaw: undefined }; // written before this list was sealed
  const seal = fieldsOf(chains.fields['roots'] ?? null, 'seal of the roots', ['count', 'sum']);
  const [count, sum] = [seal.count('count'), seal.count('sum')];
  if (
    listed.length === count &&
    orderFreeSum(
      listed.map((root) => JSON.stringify(rootToJson(root))),
      '',
    ) === sum
  )
    return { items: sound, flaw: undefined };
  const code = listed.length < count ? 'truncated' : listed.length > count ? 'trailing' : 'edited';
  const message =
    `The roots of this trace do not match their seal of ${count}; take the file from where it was written, or load ` +
    `it with { damaged: 'prefix' }.`;
  return { items: sound.filter((root) => root.bytes !== undefined), flaw: { code, message } };
}

interface Chain {
  readonly seal: StreamSeal;
  readonly count: number;
  readonly sum: number;
  /** The head's line, where the stream holds it. */
  readonly head: string;
  /** Whether its start is one, and its blocks lead from there to the head that it states. */
  readonly agrees: boolean;
}

function readChain(json: Json | undefined, head: string): Chain {
  const chain = fieldsOf(json ?? null, 'chain', ['start', 'head', 'count', 'sum', 'blocks']);
  const blocks = chain.list('blocks').map((block) => {
    const [frames, crc, hash] = Array.isArray(block) && block.length === 3 ? (block as readonly Json[]) : [];
    const field = new Fields({ frames: frames ?? null, crc: crc ?? null, hash: hash ?? null }, 'chain');
    return { frames: field.count('frames'), crc: field.count('crc'), hash: field.digest('hash') };
  });
  const start = readHead(chain.fields['start']);
  const agrees =
    (start.blocks > 0 || sameHead(start, CHAIN_START)) &&
    sameHead(readHead(chain.fields['head']), endOf({ start, blocks }));
  return {
    seal: { start: start.blocks === 0 ? CHAIN_START : start, blocks },
    count: chain.count('count'),
    sum: chain.count('sum'),
    head,
    agrees,
  };
}

function readHead(json: Json | undefined): ChainHead {
  const head = fieldsOf(json ?? null, 'head of a chain', ['blocks', 'events', 'hash']);
  return { blocks: head.count('blocks'), events: head.count('events'), hash: head.digest('hash') };
}

const sameHead = (a: ChainHead, b: ChainHead): boolean =>
  a.blocks === b.blocks && a.events === b.events && equalBytes(a.hash, b.hash);

interface Listed<T> {
  readonly items: readonly T[];
  readonly flaw: Flaw | undefined;
}

/** Records up to the first that cannot be read. */
function readAll<T>(json: Json | undefined, read: (json: Json) => T): Listed<T> {
  const items: T[] = [];
  if (!Array.isArray(json))
    return { items, flaw: { code: 'truncated', message: 'A list of this trace is missing: the copy is incomplete.' } };
  try {
    for (const item of json as readonly Json[]) items.push(read(item));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { items, flaw: { code: 'edited', message: error.message } };
  }
  return { items, flaw: undefined };
}

interface Verified<T> extends Listed<T> {
  readonly seal: StreamSeal;
}

/** Compares what the records encode to with the seals, block by block. */
function verify<T>(
  stream: string,
  chain: Chain,
  { items, flaw }: Listed<T>,
  sealed: Resealed,
  lineOf: (item: T) => string,
): Verified<T> {
  const claimed = chain.seal.blocks;
  const bad = sealed.blocks.findIndex((block, i) => toKey(block) !== toKey(claimed[i]));
  if (bad < 0 && sealed.blocks.length === claimed.length && flaw === undefined)
    return { items, seal: chain.seal, flaw: flawOfSeal(stream, chain, items.map(lineOf)) };
  const sound = bad < 0 ? Math.min(sealed.blocks.length, claimed.length) : bad;
  const count = sound === 0 ? 0 : sealed.blocks[sound - 1]!.itemsAfter;
  const code = flaw?.code ?? classify(chain, items.map(lineOf), sealed, bad);
  const why = (flaw?.message ?? 'it does not match its chain').replace(/[.]$/, '');
  const message =
    `The ${stream} of this trace was ${VERBS[code] ?? 'changed'} after its item ${count}: ${why}. ` +
    `${count} of ${chain.count} items are sound: take the file from where it was written, or load it with { ` +
    `damaged: 'prefix' }.`;
  return {
    items: items.slice(0, count),
    seal: { start: chain.seal.start, blocks: claimed.slice(0, sound) },
    flaw: { code, message },
  };
}

/** What is wrong with a seal whose blocks are right. */
function flawOfSeal(stream: string, chain: Chain, lines: readonly string[]): Flaw | undefined {
  if (chain.agrees && chain.count === lines.length && chain.sum === orderFreeSum(lines, chain.head)) return undefined;
  return {
    code: 'edited',
    message:
      `The seal of the ${stream} of this trace was changed: its ${lines.length} items are sound, its start, head, ` +
      `count or sum is not. Take the file from where it was written, or load it with { damaged: 'prefix' }.`,
  };
}

const VERBS: Readonly<Record<string, string>> = {
  truncated: 'cut',
  reordered: 'reordered',
  trailing: 'continued',
  spliced: 'spliced',
};

const toKey = (block: { frames: number; crc: number; hash: Uint8Array } | undefined): string =>
  block === undefined ? '' : `${block.frames}:${block.crc}:${block.hash.join()}`;

/** What was done, from how the records and the seals differ. */
function classify(chain: Chain, lines: readonly string[], sealed: Resealed, bad: number): string {
  const claimed = chain.seal.blocks;
  if (lines.length === chain.count && orderFreeSum(lines, chain.head) === chain.sum) {
    return sealed.blocks[bad]?.crc === claimed[bad]?.crc ? 'spliced' : 'reordered';
  }
  const last = sealed.blocks.length - 1;
  if (lines.length < chain.count && (bad < 0 || bad === last)) return 'truncated';
  if (lines.length > chain.count && bad >= claimed.length - 1) return 'trailing';
  return sealed.blocks[bad]?.crc === claimed[bad]?.crc ? 'spliced' : 'edited';
}
