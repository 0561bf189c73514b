// Bytes in a bucket of S3 or of what speaks as it does. The client signs addresses; requests are made here, so that
// each ends with its deadline and no answer grows beyond what was asked for.
import { LimitError } from '../../kit.ts';
import { type Blobs, unavailable } from './blobs.ts';

/** What is used of a client of s3mini. */
export interface S3Client {
  readonly endpoint: URL;
  getPresignedUrl(
    method: 'GET' | 'PUT',
    key: string,
    expiresInSeconds?: number,
    query?: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<string>;
}

/** Statuses after which another try may succeed; 409 says that somebody writes the same object now. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504]);
/** An address is signed for so long: clocks of clients and servers differ. */
const SIGNED_SECONDS = 300;

/** The service of a client. */
export function s3Blobs(client: S3Client, fetch: typeof globalThis.fetch): Blobs {
  const place = `${client.endpoint.origin}${client.endpoint.pathname}`;
  let hasConditions = true;
  const ask = async (method: 'GET' | 'PUT', name: string, init: RequestInit): Promise<Response> => {
    const headers = (init.headers ?? {}) as Record<string, string>;
    const url = await client.getPresignedUrl(method, name, SIGNED_SECONDS, {}, headers);
    try {
      return await fetch(url, { ...init, method, redirect: 'error' });
    } catch (error) {
      throw unavailable(place, reasonOf(error), true, error);
    }
  };
  return {
    place,
    get: async (name, maxBytes, signal) => {
      const response = await ask('GET', name, { signal });
      if (response.status === 200) return bodyOf(response, maxBytes, place);
      await discard(response);
      if (response.status === 404) return undefined;
      throw unavailable(place, `it answers ${response.status}`, PASSING.has(response.status));
    },
    put: async (name, bytes, { mode }, signal) => {
      const isConditional = mode === 'if-absent' && hasConditions;
      const headers: Record<string, string> = isConditional ? { 'if-none-match': '*' } : {};
      const response = await ask('PUT', name, { signal, headers, body: bytes as Uint8Array<ArrayBuffer> });
      await discard(response);
      if (response.ok) return 'stored';
      if (response.status === 412) return 'exists';
      // Services without conditions take what is put last, which is as good: names say what is under them.
      const isUnknown = isConditional && response.status === 501;
      if (isUnknown) hasConditions = false;
      throw unavailable(place, `it answers ${response.status}`, isUnknown || PASSING.has(response.status));
    },
    reset: () => {},
    close: async () => {},
  };
}

/** The bytes of an answer, `maxBytes` at most: more of them are let go as they come. */
async function bodyOf(response: Response, maxBytes: number, place: string): Promise<Uint8Array> {
  const tooMany = async (): Promise<never> => {
    await discard(response);
    throw new LimitError(`${place}: more than ${maxBytes} bytes.`, { maxBytes });
  };
  if (Number(response.headers.get('content-length')) > maxBytes) return tooMany();
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      length += piece.length;
      // Leaving the loop ends the answer.
      if (length > maxBytes) break;
      pieces.push(piece);
    }
  } catch (error) {
    throw unavailable(place, reasonOf(error), true, error);
  }
  return length > maxBytes ? tooMany() : joined(pieces, length);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Lets go of the rest of an answer. */
const discard = async ({ body }: Response): Promise<void> => {
  if (body?.locked !== true) await body?.cancel().catch(() => {});
};

/** Why a request failed; fetch says so in the cause alone. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { readonly message?: unknown; readonly cause?: { readonly code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : String(message ?? error);
}
