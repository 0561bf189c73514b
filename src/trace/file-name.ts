// Where a trace goes: paths are the caller's; a bare name goes to the folder of the host's settings, if there is one.

/** `path`, or `folder/path` where the path names no folder and there is one for such names. */
export function tracePath(path: string, folder: string | undefined): string {
  return folder === undefined || /[\\/]/.test(path) ? path : `${folder}/${path}`;
}

/** The folder part of a path with its last separator; empty for a bare name. */
export const folderOf = (path: string): string => /^.*[\\/]/s.exec(path)?.[0] ?? '';
