// Keys of calls: the same in every sheet and process, taken when somebody asks, never on a hit in RAM.
import { describe, expect, it } from 'vitest';
import { nodeAuthor, Node, semanticsOf } from '../../src/core/expr/node.ts';
import { NO_ATTRIBUTES } from '../../src/core/expr/attributes.ts';
import { NodeKeys } from '../../src/core/fingerprint/key.ts';
import { toHex } from '../../src/core/fingerprint/digest.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { partsOf, sessionOf } from '../parts.ts';

type Sheet = Awaited<ReturnType<typeof SymbolicSheet.open>>;
const open = (options: Parameters<typeof SymbolicSheet.open>[0] = {}): Promise<Sheet> =>
  SymbolicSheet.open({ devices: ['js'], ...options });
const keyIn = (sheet: Sheet, tensor: Tensor): string => sessionOf(sheet).engine.keyOf(tensor.call);

describe('keys of calls', () => {
  it('are the same in two sheets for the same program on the same bytes, and differ with a byte', async () => {
    const program = async (last: number): Promise<string> => {
      const sheet = await open();
      const x = sheet.tensor(Float32Array.of(1, 2, 3, last), [2, 2]);
      return keyIn(sheet, x.matmul(x.permuteDims()).sum({ axis: 0 }));
    };
    expect(await program(4)).toBe(await program(4));
    expect(await program(4)).not.toBe(await program(5));
  });

  it('of roots are their content ids', async () => {
    const sheet = await open();
    const x = sheet.tensor(Float32Array.of(1, 2, 3));
    expect(keyIn(sheet, x)).toBe(await x.fingerprint());
  });

  it('do not depend on the order of the operands of a commutative op, and on that of others they do', async () => {
    const sheet = await open();
    const [x, y] = [sheet.tensor(Float32Array.of(1, 2)), sheet.tensor(Float32Array.of(3, 4))];
    expect(keyIn(sheet, x.add(y))).toBe(keyIn(sheet, y.add(x)));
    expect(keyIn(sheet, x.subtract(y))).not.toBe(keyIn(sheet, y.subtract(x)));
  });

  it('say under which class and rewrites a result was asked for', async () => {
    const [plain, exact, applied] = await Promise.all([open(), open({ class: 'exact' }), open({ rewrites: 'apply' })]);
    const keys = [plain, exact, applied].map((sheet) => keyIn(sheet, sheet.tensor(Float32Array.of(1, 2)).add(1)));
    expect(new Set(keys).size).toBe(3);
  });

  it('are taken of chains of a hundred thousand calls, each once', async () => {
    const digest = await openNodeDigest();
    let hashes = 0;
    const counting = { name: 'counting', hash: (bytes: Uint8Array) => (hashes++, digest.hash(bytes)) };
    const author = nodeAuthor(semanticsOf(false, false));
    const root = new Node(undefined, NO_ATTRIBUTES, tensorType('float32', [2]), 0, []);
    const row = opNamed('sin');
    let chain: Node = root;
    for (let i = 0; i < 100_000; i++) chain = author.make(row, NO_ATTRIBUTES, root.type, [chain]);
    const keys = new NodeKeys<Node>(counting, () => digest.hash(Uint8Array.of(1)));
    const key = toHex(keys.of(chain));
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes).toBe(100_000);
    expect(toHex(keys.of(chain))).toBe(key);
    expect(hashes).toBe(100_000);
  });

  it('are not taken where nobody asks: a hit in RAM hashes nothing', async () => {
    const sheet = await open({ trace: { digests: 'none' } });
    const x = sheet.tensor(new Float32Array(64 * 64).fill(1), [64, 64]);
    await x.matmul(x).data();
    const { counters } = partsOf(sheet);
    const before = counters.bytesHashed;
    await x.matmul(x).data();
    expect(counters.hits).toBeGreaterThan(0);
    expect(counters.bytesHashed).toBe(before);
  });

  it('need the content of every root: one that was disposed is named in a typed error', async () => {
    const sheet = await open();
    const x = sheet.tensor(Float32Array.of(1, 2));
    const y = x.add(1);
    x.dispose();
    expect(() => keyIn(sheet, y)).toThrow(expect.objectContaining({ code: 'SOURCE' }));
  });
});
