// Modules of kernels are encoded and compiled once a process: a second sheet takes over what the first one made.
import { afterEach, describe, expect, it } from 'vitest';
import { encodedOnce, instantiate, moduleOf } from '../../kernels/wasm/code/abi.ts';
import { i32, ModuleBuilder } from '../../kernels/wasm/code/assembler.ts';
import { SymbolicSheet } from '../../src/index.ts';

const { Module } = WebAssembly;
afterEach(() => {
  WebAssembly.Module = Module;
});

/** Counts modules that are compiled from now on. */
function counting(): { compiled: number } {
  const count = { compiled: 0 };
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      count.compiled++;
    }
  };
  return count;
}

/** Products, a system, maps and random numbers: what is worth a module of some size. */
async function work(): Promise<number> {
  await using sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'], threads: 1 });
  const x = sheet.randomNormal([80, 80], { seed: 1 }).add(sheet.eye(80).multiply(40));
  return Number(await x.solve(x.matmul(x)).exp().sum().item());
}

describe('the modules of kernels', () => {
  it('are compiled by the first sheet, with few left for the second, which gives the same', async () => {
    const first = counting();
    const result = await work();
    const second = counting();
    expect(await work()).toBe(result);
    expect(first.compiled).toBeGreaterThan(4);
    expect(second.compiled).toBeLessThan(first.compiled / 2);
  });

  it('are encoded once for an owner and a key, and compiled once for any memories', () => {
    const owner = {};
    let encoded = 0;
    const encode = (): Uint8Array<ArrayBuffer> => {
      encoded++;
      const module = new ModuleBuilder({ memory: 'private' });
      module.function({ export: 'answer', params: [], result: 'i32' }).body(i32.add(40, 2));
      return module.encode();
    };
    const count = counting();
    const bytes = encodedOnce(owner, 'a', encode);
    expect(encodedOnce(owner, 'a', encode)).toBe(bytes);
    expect(encoded).toBe(1);
    expect(encodedOnce(owner, 'b', encode)).not.toBe(bytes);
    expect(encodedOnce({}, 'a', encode)).not.toBe(bytes);
    for (let i = 0; i < 2; i++) {
      const { answer } = instantiate(bytes, new WebAssembly.Memory({ initial: 1 }));
      expect((answer as unknown as () => number)()).toBe(42);
    }
    expect(count.compiled).toBe(1);
    expect(moduleOf(bytes)).toBe(moduleOf(bytes));
  });
});
