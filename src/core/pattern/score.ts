// The score of a stored result, in [0, 1]: how much it is worth keeping. The formula is in docs/score.md.
import { ENTRY_BYTES, WORTH_NS_PER_BYTE } from '../policy/admission.ts';
import type { Value } from '../tensor/block.ts';
import { bytesOf, type DType, DTYPES, isFloat } from '../tensor/dtype.ts';
import { FACT, knownFacts } from './facts.ts';

/** Everything the score depends on. */
export interface ScoreRecord {
  /** Measured nanoseconds to compute it again. */
  readonly costNs: number;
  /** Bytes it takes, with those of its entry. */
  readonly sizeBytes: number;
  /** Bits of known facts (`FACT`). */
  readonly facts: number;
  /** What a sample of the elements showed; undefined where none was taken. */
  readonly sample?: StridedSample;
  /** Re-checks of the stored bytes or of the result that agreed, and that did not. */
  readonly agreed?: number;
  readonly disagreed?: number;
}

/** What a strided sample of at most 4096 bytes shows. */
export interface StridedSample {
  /** All sampled elements are finite. */
  readonly finite: boolean;
  /** log2 of the largest magnitude in the sample; 0 for integers and for a sample of zeros. */
  readonly log2Range: number;
  /** log2 of the largest number of the dtype; 0 for integers, which have no such limit. */
  readonly log2Limit: number;
  /** Shannon entropy of the sampled bytes, in bits a byte. */
  readonly entropyBits: number;
}

/** The four parts, each in [0, 1]. */
export interface ScoreParts {
  readonly economics: number;
  readonly stability: number;
  readonly entropy: number;
  readonly symmetry: number;
}

/** Weights of the parts; they add up to 1. */
export const WEIGHTS: Readonly<ScoreParts> = { economics: 0.7, stability: 0.15, entropy: 0.1, symmetry: 0.05 };

/** Facts by what they leave open: a value known from O(n) numbers counts 1, one known from half its elements ½. */
const STRUCTURE = FACT.zero | FACT.constant | FACT.identity | FACT.diagonal | FACT.permutation;
const HALF_STRUCTURE = FACT.symmetric | FACT.lower | FACT.upper | FACT.repeatedRows;

/**
 * The parts of the score. What was not looked at counts as it is in an ordinary result: healthy, dense, without
 * structure.
 */
export function scoreParts(record: ScoreRecord): ScoreParts {
  const worth = record.costNs / (WORTH_NS_PER_BYTE * Math.max(1, record.sizeBytes));
  return {
    economics: Number.isFinite(worth) ? worth / (1 + worth) : 1,
    stability: stabilityOf(record),
    entropy: record.sample === undefined ? 1 : record.sample.entropyBits / 8,
    symmetry: (record.facts & STRUCTURE) !== 0 ? 1 : (record.facts & HALF_STRUCTURE) !== 0 ? 0.5 : 0,
  };
}

/** The score: the weighted sum of its parts. A pure function of the record. */
export function score(record: ScoreRecord): number {
  const parts = scoreParts(record);
  return (
    WEIGHTS.economics * parts.economics +
    WEIGHTS.stability * parts.stability +
    WEIGHTS.entropy * parts.entropy +
    WEIGHTS.symmetry * parts.symmetry
  );
}

/**
 * Finite × headroom × agreement: 0 where a sample met NaN or ∞; falls when magnitudes come near the limits of the
 * dtype; halves with each failed check.
 */
function stabilityOf({ sample, agreed = 0, disagreed = 0 }: ScoreRecord): number {
  const agreement = (agreed + 1) / (agreed + 2 * disagreed + 1);
  if (sample === undefined) return agreement;
  if (!sample.finite) return 0;
  const headroom =
    sample.log2Limit === 0 ? 1 : Math.min(1, 2 * Math.max(0, 1 - Math.abs(sample.log2Range) / sample.log2Limit));
  return headroom * agreement;
}

const SAMPLE_BYTES = 4096;
/** Smaller results, and results that were cheaper than this many samples, are not sampled. */
const MIN_SAMPLED_BYTES = 1 << 16;
const MIN_SAMPLED_NS = 1_500_000;

/** The score of a result that cost `costNs`: sampled where that is at most about 3 % of the cost. */
export function scoreOf(value: Value, costNs: number): number {
  const { sizeBytes } = value.type;
  const record = { costNs, sizeBytes: sizeBytes + ENTRY_BYTES, facts: knownFacts(value) };
  return score(
    sizeBytes >= MIN_SAMPLED_BYTES && costNs >= MIN_SAMPLED_NS && value.block.isLocal
      ? { ...record, sample: sampleOf(value) }
      : record,
  );
}

/** log2 of the first power of two that a floating dtype does not hold; 0 for others. */
const log2Limit = (dtype: DType): number => {
  const { largest } = DTYPES[dtype];
  return largest === undefined ? 0 : Math.ceil(Math.log2(largest));
};

/** Samples elements at an odd stride, so that no power-of-two layout hides. */
export function sampleOf({ array, type }: Pick<Value, 'array' | 'type'>): StridedSample {
  const itemBytes = array.BYTES_PER_ELEMENT;
  const step = Math.ceil((array.length * itemBytes) / SAMPLE_BYTES) | 1;
  const bytes = bytesOf(array);
  const decode = DTYPES[type.dtype].codec?.decode ?? Number;
  const counts = new Uint16Array(256);
  let total = 0,
    largest = 0,
    finite = true;
  for (let i = 0; i < array.length && total + itemBytes <= SAMPLE_BYTES; i += step) {
    for (let byte = i * itemBytes; byte < (i + 1) * itemBytes; byte++, total++) counts[bytes[byte]!]!++;
    const magnitude = Math.abs(decode(array[i] as number));
    if (!(magnitude < Infinity)) finite = false;
    else if (magnitude > largest) largest = magnitude;
  }
  const float = isFloat(type.dtype);
  return {
    finite,
    log2Limit: log2Limit(type.dtype),
    log2Range: float && largest > 0 ? Math.log2(largest) : 0,
    entropyBits: entropyOf(counts, total),
  };
}

/** Shannon entropy with the Miller–Madow correction for a small sample (Miller 1955), at most 8 bits. */
function entropyOf(counts: Uint16Array, total: number): number {
  let bits = 0,
    kinds = 0;
  for (const count of counts) {
    if (count === 0) continue;
    kinds++;
    bits -= (count / total) * Math.log2(count / total);
  }
  return kinds === 0 ? 0 : Math.min(8, bits + (kinds - 1) / (2 * total * Math.LN2));
}
