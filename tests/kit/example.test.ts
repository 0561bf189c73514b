// A package of somebody else's, by the public entries alone: an op, a dtype, a device and a store, each in forty lines
// at most.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SymbolicSheet } from 'symbolic-sheet';
import { deviceConformance, storeConformance } from 'symbolic-sheet/testing';
import { conforms } from '../device/conforms.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { AddingDevice } from './example/device.ts';
import { brain16 } from './example/dtype.ts';
import { scaledError } from './example/op.ts';
import { TextStore } from './example/store.ts';

const FOLDER = join(import.meta.dirname, 'example');

describe('the package', () => {
  it.each(readdirSync(FOLDER))('has at most forty lines in %s, and imports the public entries alone', (file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    const imported = [...text.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
    expect(imported.filter((name) => name !== 'symbolic-sheet' && name !== 'symbolic-sheet/kit')).toEqual([]);
  });

  it(
    'works together: its op, on elements of its dtype, partly on its device, found again in its store by another ' +
      'sheet',
    async () => {
      const texts = new Map<string, string>();
      const run = async (): Promise<{ elements: unknown; origin: string }> => {
        await using sheet = await SymbolicSheet.open({
          class: 'exact',
          devices: ['js', new AddingDevice()],
          stores: [new TextStore(texts)],
        });
        const x = sheet.tensor(
          Float32Array.from({ length: 300 * 300 }, (_, i) => (i % 7) - 3),
          [300, 300],
        );
        const rounded = x.astype(brain16).astype('float32');
        const error = sheet.execute(scaledError, sheet.with({ device: 'adder' }).add(x, rounded), x, 0.5);
        const product = error.matmul(error);
        const elements = await product.data();
        return { elements, origin: product.source };
      };
      const first = await run();
      const again = await run();
      expect([first.origin, texts.size > 0]).toEqual(['computed', true]);
      expect(again.elements).toEqual(first.elements);
      expect(again.origin).not.toBe('computed');
    },
  );
});

describe('its device', () =>
  conforms(deviceConformance(() => new AddingDevice(), { computes: ({ name }) => name === 'add', tasksPerDType: 8 })));

describe('its store', async () => {
  const digest = await openNodeDigest();
  conforms(storeConformance(() => new TextStore(), { digest }));
});
