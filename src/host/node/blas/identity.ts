// Which library this is, by the functions only it has.
import { decodeUtf8Leniently } from '../../../core/tensor/utf8.ts';
import { bindNative, type NativeLibrary } from './koffi.ts';
import type { NativeBlas } from './abi.ts';

/** What a library says about itself. */
export type LibraryIdentity = { readonly name: string; readonly version: string; readonly threads: number | undefined };

type Library = { readonly library: NativeLibrary; readonly decorate: (name: string) => string };
type Sign = { readonly name: string; readonly version: (of: Library) => string | undefined; readonly threads: string };

// FlexiBLAS first: it wraps one of the others, and their symbols may show through it.
const SIGNS: readonly Sign[] = [
  { name: 'FlexiBLAS', version: tripleFrom('flexiblas_get_version'), threads: 'flexiblas_get_num_threads' },
  { name: 'Intel MKL', version: mklVersion, threads: 'MKL_Get_Max_Threads' },
  { name: 'OpenBLAS', version: textFrom('openblas_get_config'), threads: 'openblas_get_num_threads' },
  { name: 'BLIS', version: textFrom('bli_info_get_version_str'), threads: 'bli_thread_get_num_threads' },
  { name: 'ATLAS', version: presenceOf('ATL_buildinfo'), threads: '' },
];

/** Name, version and thread count of a bound library. */
export function identifyBlas(
  library: NativeLibrary,
  { naming }: Pick<NativeBlas, 'naming'>,
  file: string,
): LibraryIdentity {
  const of: Library = { library, decorate: (name) => naming.prefix + name + naming.cblas };
  for (const sign of SIGNS) {
    const version = sign.version(of);
    if (version !== undefined)
      return { name: sign.name, version: version.trim(), threads: threadCount(of, sign.threads) };
  }
  return { name: file.includes('Accelerate.framework') ? 'Accelerate' : 'BLAS', version: '', threads: undefined };
}

function textFrom(name: string): Sign['version'] {
  return ({ library, decorate }) => bindNative<() => string>(library, decorate(name), 'const char *', [])?.();
}

function presenceOf(name: string): Sign['version'] {
  return ({ library }) => (bindNative(library, name, 'void', []) === undefined ? undefined : '');
}

function tripleFrom(name: string): Sign['version'] {
  return ({ library }) => {
    type Get = (major: Int32Array, minor: Int32Array, patch: Int32Array) => void;
    const get = bindNative<Get>(library, name, 'void', ['void *', 'void *', 'void *']);
    const parts = [0, 1, 2].map(() => new Int32Array(2)) as [Int32Array, Int32Array, Int32Array];
    get?.(...parts);
    return get && parts.map((part) => part[0]).join('.');
  };
}

function mklVersion({ library }: Library): string | undefined {
  const get = bindNative<(text: Uint8Array, sizeBytes: number) => void>(library, 'MKL_Get_Version_String', 'void', [
    'void *',
    'int',
  ]);
  const text = new Uint8Array(256);
  get?.(text, text.length);
  const end = text.indexOf(0);
  return get && decodeUtf8Leniently(text.subarray(0, end < 0 ? text.length : end));
}

function threadCount({ library, decorate }: Library, name: string): number | undefined {
  if (name === '') return undefined;
  const count =
    bindNative<() => number>(library, decorate(name), 'int', [])?.() ??
    bindNative<() => number>(library, name, 'int', [])?.();
  // BLIS answers -1 until somebody chooses: it then computes on one thread.
  return count === undefined ? undefined : Math.max(1, count);
}
