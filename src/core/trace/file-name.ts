// Where a trace goes: paths are the caller's; a bare name goes to the folder of the host's settings, if there is one.
// And what is said of a path that is refused.
import { UnavailableError } from '../errors.ts';
import { toHex } from '../fingerprint/digest.ts';

/** `path`, or `folder/path` where the path names no folder and there is one for such names. */
export function tracePath(path: string, folder: string | undefined): string {
  return folder === undefined || /[\\/]/.test(path) ? path : `${folder}/${path}`;
}

/** Where a root of the trace at `path` lies beside it: named by its content, so a trace never names a path. */
export const besidePath = (path: string, contentId: Uint8Array): string => `${folderOf(path)}${toHex(contentId)}.npy`;

/** The folder part of a path with its last separator; empty for a bare name. */
const folderOf = (path: string): string => /^.*[\\/]/s.exec(path)?.[0] ?? '';

/** The typed error of a file that the system refused; anything else comes back as it is. */
export function fileError(deed: 'read' | 'written', path: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (!(error instanceof Error) || typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return error;
  const remedy =
    deed === 'read'
      ? 'check its name'
      : code === 'ENOENT'
        ? 'make its folder first, or give another path'
        : 'give the path of a file in a folder you may write to';
  return new UnavailableError(`The trace ${path} cannot be ${deed} (${message}); ${remedy}.`, { path, code });
}
