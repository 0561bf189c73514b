// A table of addresses that come and go.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AddressTable } from '../../kernels/wasm/memory/address-table.ts';

it('finds what a Map finds, whatever is added and removed', () => {
  const step = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.boolean());
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 400 }),
      fc.constantFrom(64, 4096, 8000 * 64, 2 ** 24 * 64),
      (steps, stride) => {
        const [table, map] = [new AddressTable<number>(), new Map<number, number>()];
        for (const [place, add] of steps) {
          const address = (place * stride) % 2 ** 32 || 64;
          if (add && !map.has(address)) {
            table.set(address, place);
            map.set(address, place);
          } else if (!add) {
            table.delete(address);
            map.delete(address);
          }
        }
        expect(table.size).toBe(map.size);
        for (let place = 1; place <= 200; place++)
          expect(table.get((place * stride) % 2 ** 32 || 64)).toBe(map.get((place * stride) % 2 ** 32 || 64));
      },
    ),
  );
});
