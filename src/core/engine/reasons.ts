// Why a call was answered as it was, in a few words for people.
import type { Call } from './call.ts';
import { explainMiss } from './misses.ts';

/** Roots that a memo gave. */
const ORIGINS_OF_MEMOS: Partial<Record<Call['origin'], string>> = {
  ram: 'a memo kept it for these arguments',
  part: 'a memo had some of its rows and ran for the others',
  computed: 'the function of a memo gave it',
};

/** The reason, with what was noted of the call. */
export function reasonOf(call: Call): string {
  const reason = answerOf(call);
  return call.note === undefined ? reason : `${reason}; ${call.note}`;
}

function answerOf({ origin, row, within, miss }: Call): string {
  if (origin === 'given') return 'from outside';
  if (row === undefined) return ORIGINS_OF_MEMOS[origin] ?? '';
  if (origin === 'stored') return 'an earlier run kept the result of the same op on the same operands';
  if (origin === 'ram') return 'the same op on the same operands was kept';
  if (origin === 'computed') return miss === undefined ? 'nothing kept matches' : explainMiss(miss);
  if (origin === 'part') return 'part of a kept result was still valid';
  return within > 0 ? `computed together with #${within}` : 'nobody asked for its elements yet';
}
