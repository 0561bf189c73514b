// Results of earlier runs whose elements are read when somebody needs them, and not before.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { partsOf } from '../parts.ts';

type Sheet = Awaited<ReturnType<typeof SymbolicSheet.open>>;
const base = mkdtempSync(join(tmpdir(), 'symbolic-sheet-lazy-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const freshFolder = (): string => join(base, String(++folders));

const N = 300;
const RESULT_BYTES = N * N * 4;
const ELEMENTS = Float32Array.from({ length: N * N }, (_, i) => Math.fround(Math.sin(i) / N));

async function open(store: string, options: Partial<Parameters<typeof SymbolicSheet.open>[0]> = {}): Promise<Sheet> {
  const sheet = await SymbolicSheet.open({ devices: ['js'], store, ...options });
  Object.assign(partsOf(sheet), { admission: () => 'admit' });
  return sheet;
}

/** Products one from another: each is large enough for a file of its own, and costs enough to be kept. */
function chain(sheet: Sheet, length: number) {
  const x = sheet.tensor(ELEMENTS, [N, N]);
  const products = [x.matmul(x)];
  while (products.length < length) products.push(products.at(-1)!.matmul(x));
  return products;
}

/** A folder with the chain's results, and the elements of each. */
async function filled(length: number): Promise<{ folder: string; wanted: Float32Array[] }> {
  const folder = freshFolder();
  const sheet = await open(folder);
  const wanted: Float32Array[] = [];
  for (const product of chain(sheet, length)) wanted.push((await product.data()) as Float32Array);
  await sheet.close();
  return { folder, wanted };
}

/** Files of elements in a folder. */
const contentOf = (folder: string): string[] =>
  readdirSync(join(folder, 'content'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.length > 60)
    .map((name) => join(folder, 'content', name));

function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
}

const bytesRead = (sheet: Sheet): number => sheet.stats().stored!.bytesRead;
const runs = (sheet: Sheet): number => partsOf(sheet).counters.kernelCalls;

describe('a result of an earlier run', () => {
  it('is read alone where every call of a chain hits', async () => {
    const { folder, wanted } = await filled(4);
    await using sheet = await open(folder);
    const products = chain(sheet, 4);
    expect(await products[3]!.data()).toEqual(wanted[3]);
    expect([bytesRead(sheet), runs(sheet)]).toEqual([RESULT_BYTES, 0]);
  });

  it('is not read where it is demanded and nobody asks for its elements, and once where several do', async () => {
    const { folder, wanted } = await filled(1);
    await using sheet = await open(folder);
    const [product] = chain(sheet, 1);
    await sheet.compute(product!);
    expect([bytesRead(sheet), runs(sheet), sheet.stats().stored!.hits]).toEqual([0, 0, 1]);
    expect(await Promise.all([product!.data(), product!.data()])).toEqual([wanted[0], wanted[0]]);
    expect([bytesRead(sheet), runs(sheet)]).toEqual([RESULT_BYTES, 0]);
  });

  it('is read as an operand of what is no hit, and what lies under it is not', async () => {
    const { folder } = await filled(4);
    await using sheet = await open(folder);
    const x = sheet.tensor(ELEMENTS, [N, N]);
    await chain(sheet, 4)[3]!.matmul(x, { transposeB: true }).data();
    expect([bytesRead(sheet), runs(sheet)]).toEqual([RESULT_BYTES, 1]);
  });

  it('is read at once where a view of another class takes it, which needs its content within the call', async () => {
    const { folder, wanted } = await filled(1);
    await using sheet = await open(folder);
    const [product] = chain(sheet, 1);
    await sheet.compute(product!);
    const again = sheet.with({ class: 'exact' }).add(product!, 0);
    expect([runs(sheet), bytesRead(sheet)]).toEqual([0, RESULT_BYTES]);
    expect(await again.data()).toEqual(wanted[0]);
  });

  it('is still there for a handle when the sheet and the store are closed', async () => {
    const { folder, wanted } = await filled(1);
    const sheet = await open(folder);
    const [product] = chain(sheet, 1);
    await sheet.compute(product!);
    await sheet.close();
    expect(await product!.data()).toEqual(wanted[0]);
  });

  it('counts in the budget of RAM once it is read', async () => {
    const { folder } = await filled(1);
    await using sheet = await open(folder);
    const [product] = chain(sheet, 1);
    await sheet.compute(product!);
    expect(sheet.stats().sizeBytes).toBeLessThan(RESULT_BYTES);
    await product!.data();
    expect(sheet.stats().sizeBytes).toBeGreaterThanOrEqual(RESULT_BYTES);
  });

  it('is judged by a law on finite values before anybody computes with it', async () => {
    const folder = freshFolder();
    const grown = Float32Array.from(ELEMENTS, () => 3e20);
    const first = await open(folder);
    const x = first.tensor(grown, [N, N]);
    await x.matmul(x).data();
    await first.close();
    await using strict = await open(folder, { policy: { finite: 'deny' } });
    const y = strict.tensor(grown, [N, N]);
    await expect(strict.compute(y.matmul(y))).rejects.toMatchObject({ code: 'POLICY' });
  });
});

describe('elements that turn out to be wrong when they are read', () => {
  it('are computed again, never given, and put right for the next run', async () => {
    const { folder, wanted } = await filled(2);
    for (const path of contentOf(folder)) damage(path);
    const sheet = await open(folder);
    const products = chain(sheet, 2);
    await sheet.compute(products[1]!);
    expect(runs(sheet)).toBe(0);
    expect(await products[1]!.data()).toEqual(wanted[1]);
    expect(runs(sheet)).toBe(2);
    await sheet.close();
    await using next = await open(folder);
    expect(await chain(next, 2)[1]!.data()).toEqual(wanted[1]);
    expect(runs(next)).toBe(0);
  });

  it('cost no result in a chain of which every one is damaged', async () => {
    const { folder, wanted } = await filled(4);
    for (const path of contentOf(folder)) damage(path);
    await using sheet = await open(folder);
    expect(await chain(sheet, 4)[3]!.data()).toEqual(wanted[3]);
    expect(runs(sheet)).toBe(4);
  });

  it('end a read of a closed sheet with a typed error', async () => {
    const { folder } = await filled(1);
    const sheet = await open(folder);
    const [product] = chain(sheet, 1);
    await sheet.compute(product!);
    await sheet.close();
    for (const path of contentOf(folder)) rmSync(path);
    await expect(product!.data()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
