// Models that people use, beside onnxruntime: those in the folder that ONNX_MODELS names or out/models, where
// scripts/get-onnx-models.py puts what Python packages carry.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { judgeModel, modelNames } from './models.ts';

const FOLDER = process.env['ONNX_MODELS'] ?? fileURLToPath(new URL('../../out/models', import.meta.url));
const names = modelNames(FOLDER);

describe('models that packages carry', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  if (names.length === 0)
    it('give what onnxruntime gives', (context) =>
      context.skip('there are no models in out/models: python3 scripts/get-onnx-models.py out/models'));
  else
    it.for(names)('%s gives what onnxruntime gives', async (name, context) => {
      const { outcome, reason, worst } = await judgeModel(sheet, FOLDER, name);
      if (outcome === 'not run') return context.skip(reason);
      expect({ outcome, reason, worst }).toMatchObject({ outcome: 'passed' });
    });
});
