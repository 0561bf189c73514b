// Which device computed a class of tasks, for later runs: in class tolerance another device may give other bits, and
// what a program computes must not change with how busy the machine was when it was measured.
import type { Placements } from '../device/dispatch.ts';
import type { Digest } from '../env.ts';
import { toHex } from '../fingerprint/digest.ts';
import { TlvWriter } from '../fingerprint/encode.ts';
import { namedBytes } from '../store/named-bytes.ts';
import type { Key } from '../store/store.ts';
import type { LowerTiers } from './parts.ts';

const FORMAT = 'sqs-placements 1';
/** What it is worth in nanoseconds: as much as measuring the devices again. */
const COST_NS = 1e8;
const MAX_CLASSES = 1 << 14;

interface Kept {
  readonly format: string;
  readonly devices: Readonly<Record<string, string>>;
}

const writer = new TlvWriter();

/** Choices of the devices of a sheet, read when it is opened and written when one is made. */
export class KeptPlacements implements Placements {
  readonly #lower: LowerTiers;
  readonly #digest: Digest;
  readonly #key: Key;
  readonly #known: Map<string, string>;

  /** Reads what earlier runs have chosen among devices of these names. */
  static async open(lower: LowerTiers, digest: Digest, devices: readonly string[]): Promise<KeptPlacements> {
    const key = toHex(digest.hash(writer.begin('kept-placements', 1).string(devices.toSorted().join('\n')).view()));
    const stored = await lower.get(key);
    return new KeptPlacements(lower, digest, key, stored === undefined ? [] : decode(stored.elements));
  }

  private constructor(lower: LowerTiers, digest: Digest, key: Key, known: Iterable<[string, string]>) {
    this.#lower = lower;
    this.#digest = digest;
    this.#key = key;
    this.#known = new Map(known);
  }

  recall(taskClass: string): string | undefined {
    return this.#known.get(taskClass);
  }

  chosen(taskClass: string, device: string): void {
    if (this.#known.size >= MAX_CLASSES || this.#known.get(taskClass) === device) return;
    this.#known.set(taskClass, device);
    const kept: Kept = { format: FORMAT, devices: Object.fromEntries(this.#known) };
    const bytes = new TextEncoder().encode(JSON.stringify(kept));
    this.#lower.put(bytes.length, Infinity, () => namedBytes(this.#key, bytes, COST_NS, 'placements', this.#digest));
  }
}

/** What stands in bytes whose digest was checked; nothing where they are of another version. */
function decode(bytes: unknown): [string, string][] {
  try {
    const { format, devices } = JSON.parse(new TextDecoder().decode(bytes as Uint8Array)) as Kept;
    return format === FORMAT ? Object.entries(devices) : [];
  } catch {
    return [];
  }
}
