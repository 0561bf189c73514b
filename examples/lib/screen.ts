// What the main job writes to the terminal: plain lines, and on a TTY one line that lives at the bottom.

/** A place for lines. */
export interface Screen {
  print(line?: string): void;
  /** Replaces the live line; where there is none, nothing happens. */
  live(line: string): void;
  readonly isLive: boolean;
  bold(text: string): string;
  dim(text: string): string;
}

/** The parts of a stream that a screen uses. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

const CLEAR = '\r\u001B[2K';

/** A screen on a stream. A reader that goes away (`| head`) ends the writing, never the work. */
export function openScreen(output: Output, environment: Readonly<Record<string, string | undefined>>): Screen {
  let open = true;
  output.on('error', () => (open = false));
  const write = (text: string): void => {
    if (open) output.write(text);
  };
  const isLive = output.isTTY === true && environment['TERM'] !== 'dumb';
  const coloured = isLive && (environment['NO_COLOR'] ?? '') === '';
  const styled =
    (code: number) =>
    (text: string): string =>
      coloured ? `\u001B[${code}m${text}\u001B[0m` : text;
  return {
    isLive,
    print: (line = '') => write(`${isLive ? CLEAR : ''}${line}\n`),
    live: (line) => isLive && write(`${CLEAR}${line}`),
    bold: styled(1),
    dim: styled(2),
  };
}
