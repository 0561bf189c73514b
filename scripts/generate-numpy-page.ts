// Writes docs/numpy.md: every name of NumPy's main namespaces, whether it is there, what differs, and why some are not.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { COMPOSITES, OPS } from '../src/core/ops/index.ts';
import '../src/core/ops/library.ts';
import type { Row } from '../src/numpy/context.ts';
import { NUMPY_CONSTANTS } from '../src/numpy/numpy.ts';
import { DRAWS } from '../src/numpy/own/drawing.ts';
import { ROWS } from '../src/numpy/rows/rows.ts';
import { parseSignature } from '../src/numpy/signature.ts';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const { names } = read('../tests/numpy/answers.json') as { names: Readonly<Record<string, readonly string[]>> };

/** Why names of NumPy are not here, and what is written instead. */
const NOT_WANTED: Readonly<Record<string, string>> = {
  'tensors never change: choose with `np.where`, or join parts':
    'copyto fill_diagonal place put put_along_axis putmask shuffle permuted',
  'dates are no dtype':
    'busday_count busday_offset busdaycalendar datetime64 datetime_as_string datetime_data is_busday isnat timedelta64',
  'texts, records and objects are no dtypes: `symbolic-sheet/table` reads tables of them':
    'bytes_ char character flexible object_ rec recarray record str_ strings void base_repr binary_repr',
  'there are no complex numbers':
    'angle cdouble clongdouble complex128 complex256 complex64 complexfloating csingle imag iscomplex iscomplexobj ' +
    'isrealobj real_if_close sort_complex emath eig eigvals',
  'elements are in row-major order, where the sheet has them':
    'asfortranarray isfortran require shares_memory may_share_memory frombuffer memmap from_dlpack flatiter ' +
    'getbufsize setbufsize broadcast little_endian',
  'loops over elements are `await x.toArray()`':
    'nditer ndenumerate ndindex nested_iters fromiter frompyfunc vectorize apply_along_axis apply_over_axes ufunc ' +
    'piecewise iterable isscalar',
  'text files are read by `symbolic-sheet/table`': 'fromfile fromregex fromstring genfromtxt loadtxt savetxt',
  'how arrays are printed is said at each call': 'get_printoptions set_printoptions printoptions',
  'floating errors give NaN and infinities': 'errstate geterr geterrcall seterr seterrcall',
  'a matrix is a tensor of two axes': 'asmatrix bmat matrix ndarray generic',
  'an index is written for `np.at`': 'c_ index_exp ix_ mgrid ogrid r_ s_',
  'numbers have at most 64 bits': 'float128 longdouble longlong ulonglong',
  'dtypes are their names: `x.dtype`':
    'dtype dtypes finfo iinfo can_cast common_type floating inexact integer number signedinteger unsignedinteger ' +
    'isdtype issubdtype min_scalar_type mintypecode promote_types result_type sctypeDict ScalarType typecodes typename',
  'what only Python has':
    'True_ False_ core ctypeslib exceptions f2py get_include info lib ma polynomial test typing show_config ' +
    'show_runtime __version__ __array_namespace_info__ byte short intc long ubyte ushort uintc ulong uintp',
  'the state of a generator is its seed and its draws': 'bit_generator spawn bytes',
  'errors are typed: NumericError, ShapeError': 'LinAlgError',
  'products are taken in the order that costs least': 'einsum_path',
  'a number as text is `value.toString()`, `toFixed` or `toExponential`':
    'format_float_positional format_float_scientific',
  'a polynomial is the vector of its coefficients': 'poly1d',
  'what tests of Python need':
    'assert_ assert_approx_equal assert_array_almost_equal_nulp assert_array_compare assert_array_max_ulp ' +
    'assert_no_gc_cycles assert_no_warnings assert_raises assert_raises_regex assert_string_equal assert_warns',
};
const REASONS = new Map(
  Object.entries(NOT_WANTED).flatMap(([reason, listed]) => listed.split(' ').map((name) => [name, reason])),
);

const rows = new Map(ROWS.map((row) => [parseSignature(row[0]).name, row]));
const drawn = new Map(
  Object.entries(DRAWS).flatMap(([owner, signatures]) =>
    signatures.map((text) => [`random.${owner}.${parseSignature(text).name}`, text]),
  ),
);
const isOp = (name: string): boolean => OPS.has(name) || COMPOSITES.has(name);
const isThere = ([, does]: Row): boolean => typeof does !== 'string' || isOp(does);

const counts = { there: 0, differs: 0, unwanted: 0, missing: 0 };

/** What the page says of a name. */
function toldOf(space: string, name: string): string {
  const full = space === 'numpy' ? name : `${space}.${name}`;
  const row = rows.get(full);
  const signature = row === undefined ? drawn.get(full) : row[0].split(' -> ')[0];
  if ((row !== undefined && isThere(row)) || (row === undefined && signature !== undefined)) {
    const deviates = row?.[3]?.deviates;
    counts[deviates === undefined ? 'there' : 'differs']++;
    const bare = signature!.replace(/^[\w.]*\.(?=\w+\()/, '');
    return `\`${bare}\`${deviates === undefined ? '' : `; **differs:** ${deviates}`}`;
  }
  if (space === 'numpy' && (NUMPY_CONSTANTS.has(name) || NAMESPACES.has(name))) {
    counts.there++;
    return 'there';
  }
  const reason = REASONS.get(name);
  counts[reason === undefined ? 'missing' : 'unwanted']++;
  return reason === undefined ? 'not yet' : `not wanted: ${reason}`;
}

const NAMESPACES = new Set(['linalg', 'fft', 'random', 'testing']);

function table(space: string): string {
  const title = space === 'numpy' ? 'numpy' : `numpy.${space}`;
  const told = names[space]!.map((name) => `| \`${name}\` | ${toldOf(space, name)} |`);
  return [`## ${title}`, '', '| name | here |', '|---|---|', ...told, ''].join('\n');
}

/** What the public suite of the array API says, where it was run. */
function suite(): string {
  const path = new URL('array_api/result.json', import.meta.url);
  if (!existsSync(path)) return '';
  const { passed, failed, skipped, reasons, unfinished } = JSON.parse(readFileSync(path, 'utf8')) as {
    passed: number;
    failed: number;
    skipped: number;
    reasons: readonly (readonly [reason: string, count: number])[];
    unfinished: readonly string[];
  };
  const share = ((100 * passed) / (passed + failed)).toFixed(0);
  return [
    '## The suite of the array API',
    '',
    ...(unfinished.length === 0 ? [] : [`Not run to their end: ${unfinished.join(', ')}.`, '']),
    `Of the public suite of the array API (\`scripts/array_api/run.py\`, which has Python send each call to a sheet) ` +
      `${passed} of ${passed + failed} tests pass (${share} %); ${skipped} are skipped by the suite. Those that fail:`,
    '',
    '| why | tests |',
    '|---|---|',
    ...reasons.map(([reason, count]) => `| ${reason.replaceAll('|', '\\|')} | ${count} |`),
    '',
  ].join('\n');
}

const tables = Object.keys(names).map(table);
const page = `<!-- Generated by scripts/generate-numpy-page.ts. Do not edit. -->
# NumPy's names

What \`numpy(sheet)\` of \`symbolic-sheet/numpy\` has of NumPy 2: [how to use it](guides/numpy.md). Of its names
${counts.there} are there, ${counts.differs} with a difference, ${counts.unwanted} are not wanted, and
${counts.missing} are not here yet. Arguments that are not in a signature are not taken; those after a
\`*\`, and any others, may go by name in a last object.

${suite()}
${tables.join('\n')}`;
writeFileSync(process.argv[2] ?? new URL('../docs/numpy.md', import.meta.url), page);
