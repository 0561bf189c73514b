// Where a trace goes: paths are the caller's; a bare name goes to the folder of the host's settings, if there is one.
import { toHex } from '../fingerprint/digest.ts';

/** `path`, or `folder/path` where the path names no folder and there is one for such names. */
export function tracePath(path: string, folder: string | undefined): string {
  return folder === undefined || /[\\/]/.test(path) ? path : `${folder}/${path}`;
}

/** Where a root of the trace at `path` lies beside it: named by its content, so a trace never names a path. */
export const besidePath = (path: string, contentId: Uint8Array): string => `${folderOf(path)}${toHex(contentId)}.npy`;

/** The folder part of a path with its last separator; empty for a bare name. */
const folderOf = (path: string): string => /^.*[\\/]/s.exec(path)?.[0] ?? '';
