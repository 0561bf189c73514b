// What a cache is to the simulator, and what a program takes with one: calls are computed when they are asked for,
// with all
// that is missing for them, as a sheet does.
import type { Request } from './requests.ts';

/** A result that was computed and may be kept. */
export interface Result {
  readonly identity: number;
  readonly request: Request;
  /** The ops that it works on. */
  readonly operands: readonly Pick<Request, 'row'>[];
  /** With what holding it takes. */
  readonly sizeBytes: number;
  /** Nanoseconds of it and of what was computed for it. */
  readonly pathNs: number;
  /** The same without what was kept of that, where it is no larger. */
  readonly unkeptNs: number;
  /** Whether its only reader here is one of the same elements. */
  readonly isPassedOn: boolean;
}

/** A cache of so many bytes. `at`: the place of the call in the program. */
export interface Cache {
  /** Whether a result is there, which is asked for now. */
  find(identity: number, at: number, request: Request): boolean;
  /** Takes a result or not; answers whether it did. */
  offer(result: Result, at: number): boolean;
}

/** Bytes of an entry besides its elements, whoever keeps it. */
const ENTRY_BYTES = 600;

interface Made {
  readonly at: number;
  readers: number;
  lastReader: Request | undefined;
  pathNs: number;
  unkeptNs: number;
  isKept: boolean;
}

/**
 * Nanoseconds that all computed calls take. What was computed or found stays with its handle: no call is computed twice
 * by itself, only those that equal it.
 */
export function computedNs(requests: readonly Request[], cache: Cache): number {
  const isThere = new Uint8Array(requests.length);
  let totalNs = 0;
  requests.forEach((request, target) => {
    if (!request.isDemanded) return;
    const missing = missingUnder(requests, target, isThere, cache);
    for (const made of missing.values()) totalNs += make(requests, made, missing, cache);
  });
  return totalNs;
}

/** What has to be computed for a call, operands first. */
function missingUnder(
  requests: readonly Request[],
  target: number,
  isThere: Uint8Array,
  cache: Cache,
): ReadonlyMap<number, Made> {
  const found: Made[] = [];
  const stack = [target];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (isThere[at] === 1) continue;
    isThere[at] = 1;
    const request = requests[at]!;
    if (request.isRoot || cache.find(request.identity, target, request)) continue;
    found.push({ at, readers: 0, lastReader: undefined, pathNs: 0, unkeptNs: 0, isKept: false });
    stack.push(...request.operands);
  }
  found.sort((a, b) => a.at - b.at);
  const missing = new Map(found.map((made) => [made.at, made]));
  for (const { at } of found)
    for (const operand of requests[at]!.operands) {
      const made = missing.get(operand);
      if (made === undefined) continue;
      made.readers++;
      made.lastReader = requests[at];
    }
  return missing;
}

function make(requests: readonly Request[], made: Made, missing: ReadonlyMap<number, Made>, cache: Cache): number {
  const request = requests[made.at]!;
  const sizeBytes = request.sizeBytes + ENTRY_BYTES;
  made.pathNs = made.unkeptNs = request.ownNs;
  for (const operand of request.operands) {
    const under = missing.get(operand);
    if (under === undefined) continue;
    made.pathNs += under.pathNs / under.readers;
    if (!under.isKept) made.unkeptNs += under.unkeptNs / under.readers;
    else if (requests[operand]!.sizeBytes > request.sizeBytes) made.unkeptNs += under.pathNs / under.readers;
  }
  const { identity } = request;
  const operands = request.operands.map((operand) => requests[operand]!);
  const isPassedOn = made.readers === 1 && isOfSameElements(request, made.lastReader!, requests);
  const { pathNs, unkeptNs } = made;
  made.isKept = cache.offer({ identity, request, operands, sizeBytes, pathNs, unkeptNs, isPassedOn }, made.at);
  return request.ownNs;
}

/** Whether a reader works on the same elements one by one, with nothing as large beside them. */
const isOfSameElements = ({ elements }: Request, reader: Request, requests: readonly Request[]): boolean =>
  reader.row?.separable === 'elements' &&
  reader.elements === elements &&
  reader.operands.filter((operand) => requests[operand]!.elements === elements).length === 1;
