// Every variant of the matrix product on a GPU device, n = 256 … 8192 in float32 and half precision: checked, then
// timed beside the FMA peak.
import { contractVariants } from '../kernels/wgsl/contract/contract.ts';
import type { ContractLimits } from '../kernels/wgsl/contract/matrix.ts';
import type { ContractPrecision, ContractProblem } from '../kernels/wgsl/contract/problem.ts';
import type { Plan, Shader } from '../kernels/wgsl/launch.ts';
import { DeviceContext } from '../src/core/device/webgpu/device-context.ts';
import { DeviceTrials, POOL_ROOM } from '../src/core/device/webgpu/planning/trials.ts';
import type { Trial, TrialBuffers } from '../src/core/device/webgpu/planning/trial.ts';
import { quantile } from './measure/harness.ts';
import { numbersOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { accountOf, type BenchOptions, type Outcome, type Row } from './report/report.ts';
import { floats } from './measure/seed.ts';

const SIZES = [256, 512, 1024, 2048, 4096, 8192];
const QUICK_SIZES = [256, 512];
const PRECISIONS: readonly ContractPrecision[] = ['f32', 'f16'];

/**
 * The sweep on a device with these limits. `--sizes 256,1024` picks sizes, `--variants tiled,matrix` what their names
 * start with.
 */
export async function gpuMatmul(
  device: GPUDevice,
  limits: ContractLimits,
  { quick, pace, values, isOver }: BenchOptions,
  tell: (line: string) => void,
): Promise<Outcome> {
  const context = new DeviceContext(device, (_end, reason) => tell(reason));
  const buffers = new DeviceTrials(() => context, POOL_ROOM);
  const check = new Check();
  const rows: Row[] = [];
  const peakGflops = await measurePeak(buffers, pace.rounds);
  tell(`peak of float32 multiply-adds: ${(peakGflops / 1000).toFixed(2)} TFLOP/s`);
  const sizes = numbersOf(values, 'sizes') ?? (quick ? QUICK_SIZES : SIZES);
  const starts = values['variants']?.split(',') ?? [''];
  for (const n of sizes.filter((size) => size * size * 4 <= limits.maxStorageBufferBindingSize)) {
    if (isOver()) break;
    const square = await openSquare(buffers, n);
    for (const { precision, name, plan } of variantsOf(square.problem, limits)) {
      if (!starts.some((start) => name.startsWith(start))) continue;
      const fault = await verify(square, plan, precision, check, name);
      const msPerCall = fault === undefined ? await time(square.trial, plan, pace) : Number.NaN;
      rows.push(rowOf({ n, precision, variant: name }, msPerCall, peakGflops, fault));
    }
    square.trial.close();
    tell(`matmul ${n}³ done`);
  }
  return {
    checked: check.summary,
    rows: markBest(rows),
    columns: ['n', 'precision', 'variant', 'ms', 'gflops', 'shareOfPeak', 'best'],
  };
}

function rowOf(
  names: { n: number; precision: string; variant: string },
  ms: number,
  peakGflops: number,
  fault: string | undefined,
): Row {
  const gflops = (2 * names.n ** 3) / ms / 1e6;
  return {
    ...names,
    ms,
    gflops,
    shareOfPeak: gflops / peakGflops,
    peakGflops,
    ...accountOf({}, fault === undefined ? [] : [fault]),
  };
}

/** The fastest variant of each size and precision, and the one that is guessed without measuring. */
function markBest(rows: readonly Row[]): Row[] {
  return rows.map((row) => {
    const peers = rows.filter(({ n, precision }) => n === row['n'] && precision === row['precision']);
    const fastest = peers.every(({ ms }) => Number.isNaN(ms) || (ms as number) >= (row['ms'] as number));
    return { ...row, best: [...(fastest ? ['fastest'] : []), ...(peers[0] === row ? ['guess'] : [])].join(', ') };
  });
}

/** Variants of both precisions; those of float32 once, under float32. */
function variantsOf(
  problem: ContractProblem,
  limits: ContractLimits,
): { precision: ContractPrecision; name: string; plan: Plan }[] {
  const seen = new Set<string>();
  return PRECISIONS.flatMap((precision) =>
    contractVariants(problem, limits, precision).flatMap(({ name, plan }) => {
      if (seen.has(name)) return [];
      seen.add(name);
      return [{ precision, name, plan }];
    }),
  );
}

interface Square {
  readonly problem: ContractProblem;
  readonly trial: Trial;
  readonly expected: Expected;
}

async function openSquare(buffers: TrialBuffers, n: number): Promise<Square> {
  const problem: ContractProblem = {
    m: n,
    n,
    k: n,
    transposeA: false,
    transposeB: false,
    lda: n,
    ldb: n,
    offsetsA: [0],
    offsetsB: [0],
  };
  const [a, b] = [floats(n * n, 1), floats(n * n, 2)];
  const trial = await buffers.open([n * n, n * n], n * n, [a, b]);
  return { problem, trial, expected: new Expected(a, b, n) };
}

/** The sentence that says what is wrong, or nothing. */
async function verify(
  { problem: { n }, trial, expected }: Square,
  plan: Plan,
  precision: ContractPrecision,
  check: Check,
  name: string,
): Promise<string | undefined> {
  try {
    trial.clear();
    await trial.run(plan, 1);
    check.hold(`${name} at ${n}`, expected.error(await trial.read(0, n * n), precision));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Median milliseconds a call, over rounds that take long enough to be read. */
async function time(trial: Trial, plan: Plan, { rounds, roundMs }: BenchOptions['pace']): Promise<number> {
  const onceNs = Math.max(1000, await nsOf(trial, plan, 1));
  const calls = Math.max(1, Math.min(2000, Math.round((roundMs * 1e6) / onceNs)));
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) samples.push((await nsOf(trial, plan, calls)) / calls / 1e6);
  return quantile(samples, 0.5);
}

/** By the device's own clock, or by the host's where it has none. */
async function nsOf(trial: Trial, plan: Plan, times: number): Promise<number> {
  const startMs = performance.now();
  const measuredNs = await trial.run(plan, times);
  return measuredNs ?? (performance.now() - startMs) * 1e6;
}

/** What C·x must be for vectors x of ±1: A·(B·x) in float64 (Freivalds, 1977), and the size it is measured against. */
class Expected {
  readonly #n: number;
  readonly #trials: readonly { readonly x: Float64Array; readonly wanted: Float64Array; readonly size: Float64Array }[];

  constructor(a: Float32Array, b: Float32Array, n: number) {
    this.#n = n;
    const ones = new Float64Array(n).fill(1);
    const size = times(a, times(b, ones, n, Math.abs), n, Math.abs);
    this.#trials = [0, 1].map((trial) => {
      const x = ones.map((_, j) => ((Math.imul(j + 1, 0x9e3779b1 + trial * 2) >>> 15) & 1 ? 1 : -1));
      return { x, wanted: times(a, times(b, x, n), n), size };
    });
  }

  /** Error over the worst case of any order of float32 sums, plus two roundings of the operands in half precision. */
  error(c: Float32Array, precision: ContractPrecision): number {
    const epsilon = (this.#n + 1) * 2 ** -24 + (precision === 'f16' ? 2 ** -10 : 0);
    let worst = 0;
    for (const { x, wanted, size } of this.#trials) {
      const found = times(c, x, this.#n);
      for (let i = 0; i < this.#n; i++) {
        const error = Math.abs(found[i]! - wanted[i]!) / (epsilon * size[i]!);
        if (Number.isNaN(error)) return Infinity;
        worst = Math.max(worst, error);
      }
    }
    return worst;
  }
}

function times(matrix: Float32Array, x: Float64Array, n: number, of: (value: number) => number = Number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += of(matrix[i * n + j]!) * x[j]!;
    return sum;
  });
}

const PEAK_THREADS = 2 ** 20;
/** How long a run for the peak should take. */
const PEAK_NS = 5e6;

// Eight chains that do not wait for each other; the numbers stay near 1 and depend on a parameter, so that nothing is
// known in advance.
const PEAK: Shader = {
  name: 'peak',
  bindings: ['write'],
  params: ['factor: f32', 'steps: u32'],
  code: `@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let factor = vec4<f32>(params.factor);
  let term = vec4<f32>(1.0 - params.factor) * (1.0 + f32(id.x & 255u));
${Array.from({ length: 8 }, (_, i) => `  var s${i} = vec4<f32>(${i}.5) + term;`).join('\n')}
  for (var i = 0u; i < params.steps; i += 8u) {
${Array.from({ length: 64 }, (_, i) => `    s${i % 8} = fma(s${i % 8}, factor, term);`).join('\n')}
  }
  let sum = ${Array.from({ length: 8 }, (_, i) => `s${i}`).join(' + ')};
  if (sum.x + sum.y + sum.z + sum.w == 0.25) { sums[0] = sum.x; }
}`,
};

/** GFLOP/s of multiply-adds in registers; a step of a thread is eight of vectors. */
async function measurePeak(buffers: TrialBuffers, rounds: number): Promise<number> {
  const trial = await buffers.open([], 4, []);
  const run = (steps: number): Promise<number> => {
    const params = new Uint32Array([0, steps]);
    new Float32Array(params.buffer)[0] = 0.999;
    return nsOf(
      trial,
      { launches: [{ shader: PEAK, buffers: [0], params, workgroups: [PEAK_THREADS / 256, 1, 1] }], scratch: [] },
      1,
    );
  };
  await run(8);
  const steps = 8 * Math.max(1, Math.min(1024, Math.round((16 * PEAK_NS) / (await run(128)))));
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) samples.push(await run(steps));
  trial.close();
  return (PEAK_THREADS * steps * 8 * 4 * 2) / Math.min(...samples);
}
