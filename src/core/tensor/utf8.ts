// Text as UTF-8 and back, by the platform's coders where there are any; they are made when they are first used, for
// some test environments (jsdom) have none.

let encoder: { encode(text: string): Uint8Array } | undefined;
let decoders: { readonly strict: TextDecoder; readonly lenient: TextDecoder } | undefined;

/** The bytes of a text; a surrogate that stands alone becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (encoder === undefined)
    encoder = typeof TextEncoder === 'function' ? new TextEncoder() : { encode: encodePlainly };
  return encoder.encode(text) as Uint8Array<ArrayBuffer>;
}

/** The text of bytes, a byte order mark included; undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const { strict } = openDecoders() ?? {};
  if (strict === undefined) {
    const { text, sound } = decodePlainly(bytes);
    return sound ? text : undefined;
  }
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** As `decodeUtf8`, with U+FFFD for what is not UTF-8. */
export const decodeUtf8Leniently = (bytes: Uint8Array): string =>
  openDecoders()?.lenient.decode(bytes) ?? decodePlainly(bytes).text;

function openDecoders(): typeof decoders {
  if (typeof TextDecoder !== 'function') return undefined;
  decoders ??= {
    strict: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
    lenient: new TextDecoder('utf-8', { ignoreBOM: true }),
  };
  return decoders;
}

/** What `encodeUtf8` answers without a coder of the platform. */
export function encodePlainly(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const read = character.codePointAt(0) as number;
    const code = read >= 0xd800 && read <= 0xdfff ? 0xfffd : read;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(bytes);
}

/**
 * What the decoders answer without one of the platform: each longest beginning of a character that is not continued
 * becomes one U+FFFD.
 */
export function decodePlainly(bytes: Uint8Array): { readonly text: string; readonly sound: boolean } {
  let [text, sound] = ['', true];
  for (let at = 0; at < bytes.length;) {
    const { code, length } = characterAt(bytes, at);
    if (code < 0) sound = false;
    text += code < 0 ? '\uFFFD' : String.fromCodePoint(code);
    at += length;
  }
  return { text, sound };
}

/**
 * The character at a place; code −1 for bytes that are none. The range of the second byte keeps out surrogates and
 * forms that are too long (Unicode, table 3-7).
 */
function characterAt(bytes: Uint8Array, at: number): { readonly code: number; readonly length: number } {
  const first = bytes[at]!;
  if (first < 0x80) return { code: first, length: 1 };
  const more =
    first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
  if (more === 0) return { code: -1, length: 1 };
  let code = first & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const next = bytes[at + i] ?? 0;
    const least = i > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = i > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (next < least || next > most) return { code: -1, length: i };
    code = (code << 6) | (next & 63);
  }
  return { code, length: more + 1 };
}
