// The ops that pages load by a line of their own: until then calls say so, afterwards they are ops like all others.
import { expect, it } from 'vitest';
import { calledOp, COMPOSITES, forEachMethod, OPS, opNamed } from '../../src/core/ops/index.ts';
import { LIBRARY_NAMES } from '../../src/core/ops/library-names.gen.ts';
import { SheetError } from '../../src/core/errors.ts';

it('an op that is not loaded says which line loads it, and is an op once it is', async () => {
  const core = new Set(OPS.keys());
  const methods: string[] = [];
  forEachMethod((method) => methods.push(method));
  for (const name of LIBRARY_NAMES) {
    expect(() => opNamed(name)).toThrow(SheetError);
    expect(() => opNamed(name)).toThrow("write `import 'symbolic-sheet/ops'` once");
  }
  expect(methods).not.toContain('cumulativeSum');
  await import('../../src/core/ops/library.ts');
  const loaded = [...OPS.keys(), ...COMPOSITES.keys()].filter((name) => !core.has(name));
  expect(loaded.sort()).toEqual([...LIBRARY_NAMES].sort());
  expect(opNamed('sort').name).toBe('sort');
  expect(calledOp('median').name).toBe('median');
  expect(() => opNamed('median')).toThrow('it is told in terms of other ops: name those');
  expect(methods).toContain('cumulativeSum');
});
