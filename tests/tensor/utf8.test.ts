// UTF-8 without the platform's coders: the bytes and texts of those, for text of every length of character and for
// bytes that are none.
import { describe, expect, it } from 'vitest';
import {
  decodePlainly,
  decodeUtf8,
  decodeUtf8Leniently,
  encodePlainly,
  encodeUtf8,
} from '../../src/core/tensor/utf8.ts';

const TEXTS = [
  '',
  'plain',
  '\0\u007f\u0080\u07ff\u0800\uffff',
  'Größe, 行列, 🧮',
  '\u{10000}\u{10ffff}',
  '\ufeffmarked',
  '\ud800 alone',
  'alone \udfff',
  '\udc00\ud800',
];
const BROKEN = [
  [0x80],
  [0xc0, 0x80],
  [0xc3],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80],
  [0xe2, 0x82],
  [0xe2, 0x82, 0x41],
  [0xf0, 0x9f, 0xa7],
  [0x61, 0xff, 0x62],
];

describe('UTF-8 without coders of the platform', () => {
  it('encodes every text as they do', () => {
    for (const text of TEXTS)
      expect([text, [...encodePlainly(text)]]).toEqual([text, [...new TextEncoder().encode(text)]]);
  });

  it('decodes bytes as they do, and knows those that are no text', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
    for (const bytes of [...TEXTS.map((text) => [...new TextEncoder().encode(text)]), ...BROKEN]) {
      const given = Uint8Array.from(bytes);
      const isText = (() => {
        try {
          return strict.decode(given) !== undefined;
        } catch {
          return false;
        }
      })();
      expect([bytes, decodePlainly(given)]).toEqual([bytes, { text: lenient.decode(given), sound: isText }]);
      expect([decodeUtf8(given), decodeUtf8Leniently(given)]).toEqual([
        isText ? lenient.decode(given) : undefined,
        lenient.decode(given),
      ]);
    }
  });

  it('agrees with them on any two bytes after any third', () => {
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
    for (const first of [0x41, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4]) {
      for (let pair = 0; pair < 65536; pair += 7) {
        const bytes = Uint8Array.of(first, pair >> 8, pair & 255, 0x80);
        const { text } = decodePlainly(bytes);
        if (text !== lenient.decode(bytes)) expect([...bytes, text]).toEqual([...bytes, lenient.decode(bytes)]);
      }
    }
    expect(encodeUtf8('é')).toEqual(Uint8Array.of(0xc3, 0xa9));
  });
});
