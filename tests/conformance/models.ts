// Real models beside onnxruntime: a folder of .onnx files, the same drawn inputs to both, outputs compared.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import type { SymbolicSheet, Tensor, TypedArray } from '../../src/index.ts';
import { loadOnnx, onnxProgram } from '../../src/onnx.ts';
import { drawFrom } from '../../src/testing/random.ts';

/**
 * How far an output may be off, as a share of the largest element that onnxruntime gives and a twentieth: both round
 * float32 layer by layer, in other orders.
 */
export const MODEL_RELATIVE = 2e-5;

/** Lengths for inputs whose axes a model leaves open, by a part of the file's name; others have one element. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  magika: { bytes: [1, 2048] },
  'PP-OCRv4_det': { x: [1, 3, 64, 96] },
  'PP-OCRv4_rec': { x: [1, 3, 48, 64] },
  ppocr_mobile: { x: [1, 3, 48, 64] },
  pnet: { input_1: [1, 40, 32, 3] },
  melspectrogram: { input: [1, 4000] },
  silero_vad_legacy: { input: [1, 1536], h: [2, 1, 64], c: [2, 1, 64], sr: [] },
  silero_vad_16k_sequence: { input: [3, 576], h: [1, 1, 128], c: [1, 1, 128] },
  silero_vad: { input: [1, 576], state: [2, 1, 128], sr: [] },
};

type Port = ReturnType<typeof onnxProgram>['inputs'][number];
type Session = Awaited<ReturnType<typeof ort.InferenceSession.create>>;
type Outcome = 'passed' | 'failed' | 'not run';

/** What came of a model: how far its worst output is off, as a share of what MODEL_RELATIVE says. */
export interface ModelVerdict {
  readonly name: string;
  readonly outcome: Outcome;
  readonly worst?: number;
  readonly reason?: string;
}

export const modelNames = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.onnx'))
        .sort()
    : [];

function shapeOf(file: string, { name, shape }: Port): readonly number[] {
  const known = Object.entries(SHAPES).find(([part]) => file.includes(part))?.[1][name];
  return known ?? (shape ?? []).map((length) => (typeof length === 'number' && length > 0 ? length : 1));
}

/** Elements for an input: sound, pixels and codes are drawn, a whole number of 64 bits is a rate of samples. */
function elementsOf(elementType: string, count: number, draw: () => number): TypedArray | undefined {
  switch (elementType) {
    case 'float32':
      return Float32Array.from({ length: count }, () => draw() * 2 - 1);
    case 'int32':
      return Int32Array.from({ length: count }, () => Math.floor(draw() * 256));
    case 'int64':
      return BigInt64Array.from({ length: count }, () => 16_000n);
    default:
      return undefined;
  }
}

/** How far one output is off; a text where it is of another shape. */
async function distanceOf(got: Tensor | undefined, want: ort.Tensor): Promise<number | string> {
  if (got === undefined) return 'it is missing';
  if (got.shape.join() !== want.dims.join()) return `it has shape [${got.shape.join()}], not [${want.dims.join()}]`;
  const wanted = Array.from(want.data as TypedArray, Number);
  const given = Array.from((await got.data()) as TypedArray, Number);
  let [worst, largest] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    const distance = Math.abs(given[i]! - wanted[i]!);
    if (!(distance <= worst) && !Object.is(given[i]!, wanted[i]!)) worst = distance;
    if (Math.abs(wanted[i]!) > largest) largest = Math.abs(wanted[i]!);
  }
  return worst / (largest + 0.05);
}

async function compare(
  sheet: SymbolicSheet,
  file: string,
  bytes: Uint8Array,
  session: Session,
): Promise<Omit<ModelVerdict, 'name'>> {
  const program = onnxProgram(sheet, loadOnnx(bytes));
  const draw = drawFrom(file.length);
  const feeds: Record<string, ort.Tensor> = {};
  const given: Record<string, Tensor> = {};
  for (const port of program.inputs) {
    const shape = shapeOf(file, port);
    const elements = elementsOf(
      port.elementType,
      shape.reduce((a, b) => a * b, 1),
      draw,
    );
    if (elements === undefined) return { outcome: 'not run', reason: `an input of ${port.elementType}` };
    feeds[port.name] = new ort.Tensor(port.elementType as 'float32', elements as Float32Array, shape);
    given[port.name] = sheet.tensor(elements, shape);
  }
  const wanted = await session.run(feeds);
  const got = await program.run(given);
  let worst = 0;
  for (const [name, want] of Object.entries(wanted)) {
    const distance = await distanceOf(got[name], want as ort.Tensor);
    if (typeof distance === 'string') return { outcome: 'failed', reason: `output ${name}: ${distance}` };
    worst = Number.isNaN(distance) ? NaN : Math.max(worst, distance);
  }
  return { outcome: worst <= MODEL_RELATIVE ? 'passed' : 'failed', worst };
}

/** Runs a model on a sheet and by onnxruntime; what onnxruntime itself refuses is not run. */
export async function judgeModel(sheet: SymbolicSheet, folder: string, name: string): Promise<ModelVerdict> {
  const bytes = new Uint8Array(readFileSync(`${folder}/${name}`));
  let session: Session;
  try {
    session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  } catch (error) {
    return { name, outcome: 'not run', reason: `onnxruntime: ${(error as Error).message.slice(0, 120)}` };
  }
  try {
    return { name, ...(await compare(sheet, name, bytes, session)) };
  } catch (error) {
    return { name, outcome: 'failed', reason: (error as Error).message.slice(0, 300) };
  } finally {
    await session.release();
  }
}
