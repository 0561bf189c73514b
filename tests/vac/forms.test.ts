// The register form beside the reference interpreter: the same values, ticks, traps and bytes of state, wherever they
// stop; programs that a C compiler made compute what they should.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble, importWasm, linkProgram, type LinkedProgram, VacMachine } from '../../src/vac.ts';
import { extent } from '../run/extent.ts';
import { randomProgram } from './random-program.ts';

const LIMITS = { stackSlots: 512, depth: 32 };
const PACKAGES = join(import.meta.dirname, '../../node_modules');

/** Program of a hash function of the package hash-wasm, as clang compiled it. */
function compiledHash(name: string): LinkedProgram {
  const text = readFileSync(join(PACKAGES, `hash-wasm/dist/${name}.umd.min.js`), 'utf8');
  return linkProgram(importWasm(Buffer.from(/"(AGFzbQ[^"]+)"/.exec(text)![1]!, 'base64')));
}

/** Begins a hash of bytes in a machine: all that is left to do is the call that is running. */
function hashing(machine: VacMachine, message: Uint8Array, bits: number): VacMachine {
  const [at] = machine.call('Hash_GetBuffer');
  machine.call('Hash_Init', ...(bits === 0 ? [] : [bits]));
  machine.state.bytes.set(message, machine.state.memoryBase + Number(at));
  machine.call('Hash_Update', message.length);
  return machine.start('Hash_Final');
}

const digestIn = (machine: VacMachine, sizeBytes: number): string => {
  const at = machine.state.memoryBase + Number(machine.call('Hash_GetBuffer')[0]);
  return Buffer.from(machine.state.bytes.slice(at, at + sizeBytes)).toString('hex');
};

describe('both forms', () => {
  it('give the same states of any program, wherever they stop', () => {
    const holds = fc.property(randomProgram, fc.nat(997), (text, seed) => {
      const linked = linkProgram(assemble(text));
      const reference = new VacMachine(linked, { limits: LIMITS, form: 'reference' }).start('f');
      const register = new VacMachine(linked, { limits: LIMITS }).start('f');
      const whole = new VacMachine(linked, { limits: LIMITS }).start('f');
      for (let quantum = 1 + seed; reference.status === 'running'; quantum = (quantum * 31 + 7) % 997) {
        reference.run(quantum);
        register.run(quantum);
        expect([register.ticks, register.status]).toEqual([reference.ticks, reference.status]);
        expect(Buffer.compare(register.snapshot(), reference.snapshot())).toBe(0);
      }
      whole.run();
      expect([whole.ticks, whole.status, whole.trap]).toEqual([reference.ticks, reference.status, reference.trap]);
      expect(Buffer.compare(whole.snapshot(), reference.snapshot())).toBe(0);
    });
    fc.assert(holds, { numRuns: extent(40, 5_000), seed: 7 });
  });

  it('run what a C compiler made: hashes are those of OpenSSL', () => {
    const message = Uint8Array.from({ length: 1_000 }, (_, at) => (at * 7) & 255);
    for (const [name, of, bits] of [
      ['sha256', 'sha256', 256],
      ['sha512', 'sha512', 512],
      ['md5', 'md5', 0],
      ['sha1', 'sha1', 0],
    ] as const) {
      const machine = hashing(new VacMachine(compiledHash(name)), message, bits);
      machine.run();
      const expected = createHash(of).update(message).digest('hex');
      expect(digestIn(machine, expected.length / 2), name).toBe(expected);
    }
  });

  it('hand over to one another at any tick', () => {
    const linked = compiledHash('sha256');
    const message = Uint8Array.of(1, 2, 3);
    const end = hashing(new VacMachine(linked), message, 256);
    const from = end.ticks;
    end.run();
    const [state, ticks] = [end.snapshot(), end.ticks - from];
    for (const part of [1n, ticks / 3n, ticks / 2n + 1n, ticks - 1n]) {
      for (const form of ['register', 'reference'] as const) {
        const one = hashing(new VacMachine(linked, { form }), message, 256);
        expect(one.run(part)).toBe('ticks');
        const other = new VacMachine(linked, { form: form === 'register' ? 'reference' : 'register' });
        other.restore(one.snapshot()).run();
        expect(other.ticks).toBe(end.ticks);
        expect(Buffer.compare(other.snapshot(), state)).toBe(0);
      }
    }
  });
});
