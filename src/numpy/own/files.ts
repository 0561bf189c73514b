// np.load, np.save and np.savez: arrays as .npy and .npz files, of bytes or by path.
import { FormatError, SourceError, UnavailableError } from '../../kit.ts';
import { decodeNpy, encodeNpy, type Tensor } from '../../surface.ts';
import { arrayOf } from '../arrays.ts';
import type { Arguments, Context, NumPyFiles, Own } from '../context.ts';
import { readZip, writeZip } from '../zip.ts';

/** Files by path, where there are any. */
function filesOf(np: Context, owner: string): NumPyFiles {
  if (np.files !== undefined) return np.files;
  throw new UnavailableError(`np.${owner}: a page has no files by path; give or take the bytes.`, {});
}

const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

function tensorOf(np: Context, bytes: Uint8Array): Tensor {
  const { dtype, shape, array } = decodeNpy(bytes);
  return np.sheet.tensor(array, shape, { dtype });
}

export const loadFile: Own = async (np, given) => {
  const file = given.raw('file');
  if (typeof file !== 'string' && !(file instanceof Uint8Array))
    throw given.wrong('file', 'a path, or the bytes of a file');
  const bytes = typeof file === 'string' ? await filesOf(np, 'load').read(file) : file;
  if (!isZip(bytes)) return tensorOf(np, bytes);
  const arrays = [...(await readZip(bytes))].map(([name, content]) => [
    name.replace(/\.npy$/, ''),
    tensorOf(np, content),
  ]);
  return Object.fromEntries(arrays) as Record<string, Tensor>;
};

const encoded = async (x: Tensor): Promise<Uint8Array> =>
  encodeNpy({ dtype: x.dtype, shape: x.shape, array: (await x.data()) as never });

/** Writes bytes where a path says; answers the bytes. */
async function written(np: Context, given: Arguments, end: string, bytes: Uint8Array): Promise<Uint8Array> {
  const file = given.raw('file');
  if (file === null) return bytes;
  if (typeof file !== 'string') throw given.wrong('file', 'a path, or null for the bytes alone');
  await filesOf(np, 'save').write(file.endsWith(end) ? file : file + end, bytes);
  return bytes;
}

export const save: Own = async (np, given) => written(np, given, '.npy', await encoded(given.array('arr')));

const archived =
  (isCompressed: boolean): Own =>
  async (np, given) => {
    const listed = (given.raw('arrays') as readonly unknown[]).map((x, i): [string, unknown] => [`arr_${i}`, x]);
    const named = Object.entries(given.raw('kwds') as Readonly<Record<string, unknown>>);
    const files = new Map<string, Uint8Array>();
    for (const [name, x] of [...listed, ...named]) {
      if (files.has(`${name}.npy`))
        throw new SourceError(`np.savez: ${name} is given twice; name it otherwise.`, { name });
      if (name === '' || name.includes('/'))
        throw new FormatError(`np.savez: '${name}' is no name of an array.`, { name });
      files.set(`${name}.npy`, await encoded(arrayOf(np.sheet, x)));
    }
    return written(np, given, '.npz', await writeZip(files, isCompressed));
  };

export const savez: Own = archived(false);
export const savezCompressed: Own = archived(true);
