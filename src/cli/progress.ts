// What is being done, while it is: a line on a terminal, which goes when it is done; nothing where output goes
// elsewhere.
import process from 'node:process';

/** Does work under a line that says what it is. */
export async function during<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  if (process.stderr.isTTY !== true) return work();
  const line = `${what} …`;
  process.stderr.write(line);
  try {
    return await work();
  } finally {
    // Blanks and a return rather than a control sequence: every terminal knows them.
    process.stderr.write(`\r${' '.repeat(line.length)}\r`);
  }
}
