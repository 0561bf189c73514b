// What the segments of a folder hold, all of it read: the newest result of each key, and when each was asked for last.
import type { Digest, Key } from '../../kit.ts';
import type { FileSystem } from './file-system.ts';
import { SEGMENTS } from './layout.ts';
import { type ScannedFrame, scanSegment, SEGMENT_HEADER } from './segment.ts';

/** A result, and the segment that its frame is in. */
export interface Held {
  readonly frame: ScannedFrame;
  readonly segment: string;
}

/** A segment as it was read. */
interface ReadSegment {
  /** Where the next frame will stand. */
  readonly end: number;
  readonly sizeBytes: number;
  /** Places where something stands that is no whole frame. */
  readonly damagedFrames: number;
}

/** All that a folder holds. Whoever collects garbage or repairs changes it as the folder changes. */
interface HeldResults {
  readonly results: Map<Key, Held>;
  /** When each key was put or asked for last; whatever segment says so. */
  readonly uses: Map<Key, number>;
  readonly segments: Map<string, ReadSegment>;
}

/** Reads all segments of a folder. Other processes may use it meanwhile. */
export function readHeld(files: FileSystem, digest: Digest): HeldResults {
  const held: HeldResults = { results: new Map(), uses: new Map(), segments: new Map() };
  for (const segment of files.list(SEGMENTS)) {
    const file = files.open(`${SEGMENTS}/${segment}`);
    if (file === undefined) continue;
    try {
      const { frames, end, damaged } = scanSegment(file, SEGMENT_HEADER.length, digest);
      held.segments.set(segment, { end, sizeBytes: file.size(), damagedFrames: damaged.length });
      for (const frame of frames) see(held, frame, segment);
    } finally {
      file.close();
    }
  }
  return held;
}

function see({ results, uses }: HeldResults, frame: ScannedFrame, segment: string): void {
  const { key, usedMs, place } = frame.record;
  uses.set(key, Math.max(uses.get(key) ?? 0, usedMs));
  const known = results.get(key);
  // Segments are read in no order: of two results of a key the one that was put later counts.
  const isNewer = known === undefined || known.frame.record.usedMs <= usedMs;
  if (place !== 'use' && isNewer) results.set(key, { frame, segment });
}
