// The exported form of a trace, .sqs.json: plain JSON, one event a line, with the seals that let a reader verify it.
import { toHex } from '../fingerprint/digest.ts';
import { encodeUtf8 } from '../tensor/utf8.ts';
import { type ChainHead, crc32 } from './chain.ts';
import { annotationToJson, eventToJson, type JsonRecord, rootToJson } from './json-records.ts';
import type { Json } from './json-values.ts';
import type { StreamSeal, Trace } from './trace.ts';

export const JSON_FORMAT = 'sqs-trace';
export const JSON_VERSION = 1;

/**
 * The text of a .sqs.json file. Seals come before what they seal, so that a cut file can still be verified up to the
 * cut.
 */
export function traceToJson(trace: Trace): string {
  const events = trace.events.map((event) => lineOf(eventToJson(event)));
  const annotations = trace.annotations.map((record) => lineOf(annotationToJson(record)));
  const roots = trace.roots.map((root) => lineOf(rootToJson(root)));
  const chains = {
    program: chainToJson(trace.seals.program, events, ''),
    annotations: chainToJson(trace.seals.annotations, annotations, lineOf(trace.head)),
  };
  return [
    `{"format":"${JSON_FORMAT}","version":${JSON_VERSION},`,
    `"head":${lineOf(trace.head)},`,
    `"chains":{"program":${lineOf(chains.program)},`,
    `"annotations":${lineOf(chains.annotations)},`,
    `"roots":${lineOf({ count: roots.length, sum: orderFreeSum(roots, '') })}},`,
    `"events":[\n${events.join(',\n')}\n],`,
    `"annotations":[\n${annotations.join(',\n')}\n],`,
    `"roots":[\n${roots.join(',\n')}\n]}\n`,
  ].join('\n');
}

const lineOf = (record: JsonRecord): string => JSON.stringify(record);

/** Sum of the CRC32 of every line and of the head, modulo 2^32: the same for any order of the same lines. */
export function orderFreeSum(lines: readonly string[], head: string): number {
  let sum = crc32(encodeUtf8(head));
  for (const line of lines) sum = (sum + crc32(encodeUtf8(line))) >>> 0;
  return sum;
}

function chainToJson({ start, blocks }: StreamSeal, lines: readonly string[], head: string): JsonRecord {
  return {
    start: headToJson(start),
    head: headToJson(endOf({ start, blocks })),
    count: lines.length,
    sum: orderFreeSum(lines, head),
    blocks: blocks.map(({ frames, crc, hash }): Json => [frames, crc, toHex(hash)]),
  };
}

const headToJson = ({ blocks, events, hash }: ChainHead): Json => ({ blocks, events, hash: toHex(hash) });

/** The head of a chain after the blocks of a seal. */
export function endOf({ start, blocks }: StreamSeal): ChainHead {
  let events = start.events;
  for (const block of blocks) events += block.frames;
  return { blocks: start.blocks + blocks.length, events, hash: blocks.at(-1)?.hash ?? start.hash };
}
