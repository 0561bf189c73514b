// A damaged file of a trace: a typed error that says the reason, the same trace, or a prefix that says so; never other
// content in silence.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../src/core/fingerprint/digest.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { readTrace } from '../../src/core/trace/load.ts';
import { damagesOf, faultOfError, faultsOfTrace } from './damage.ts';
import { type TraceFiles, traceFiles } from './damaged-programs.ts';

let digest: Digest;
let files: readonly TraceFiles[];
beforeAll(async () => {
  digest = await openNodeDigest();
  files = await traceFiles();
});

const FORMS = ['live.sqs', 'embedded.sqs.json', 'beside.sqs.json', 'none.sqs.json'];
const file = (form: string): TraceFiles => files.find((other) => other.form === form)!;
const textOf = (form: string): string => new TextDecoder().decode(file(form).bytes);

/** What loading a text says. */
function codeOf(text: string): unknown {
  try {
    readTrace(new TextEncoder().encode(text), digest);
    return 'sound';
  } catch (error) {
    return faultOfError(error) ?? (error as { details: { code: unknown } }).details.code;
  }
}

describe('a trace whose file was damaged', () => {
  it.each(FORMS)('says so wherever a byte of %s is flipped, cut off or put in', async (form) => {
    const { bytes, original, beside } = file(form);
    expect(original.events.length).toBeGreaterThan(2);
    const { faults, refused } = await faultsOfTrace(
      damagesOf(bytes, { stride: 5, masks: 1, inserts: 1 }),
      original,
      digest,
      beside,
    );
    expect(faults).toEqual([]);
    expect(refused).toBeGreaterThan(bytes.length / 5);
  });

  it('says so where any byte of its roots is changed in any way', async () => {
    for (const form of FORMS.slice(1)) {
      const { bytes, original, beside } = file(form);
      const at = new TextDecoder('latin1').decode(bytes).indexOf('"roots":[');
      const damages = [...damagesOf(bytes.subarray(at), { masks: 2, inserts: 1 })].map(
        ({ how, at: from, bytes: tail }) => ({
          how,
          at: at + from,
          bytes: Uint8Array.of(...bytes.subarray(0, at), ...tail),
        }),
      );
      expect((await faultsOfTrace(damages, original, digest, beside)).faults).toEqual([]);
    }
  });

  it('says so where a whole root was left out, doubled or renamed', () => {
    const text = textOf('none.sqs.json');
    const [list, root] = /"roots":\[\n(\{.*\})\n\]/.exec(text) ?? [];
    expect(root).toBeDefined();
    expect(codeOf(text.replace(list as string, '"roots":[]'))).toBe('truncated');
    expect(codeOf(text.replace(root as string, `${root},${root}`))).toBe('trailing');
    expect(codeOf(text.replace(root as string, (root as string).replace(/"contentId":"../, '"contentId":"00')))).toBe(
      'edited',
    );
    expect(codeOf(textOf('embedded.sqs.json').replace(/,"bytes":"[^"]*"\}\n\]/, '}\n]'))).toBe('edited');
  });

  it.each(['start', 'head'])('says so where the %s of a chain was changed', (name) => {
    const text = textOf('none.sqs.json');
    for (const [stream, other] of [
      ['program', 'annotations'],
      ['annotations', 'program'],
    ] as const) {
      for (const change of [{ events: 9 }, { blocks: 7 }, { hash: 'ab'.repeat(32) }]) {
        const file = JSON.parse(text) as { chains: Record<string, Record<string, object>> };
        const chain = file.chains[stream]!;
        chain[name] = { ...chain[name], ...change };
        expect(['edited', 'spliced']).toContain(codeOf(JSON.stringify(file)));
        expect(file.chains[other]).toEqual((JSON.parse(text) as typeof file).chains[other]);
      }
    }
  });

  it.each(['count', 'sum'])('says so where the %s of a seal was changed', (name) => {
    for (const stream of ['program', 'annotations', 'roots']) {
      const file = JSON.parse(textOf('none.sqs.json')) as { chains: Record<string, Record<string, number>> };
      file.chains[stream]![name]! += 1;
      expect(['edited', 'truncated']).toContain(codeOf(JSON.stringify(file)));
    }
  });

  it('refuses fields that no record of its kind has', () => {
    const text = textOf('embedded.sqs.json');
    for (const key of [
      '"events":[\n{',
      '"annotations":[\n{',
      '"roots":[\n{',
      '"chains":{',
      '"program":{',
      '"start":{',
    ]) {
      expect([key, codeOf(text.replace(key, `${key}"other":1,`))]).toEqual([key, 'edited']);
    }
  });

  it('is a typed error where its JSON is nested more deeply than a stack is, wherever that stands', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const texts = [deep, '['.repeat(100_000), `{"format":"sqs-trace","version":1,"head":${deep}}`];
    const sound = textOf('embedded.sqs.json');
    for (const { index } of sound.matchAll(/(?<=":)(?:"[^"]*"|\d+)/g))
      texts.push(sound.slice(0, index) + deep + sound.slice(index).replace(/^(?:"[^"]*"|\d+(?:\.\d+)?)/, ''));
    expect(texts.length).toBeGreaterThan(50);
    for (const text of texts) expect(['edited', 'not-a-trace', 'truncated', 'trailing']).toContain(codeOf(text));
  });
});
