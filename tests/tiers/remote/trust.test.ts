// Whom a reader believes: results that were signed by nobody it trusts are refused with a reason, told and counted, and
// cost time alone. Golden vectors of what is signed.
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/fingerprint/digest.ts';
import { nodeCryptography } from '../../../src/host/node/cryptography.ts';
import { loadPeer } from '../../../src/host/node/packages.ts';
import { createKey, sayOnce } from '../../../src/host/node/remote.ts';
import type { RemoteOptions } from '../../../src/host/node/remote-options.ts';
import { type StoreTrouble, wrap } from '../../../src/core/store/store.ts';
import { addressesOf } from '../../../src/tiers/remote/addresses.ts';
import type { Blobs } from '../../../src/tiers/remote/blobs.ts';
import { type Claim, decodeClaim, encodeClaim } from '../../../src/tiers/remote/claim.ts';
import { decodeEnvelope, encodeEnvelope } from '../../../src/tiers/remote/envelope.ts';
import { makeKey, readPublicKey, readSecretKey } from '../../../src/tiers/remote/keys.ts';
import type { RemoteStore } from '../../../src/tiers/remote/remote-store.ts';
import { extent } from '../../run/extent.ts';
import { digest, forgery, programBits, remoteOn, resultOf, testWorld, WORTH } from './world.ts';

/** A service in a map: what several stores share. */
function sharedBlobs(objects: Map<string, Uint8Array>): Blobs {
  return {
    place: 'a map',
    get: async (name) => objects.get(name),
    put: async (name, bytes, { mode }) => {
      if (mode === 'if-absent' && objects.has(name)) return 'exists';
      objects.set(name, bytes.slice());
      return 'stored';
    },
    reset: () => {},
    close: async () => {},
  };
}

const [ci, ci2, stranger, plugin] = ['ci-1', 'ci-2', 'stranger-1', 'plugin-1'].map(createKey) as [Key, Key, Key, Key];
type Key = ReturnType<typeof createKey>;
const TRUST = [
  { key: ci.public, scopes: ['main'] },
  { key: plugin.public, scopes: ['plugins'] },
];
const one = resultOf(1);
/** What an attacker would like to be believed: other elements under the key of one. */
const forged = { ...resultOf(2), key: one.key };

async function written(options: Partial<RemoteOptions>, result = one): Promise<Map<string, Uint8Array>> {
  const objects = new Map<string, Uint8Array>();
  const { store } = remoteOn(sharedBlobs(objects), testWorld(), options);
  store.put(result.key, result, WORTH);
  await store.flush();
  return objects;
}

/** Moves what was written in one scope to where it is looked for. */
const moved = (objects: Map<string, Uint8Array>, from: string, to: string): Map<string, Uint8Array> =>
  new Map([...objects].map(([name, bytes]) => [name.replace(`/${from}/`, `/${to}/`), bytes]));

interface Read {
  readonly found: unknown;
  readonly told: readonly StoreTrouble[];
  readonly store: RemoteStore;
}

async function read(objects: Map<string, Uint8Array>, options: Partial<RemoteOptions> = {}): Promise<Read> {
  const world = testWorld();
  const given = { trust: TRUST, write: undefined, ...options } as Partial<RemoteOptions>;
  const { store, told } = remoteOn(sharedBlobs(objects), world, given);
  return { found: await store.get(one.key), told, store };
}

const asCi = { trust: TRUST, write: { key: ci.secret, scope: 'main' } } as const;

/** A claim that is changed after it was signed, or whose signature is. */
function changed(
  objects: Map<string, Uint8Array>,
  change: (claim: Claim, signature: Uint8Array) => { readonly claim?: Claim; readonly signature?: Uint8Array },
): Map<string, Uint8Array> {
  return new Map(
    [...objects].map(([name, bytes]) => {
      const envelope = decodeEnvelope(bytes)!;
      const claim = decodeClaim(envelope.claim)!;
      const { claim: other = claim, signature = envelope.signature } = change(claim, envelope.signature);
      return [name, encodeEnvelope({ ...envelope, claim: encodeClaim(other), signature })];
    }),
  );
}

describe('a reader', () => {
  it('takes what a key it trusts has signed in its scope', async () => {
    const { found, told, store } = await read(await written(asCi));
    expect(found).toMatchObject({ digest: one.digest, facts: 3, producer: 'js', costs: { pathNs: 1e9, ownNs: 1e9 } });
    expect([told, store.figures().hits]).toEqual([[], 1]);
  });

  const resign = (claim: Claim, key: Key): Uint8Array =>
    nodeCryptography.sign(readSecretKey(key.secret, nodeCryptography).seed, encodeClaim(claim));
  const REFUSED: Readonly<Record<string, readonly [string, () => Promise<Map<string, Uint8Array>>]>> = {
    'is not signed': [
      'unsigned',
      async () => {
        const objects = moved(await written({ trust: 'all-writers', write: 'unsigned' }, forged), 'shared', 'main');
        return changed(objects, (claim) => ({ claim: { ...claim, scope: 'main' } }));
      },
    ],
    'had its signature taken off': [
      'unsigned',
      async () => changed(await written(asCi), () => ({ signature: new Uint8Array(0) })),
    ],
    'is signed by a stranger': [
      'unknown-key',
      async () => written({ trust: TRUST, write: { key: stranger.secret, scope: 'main' } }, forged),
    ],
    'is signed by a stranger who calls himself otherwise': [
      'bad-signature',
      async () => {
        const claims = await written({ trust: TRUST, write: { key: stranger.secret, scope: 'main' } }, forged);
        return changed(claims, (claim) => {
          const named = { ...claim, signer: 'ci-1' };
          return { claim: named, signature: resign(named, stranger) };
        });
      },
    ],
    'is signed by a key of another scope': [
      'wrong-scope',
      async () => written({ trust: TRUST, write: { key: plugin.secret, scope: 'main' } }, forged),
    ],
    'has the elements of another result': [
      'bad-signature',
      async () => changed(await written(asCi), (claim) => ({ claim: { ...claim, digest: forged.digest } })),
    ],
    'has the shape of another': [
      'bad-signature',
      async () => changed(await written(asCi), (claim) => ({ claim: { ...claim, shape: [4, 4] } })),
    ],
    'is said to last longer than was signed': [
      'bad-signature',
      async () => changed(await written(asCi), (claim) => ({ claim: { ...claim, expiresMs: claim.expiresMs + 1 } })),
    ],
    'has a signature of zeros': [
      'bad-signature',
      async () => changed(await written(asCi), () => ({ signature: new Uint8Array(64) })),
    ],
    'has expired': ['expired', async () => written({ ...asCi, ttlMs: 1 }).then((all) => changed(all, ofYesterday))],
    'is of an earlier epoch': ['earlier-epoch', async () => written({ ...asCi, epoch: 2 })],
  };
  const ofYesterday = (claim: Claim): { claim: Claim; signature: Uint8Array } => {
    const older = { ...claim, issuedMs: claim.issuedMs - 1e8, expiresMs: claim.expiresMs - 1e8 };
    return { claim: older, signature: resign(older, ci) };
  };

  it.each(Object.entries(REFUSED))('refuses what %s', async (_what, [reason, make]) => {
    const objects = await make();
    const { found, told, store } = await read(objects, { epoch: 3, ...(reason !== 'earlier-epoch' && { epoch: 0 }) });
    expect(found).toBeUndefined();
    expect(told).toMatchObject([{ kind: 'refused', reason, key: one.key }]);
    expect(store.figures().refused).toMatchObject({ [reason]: 1 });
    // A service that holds what is not believed works all the same.
    expect(store.figures()).toMatchObject({ misses: 1, openings: 0, corrupt: 0 });
  });

  it('does not take the result of one key for another, whoever has signed it', async () => {
    const objects = await written(asCi, resultOf(5));
    const [[, bytes]] = [...objects] as [[string, Uint8Array]];
    const address = addressesOf('default', undefined, nodeCryptography)('main', 'claim', one.key);
    const { found, told } = await read(new Map([[address, bytes]]));
    expect(found).toBeUndefined();
    expect(told).toMatchObject([{ kind: 'corrupt' }]);
  });

  it('takes results of a key and of its successor, and no more of the key when it is taken off the list', async () => {
    const both = [...TRUST, { key: ci2.public, scopes: ['main'] }];
    const newer = await written({ trust: TRUST, write: { key: ci2.secret, scope: 'main' } });
    expect((await read(newer, { trust: both })).found).toBeDefined();
    expect((await read(await written(asCi), { trust: both })).found).toBeDefined();
    expect((await read(await written(asCi), { trust: both.slice(1) })).told).toMatchObject([{ reason: 'unknown-key' }]);
  });

  it('demands that it is said who is trusted, and two keys of one id are an error', () => {
    const READS = { write: undefined as never };
    const open = (options: Partial<RemoteOptions>) => () => remoteOn(sharedBlobs(new Map()), testWorld(), options);
    expect(open({ trust: undefined as unknown as 'all-writers' })).toThrow(/trust is missing/);
    expect(open({ trust: TRUST, write: 'unsigned' })).toThrow(/give a secret key/);
    const other = createKey('ci-1');
    expect(open({ trust: [...TRUST, { key: other.public, scopes: ['main'] }], ...READS })).toThrow(
      /Two keys are called "ci-1"/,
    );
    expect(open({ trust: [{ key: ci.secret, scopes: ['main'] }], ...READS })).toThrow(/its secret key/);
    expect(open({ write: { key: ci.public, scope: 'main' } })).toThrow(/not given with its secret key/);
    for (const scope of ['../x', '', 'a'.repeat(65), 'a:b', 'ä', 'a/b', 'a b', '\u0000'])
      expect(open({ write: { key: ci.secret, scope } })).toThrow(/scope/);
  });
});

describe('two tenants', () => {
  it('who race for a key are each believed by their own readers alone, whoever comes first', async () => {
    for (let seed = 0; seed < extent(20, 500); seed++) {
      const objects = new Map<string, Uint8Array>();
      const world = testWorld(seed);
      const mine = remoteOn(sharedBlobs(objects), world, asCi).store;
      const hostile = { trust: TRUST, write: { key: stranger.secret, scope: 'main' } } as const;
      const theirs = remoteOn(sharedBlobs(objects), world, hostile).store;
      const puts = [() => mine.put(one.key, one, WORTH), () => theirs.put(one.key, forged, WORTH)];
      for (const put of world.random() < 0.5 ? puts : puts.reverse()) {
        put();
        if (world.random() < 0.5) await Promise.all([mine.flush(), theirs.flush()]);
      }
      await Promise.all([mine.flush(), theirs.flush()]);
      const { found } = await read(objects);
      expect(found === undefined || (found as { digest: string }).digest === one.digest).toBe(true);
      // What cannot be believed is written over.
      mine.put(one.key, one, WORTH);
      await mine.flush();
      expect((await read(objects)).found).toMatchObject({ digest: one.digest });
    }
  });

  it('do not meet in names: not by namespace, not by scope, and with a secret not by any key', async () => {
    const secret = 'a secret of one tenant';
    const plain = addressesOf('a', undefined, nodeCryptography);
    const hidden = addressesOf('a', new TextEncoder().encode(secret), nodeCryptography);
    const names = [
      plain,
      hidden,
      addressesOf('a', new TextEncoder().encode('another secret!!'), nodeCryptography),
    ].flatMap((of) => [of('x', 'claim', one.key), of('y', 'claim', one.key), of('x', 'content', one.key)]);
    expect(new Set(names).size).toBe(names.length);
    expect(hidden('x', 'claim', one.key)).not.toContain(one.key);
    const objects = await written({ ...asCi, secret });
    expect((await read(objects)).found).toBeUndefined();
    expect((await read(objects, { secret })).found).toMatchObject({ digest: one.digest });
    expect((await read(objects, { secret, namespace: 'b' })).found).toBeUndefined();
  });

  it('do not change what the other’s program computes', async () => {
    const expected = await programBits([]);
    const objects = new Map<string, Uint8Array>();
    const hostile = { trust: TRUST, write: { key: stranger.secret, scope: 'main' } } as const;
    const theirs = remoteOn(sharedBlobs(objects), testWorld(), hostile).store;
    // Every result is another one, whole and signed.
    const wrong = wrap(theirs, { put: (key, stored, worth) => theirs.put(key, forgery(stored), worth) });
    const honest = remoteOn(sharedBlobs(objects), testWorld(), { ...asCi, write: undefined as never }).store;
    await programBits([wrong]);
    expect(objects.size).toBeGreaterThan(0);
    expect(await programBits([honest])).toBe(expected);
    expect(honest.figures().refused['unknown-key']).toBeGreaterThan(0);
    expect(honest.figures().hits).toBe(0);
  });
});

describe('a package that is not installed', () => {
  it('is a typed error that says what to install, and what to do instead', async () => {
    await expect(loadPeer('a-package-that-nobody-has', 'Or do without.')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/npm install a-package-that-nobody-has. Or do without./),
    });
  });
});

describe('what is told', () => {
  it('is said once for each kind of trouble, and each reason to refuse', async () => {
    const lines: string[] = [];
    const tell = sayOnce((line) => void lines.push(line));
    for (let i = 0; i < 500; i++) {
      const key = String(i);
      tell({ kind: 'refused', reason: 'unsigned', key, detail: `a result is not signed (${key})` });
      tell({ kind: 'refused', reason: 'unknown-key', key, detail: `a stranger (${key})` });
      tell({ kind: 'late', key, detail: 'no answer' });
    }
    expect(lines).toEqual([
      'A remote store is not believed: a result is not signed (0). Results are computed instead.',
      'A remote store is not believed: a stranger (0). Results are computed instead.',
      'A remote store is late: no answer. Results are computed instead.',
    ]);
  });
});

describe('a claim', () => {
  const SEED = Uint8Array.from({ length: 32 }, (_, i) => i);
  const claim: Claim = {
    namespace: 'default',
    scope: 'ci',
    key: '01'.repeat(32),
    digest: 'ab'.repeat(32),
    dtype: 'float32',
    shape: [2, 3],
    elementBytes: 24,
    facts: 5,
    costs: { pathNs: 1.5e7, ownNs: 1e6 },
    producer: 'js',
    epoch: 1,
    issuedMs: 1_800_000_000_000,
    expiresMs: 1_802_592_000_000,
    signer: 'ci-1',
  };

  it('has the bytes and the signature that the format says', () => {
    const bytes = encodeClaim(claim);
    expect(toHex(digest.hash(bytes))).toBe('132d2715bd79c1b07f65888a7802db0b715e932eee3d322b249de18b9a750586');
    expect(bytes.length).toBe(316);
    const { secret, public: open } = makeKey('ci-1', { ...nodeCryptography, randomBytes: () => SEED });
    expect(open).toBe('ci-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=');
    const signature = nodeCryptography.sign(readSecretKey(secret, nodeCryptography).seed, bytes);
    expect(toHex(signature)).toBe(
      '7a7809db7e0ebd799a15f8f17d79dd357fb62e9414e74ef65fef6d6f8ec8cd30' +
        'c1e33baa95a1466826268d63e6221642cf034b9a291cecb2b558c30bf7b6fe08',
    );
    expect(nodeCryptography.verify(readPublicKey(open).bytes, bytes, signature)).toBe(true);
  });

  it('signs as RFC 8032 says (test 2)', () => {
    const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex');
    expect(toHex(nodeCryptography.publicKeyOf(new Uint8Array(seed)))).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    expect(toHex(nodeCryptography.sign(new Uint8Array(seed), Uint8Array.of(0x72)))).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });

  it('stands under the name that the format says', () => {
    const address = addressesOf('team', SEED, nodeCryptography)('ci', 'claim', claim.key);
    expect(address).toBe('sqs1/team/ci/claim/195d092fec4dd8765f2cc356c2b88acc8df9aa207bbeee86315d0393568c7644');
  });

  it('is read back as it was written, and in no other form', () => {
    const bytes = encodeClaim(claim);
    expect(decodeClaim(bytes)).toEqual(claim);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 128]) {
        const other = bytes.slice();
        other[at]! ^= bit;
        const read = decodeClaim(other);
        if (read !== undefined) expect(encodeClaim(read)).toEqual(other);
        expect(read).not.toEqual(claim);
      }
      expect(decodeClaim(bytes.subarray(0, at))).toBeUndefined();
    }
  });
});

describe('an envelope', () => {
  it('that is changed in any byte, or cut anywhere, is a miss, and never an error', async () => {
    const objects = await written(asCi);
    const [[name, bytes]] = [...objects] as [[string, Uint8Array]];
    let believed = 0;
    const step = extent(7, 1);
    for (let at = 0; at < bytes.length; at += step) {
      const other = bytes.slice();
      other[at]! ^= 1 << (at % 8);
      for (const damaged of [other, bytes.subarray(0, at)])
        if ((await read(new Map([[name, damaged]]))).found !== undefined) believed++;
    }
    expect(believed).toBe(0);
  });
});
