// Files that were read once: by their bytes and by how they were read, their columns are found, in later runs too.
import type { Sheet, Tensor } from '../surface.ts';
import type { Column } from './column.ts';
import type { Frame } from './frame.ts';
import { Table } from './table.ts';

/** Raised when a file becomes another table than before, so that what earlier versions kept is not found. */
const VERSION = 1;

/** A table as a memo keeps it: tensors and JSON. */
interface Kept {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly tensor: Tensor; readonly categories: string[] | null }[];
}

/** The table of bytes, read where the same ones were not read before in the same way. Errors are not kept. */
export async function readOnce(
  owner: string,
  sheet: Sheet,
  bytes: Uint8Array,
  how: object,
  read: (bytes: Uint8Array) => Frame | Promise<Frame>,
): Promise<Table> {
  // How it is read is an argument, and so part of the key.
  const memo = sheet.memo(owner, async (held: Uint8Array, _how: string) => keptOf(await read(held)), {
    deps: ['symbolic-sheet/table', VERSION],
  });
  const { rows, columns } = (await memo(bytes, JSON.stringify(how))) as unknown as Kept;
  const made = columns.map(({ name, tensor, categories }): [string, Column] => [
    name,
    categories === null ? { tensor } : { tensor, categories },
  ]);
  return new Table({ sheet, rows, columns: new Map(made) });
}

const keptOf = ({ rows, columns }: Frame): Kept => ({
  rows,
  columns: Array.from(columns, ([name, { tensor, categories }]) => ({
    name,
    tensor,
    categories: categories === undefined ? null : [...categories],
  })),
});
