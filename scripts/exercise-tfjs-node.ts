// Builds the native binding of tfjs-node in a scratch folder and holds every row it computes through our device against
// the reference: npx tsx scripts/exercise-tfjs-node.ts [folder]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { openTensorflow, type TensorflowDevice } from '../src/core/device/tensorflow/device.ts';
import { JsDevice } from '../src/core/device/js/device.ts';
import { findTensorflow } from '../src/host/node/tensorflow.ts';
import { OPS } from '../src/core/ops/index.ts';
import { TENSORFLOW } from '../src/core/ops/mapping/tensorflow.ts';
import type { Task } from '../src/core/device/device.ts';
import { blankFor, errorIn, referenceOf, taskOf, tasksOf } from '../tests/tensorflow/tasks.ts';

const TFJS = '4.22.0';
/** A wheel that has the eager C API in libtensorflow_cc, and headers; tfjs-node itself was made for 2.9.1. */
const TENSORFLOW_WHEEL = 'tensorflow-cpu==2.15.1';
const TASKS = 40;

const folder = process.argv[2] ?? join(tmpdir(), 'exercise-tfjs-node');
const binding = join(folder, 'node_modules/@tensorflow/tfjs-node');
const libraries = join(folder, 'tensorflow');

const run = (command: string, args: readonly string[], cwd = folder): void => {
  console.log(`$ ${command} ${args.join(' ')}`.slice(0, 160));
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
};

/** The package without its install script, which would fetch libtensorflow from elsewhere. */
function install(): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', `@tensorflow/tfjs-node@${TFJS}`]);
}

/** libtensorflow and its C headers out of the Python wheel. */
function unpackTensorflow(): void {
  run('python3', [
    '-m',
    'pip',
    'download',
    '-q',
    '--no-deps',
    '--only-binary=:all:',
    '--python-version',
    '3.11',
    '--platform',
    'manylinux2014_x86_64',
    '-d',
    'wheel',
    TENSORFLOW_WHEEL,
  ]);
  const wheel = readdirSync(join(folder, 'wheel')).find((name) => name.endsWith('.whl'))!;
  const members =
    "n.startswith(('tensorflow/libtensorflow', 'tensorflow/include/tensorflow/', 'tensorflow/include/xla/c/', " +
    "'tensorflow/include/tsl/'))";
  run('python3', [
    '-c',
    `import zipfile; z = zipfile.ZipFile('wheel/${wheel}'); z.extractall('.', [n for n in z.namelist() if ${members}])`,
  ]);
}

/** The two sources of the binding, as its binding.gyp says. */
function compile(): void {
  mkdirSync(join(binding, 'lib/napi-v8'), { recursive: true });
  const headers = join(dirname(process.execPath), '../include/node');
  const shared = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((name) => join(libraries, name));
  run(
    'g++',
    [
      '-O2',
      '-shared',
      '-fPIC',
      '-std=c++17',
      '-DNAPI_VERSION=8',
      '-I.',
      `-I${headers}`,
      `-I${join(libraries, 'include')}`,
      'binding/tfjs_backend.cc',
      'binding/tfjs_binding.cc',
      '-o',
      'lib/napi-v8/tfjs_binding.node',
      ...shared,
      `-Wl,-rpath,${libraries}`,
    ],
    binding,
  );
}

/** The worst error of a row's tasks, and how many of them the device would be given by itself. */
function exerciseRow(
  device: TensorflowDevice,
  name: string,
): { readonly worst: number; readonly offered: number; readonly tasks: number } {
  const row = OPS.get(name);
  const mapping = TENSORFLOW.get(name);
  if (row === undefined || mapping === undefined) return { worst: 0, offered: 0, tasks: 0 };
  const tasks = mapping.dtypes
    .flatMap((dtype) => tasksOf(row, dtype, TASKS))
    .filter((task) => (mapping.takes?.(task.operands.map(({ type }) => type)) ?? true) && !hasSubnormals(task));
  let worst = 0;
  for (const task of tasks) {
    const out = blankFor(task);
    void device.run(task, out, 'now');
    worst = Math.max(worst, errorIn(task, out.array, referenceOf(task)));
  }
  return { worst, offered: tasks.filter((task) => device.supports(task, 'now') === true).length, tasks: tasks.length };
}

/** libtensorflow takes subnormal operands for zero, which an equality or a division makes a whole different value. */
const hasSubnormals = ({ operands }: Task): boolean =>
  operands.some(
    ({ array, type }) =>
      type.dtype === 'float32' && (array as Float32Array).some((x) => x !== 0 && Math.abs(x) < 2 ** -126),
  );

function exerciseRows(device: TensorflowDevice): number {
  let failures = 0;
  for (const [name, { error }] of TENSORFLOW) {
    const { worst, offered, tasks } = exerciseRow(device, name);
    const fine = worst <= error;
    if (!fine) failures++;
    console.log(
      `${fine ? 'ok  ' : 'FAIL'} ${name.padEnd(14)} ${String(tasks).padStart(4)} tasks, worst error ` +
        `${worst.toFixed(2).padStart(6)} ε of ${error}, offered ${offered}`,
    );
  }
  return failures;
}

/** Median milliseconds of products through the device, results in our memory. */
function timeProducts(device: TensorflowDevice): void {
  for (const n of [64, 256, 1024]) {
    const operand = {
      dtype: 'float32' as const,
      shape: [n, n],
      array: new Float32Array(n * n).map((_, i) => Math.sin(i)),
    };
    const task = taskOf(OPS.get('matmul')!, [operand, operand]) as Task;
    const out = blankFor(task);
    const times = Array.from({ length: 11 }, () => {
      const start = performance.now();
      void device.run(task, out, 'now');
      return performance.now() - start;
    }).sort((a, b) => a - b);
    console.log(`matmul ${n}: ${times[5]!.toFixed(3)} ms, ` + `${((2 * n ** 3) / times[5]! / 1e6).toFixed(0)} GFLOP/s`);
  }
}

async function main(): Promise<void> {
  if (!existsSync(binding)) install();
  if (!existsSync(libraries)) unpackTensorflow();
  if (!existsSync(join(binding, 'lib/napi-v8/tfjs_binding.node'))) compile();
  process.chdir(folder);
  const search = await findTensorflow();
  if (!search.found) throw new Error(search.reason);
  const device = await openTensorflow(search.tf, new JsDevice());
  console.log(`${search.name}: ${device.detail}; Node ${process.versions.node}`);
  const failures = exerciseRows(device);
  console.log(device.detail);
  timeProducts(device);
  process.exitCode = failures === 0 ? 0 : 1;
}

await main();
