// Models of other libraries behind a memo whose results outlive the process: TensorFlow.js itself, and a stand-in for
// transformers.js, which is not installed here: its pipeline and its Tensor, as its documentation has them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/gather.js';
import { SymbolicSheet } from 'symbolic-sheet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const base = mkdtempSync(join(tmpdir(), 'symbolic-sheet-models-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const freshStore = (): string => join(base, String(++folders));

/** Keeps a processor busy, as a model would. */
function work(ms = 5): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a TensorFlow.js model', () => {
  beforeAll(() => tf.setBackend('cpu'));

  /** Two dense layers with fixed weights. */
  function open(): {
    readonly predict: (x: tf.Tensor2D) => tf.Tensor2D;
    readonly rows: number[];
    readonly made: tf.Tensor2D[];
    close(): void;
  } {
    const weights = [tf.randomNormal([16, 8], 0, 1, 'float32', 3), tf.randomNormal([8, 4], 0, 1, 'float32', 4)];
    const rows: number[] = [];
    const made: tf.Tensor2D[] = [];
    return {
      rows,
      made,
      predict: (x) => {
        rows.push(x.shape[0]);
        work();
        const features = tf.tidy(() => tf.matMul(tf.relu(tf.matMul(x, weights[0]!)), weights[1]!) as tf.Tensor2D);
        made.push(features);
        return features;
      },
      close: () => weights.forEach((each) => each.dispose()),
    };
  }

  it('runs once for the rows it has seen, in this run and the next, and its tensors stay its own', async () => {
    const store = freshStore();
    const model = open();
    const values = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i));
    const [images, more] = [tf.tensor2d(values.slice(0, 80), [5, 16]), tf.tensor2d(values, [6, 16])];
    const direct = model.predict(more);
    const expected = [...(await direct.data())];
    direct.dispose();
    model.made.length = 0;
    model.rows.length = 0;
    const ask = async (x: tf.Tensor2D): Promise<readonly number[]> => {
      await using sheet = await SymbolicSheet.open({ store });
      const features = sheet.memo('features', (batch: tf.Tensor2D) => model.predict(batch), {
        deps: ['dense-2', 'weights-1'],
        rows: 8,
      });
      const found = await features(x);
      const head = await found.as(tf);
      const data = [...(await head.data())];
      head.dispose();
      return data;
    };
    const before = tf.memory().numTensors;
    expect(await ask(images)).toEqual(expected.slice(0, 20));
    expect(model.rows).toEqual([5]);
    expect(await ask(images)).toEqual(expected.slice(0, 20));
    expect(model.rows, 'the next run finds them').toEqual([5]);
    expect(await ask(more)).toEqual(expected);
    expect(model.rows, 'and computes the row that is new').toEqual([5, 1]);
    expect(tf.memory().numTensors, 'those that the function made').toBe(before + model.made.length);
    tf.dispose(model.made);
    expect(images.isDisposed).toBe(false);
    tf.dispose([images, more]);
    model.close();
  });
});

/** The Tensor of transformers.js: a proxy whose only own key is the tensor of onnxruntime that it stands for. */
class HuggingFaceTensor {
  readonly ort_tensor: { readonly type: string; readonly data: Float32Array; readonly dims: readonly number[] };

  constructor(type: string, data: Float32Array, dims: readonly number[]) {
    this.ort_tensor = { type, data, dims };
    // oxlint-disable-next-line no-constructor-return -- theirs does
    return new Proxy(this, {
      get: (target, key) =>
        typeof key === 'string' && /^\d+$/.test(key)
          ? target.row(Number(key))
          : (Reflect.get(target, key, target) as unknown),
    });
  }

  get dims(): readonly number[] {
    return this.ort_tensor.dims;
  }
  get type(): string {
    return this.ort_tensor.type;
  }
  get data(): Float32Array {
    return this.ort_tensor.data;
  }
  get location(): string {
    return 'cpu';
  }

  row(at: number): HuggingFaceTensor {
    const [, width = 1] = this.dims;
    return new HuggingFaceTensor(this.type, this.data.subarray(at * width, (at + 1) * width), [width]);
  }
}

/** What `await pipeline('feature-extraction', model)` gives. */
function pipeline(): {
  (texts: string | readonly string[], options: { pooling: 'mean'; normalize: boolean }): Promise<HuggingFaceTensor>;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const extract = async (
    texts: string | readonly string[],
    { normalize }: { readonly pooling: 'mean'; readonly normalize: boolean },
  ): Promise<HuggingFaceTensor> => {
    const list = typeof texts === 'string' ? [texts] : texts;
    asked.push(...list);
    work(5 * list.length);
    const data = new Float32Array(4 * list.length);
    list.forEach((text, row) => {
      const values = [text.length, text.split(' ').length, text.charCodeAt(0), 1];
      const norm = normalize ? Math.hypot(...values) : 1;
      data.set(
        values.map((value) => value / norm),
        4 * row,
      );
    });
    return new HuggingFaceTensor('float32', data, [list.length, 4]);
  };
  return Object.assign(extract, { asked });
}

describe('embeddings of transformers.js', () => {
  const MODEL = 'Xenova/all-MiniLM-L6-v2';

  it('are computed for texts that no run has seen, and those alone', async () => {
    const store = freshStore();
    const extract = pipeline();
    const ask = async (texts: readonly string[]): Promise<{ values: number[][]; nearest: number[] }> => {
      await using sheet = await SymbolicSheet.open({ store });
      const embed = sheet.memo(
        'embed',
        (batch: readonly string[]) => extract(batch, { pooling: 'mean', normalize: true }),
        { deps: [MODEL, 'q8', 'mean', 'normalised'], rows: 32 },
      );
      const E = await embed(texts);
      expect(E.shape).toEqual([texts.length, 4]);
      const nearest = await E.matmul(E, { transposeB: true }).argmax({ axis: 1 }).data();
      return { values: (await E.toArray(2)) as number[][], nearest: [...(nearest as Int32Array)] };
    };
    const first = await ask(['a cat', 'a dog', 'the moon']);
    expect(extract.asked).toEqual(['a cat', 'a dog', 'the moon']);
    expect(first.nearest).toHaveLength(3);
    expect(await ask(['a cat', 'a dog', 'the moon'])).toEqual(first);
    expect(extract.asked).toHaveLength(3);
    const second = await ask(['the moon', 'a new text', 'a cat']);
    expect(extract.asked).toEqual(['a cat', 'a dog', 'the moon', 'a new text']);
    expect([second.values[0], second.values[2]]).toEqual([first.values[2], first.values[0]]);
  });
});
