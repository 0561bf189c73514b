// The heap: blocks never overlap, everything freed comes back as one block, and the memory grows under live views.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALIGNMENT_BYTES, Heap } from '../../kernels/wasm/memory/heap.ts';

const PAGE_BYTES = 65536;

interface Step {
  readonly kind: 'allocate' | 'free';
  readonly value: number;
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('allocate' as const, 'allocate' as const, 'free' as const),
    value: fc.nat(1 << 17),
  }),
  { maxLength: 120 },
);

function play(heap: Heap, list: readonly Step[]): Map<number, number> {
  const live = new Map<number, number>();
  for (const { kind, value } of list) {
    if (kind === 'allocate') {
      const sizeBytes = value % 3 === 0 ? value : value % 3000;
      const address = heap.allocate(sizeBytes);
      if (address !== 0) live.set(address, sizeBytes);
    } else if (live.size > 0) {
      const address = [...live.keys()][value % live.size]!;
      heap.free(address);
      live.delete(address);
    }
  }
  return live;
}

describe('heap', () => {
  it('gives aligned blocks that neither overlap nor leave the memory, whatever is allocated and freed', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const heap = new Heap({ initialPages: 1, maximumPages: 40 });
        const live = [...play(heap, list)].sort(([a], [b]) => a - b);
        live.forEach(([address, sizeBytes], i) => {
          expect(address % ALIGNMENT_BYTES).toBe(0);
          expect(address).toBeGreaterThan(0);
          expect(address + sizeBytes).toBeLessThanOrEqual(live[i + 1]?.[0] ?? heap.stats().reservedBytes);
        });
        const used = live.reduce(
          (sum, [, sizeBytes]) => sum + Math.max(1, Math.ceil(sizeBytes / ALIGNMENT_BYTES)) * ALIGNMENT_BYTES,
          0,
        );
        expect(heap.stats().usedBytes).toBe(used);
        expect(heap.stats().freeBytes + used).toBe(heap.stats().reservedBytes - 2 * ALIGNMENT_BYTES);
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  it('joins everything that was freed back into one block', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const heap = new Heap({ initialPages: 2, maximumPages: 40 });
        for (const address of play(heap, list).keys()) heap.free(address);
        const { freeBytes, usedBytes, reservedBytes } = heap.stats();
        expect(usedBytes).toBe(0);
        const all = heap.allocate(freeBytes);
        expect(all).toBe(ALIGNMENT_BYTES);
        expect(heap.stats()).toEqual({ usedBytes: freeBytes, freeBytes: 0, reservedBytes });
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it('keeps what was written in a block while others come and go', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const heap = new Heap({ initialPages: 1, maximumPages: 40 });
        const first = heap.allocate(1000);
        heap.view(Uint8Array, first, 1000).fill(77);
        for (const [address, sizeBytes] of play(heap, list)) heap.view(Uint8Array, address, sizeBytes).fill(1);
        expect(heap.view(Uint8Array, first, 1000).every((byte) => byte === 77)).toBe(true);
      }),
      { seed: 6, numRuns: 50 },
    );
  });

  it('refuses to free twice, inside a block, or what it never gave', () => {
    const heap = new Heap();
    const address = heap.allocate(100);
    expect(() => heap.free(address + 64)).toThrow(RangeError);
    heap.free(address);
    expect(() => heap.free(address)).toThrow(RangeError);
    expect(() => heap.free(0)).toThrow(RangeError);
    expect(() => heap.allocate(-1)).toThrow(RangeError);
    expect(() => heap.allocate(NaN)).toThrow(RangeError);
  });

  it('grows on demand, leaves views of a shared memory valid, and says 0 when it is full', () => {
    const heap = new Heap({ initialPages: 1, maximumPages: 8 });
    expect(heap.kind).toBe('shared');
    const view = heap.view(Float32Array, heap.allocate(4096), 1024).fill(1.5);
    const big = heap.allocate(6 * PAGE_BYTES);
    expect(big).toBeGreaterThan(0);
    expect(view.every((x) => x === 1.5)).toBe(true);
    expect(heap.holds(view), 'made before the growth').toBe(true);
    expect(heap.holds(heap.view(Uint8Array, big, 1))).toBe(true);
    expect(heap.holds(new Float32Array(4))).toBe(false);
    expect(heap.allocate(3 * PAGE_BYTES)).toBe(0);
    heap.free(big);
    expect(heap.allocate(7 * PAGE_BYTES)).toBeGreaterThan(0);
  });

  it('detaches views of a private memory when it grows', () => {
    const heap = new Heap({ initialPages: 1, maximumPages: 8, memory: 'private' });
    expect(heap.kind).toBe('private');
    const view = heap.view(Float32Array, heap.allocate(4096), 1024);
    heap.allocate(3 * PAGE_BYTES);
    expect(view.length).toBe(0);
    expect(heap.holds(view)).toBe(false);
  });

  it('reaches addresses above 2^31', () => {
    const heap = new Heap({ initialPages: 1 });
    const low = heap.allocate(2 ** 31);
    const high = heap.allocate(4096);
    expect(low).toBeGreaterThan(0);
    expect(high).toBeGreaterThan(2 ** 31);
    const view = heap.view(Float64Array, high, 512).fill(3);
    expect(view.byteOffset).toBe(high);
    heap.free(low);
    heap.free(high);
    expect(heap.stats().usedBytes).toBe(0);
  });
});
