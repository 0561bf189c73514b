// Bytes in Redis or Valkey. Two commands are used, GETRANGE and SET, so that an account may be allowed those alone.
import { LimitError, type SheetError } from '../../kit.ts';
import { type Blobs, unavailable } from './blobs.ts';

/** What is used of a client of node-redis. */
export interface RedisClient {
  sendCommand(args: readonly (string | Buffer)[], options?: RedisCommandOptions): Promise<unknown>;
}

interface RedisCommandOptions {
  readonly typeMapping?: Readonly<Record<number, unknown>>;
  readonly abortSignal?: AbortSignal;
}

/** A connection, which may be a new one after each fault. */
export interface RedisConnection {
  readonly place: string;
  /** The client, once it is connected. Rejects where that fails. */
  client(): Promise<RedisClient>;
  reset(): void;
  close(): Promise<void>;
}

/** The type of a reply that is bytes, `$` in the protocol: as a Buffer, not as text. */
const BYTES_AS_BUFFERS = { 36: Buffer };
/** A refusal of the server begins with a code in capitals; after these another try may succeed. */
const REFUSAL = /^[A-Z]{2,}\b/;
const PASSING = /^(LOADING|BUSY|TRYAGAIN|MASTERDOWN|CLUSTERDOWN)\b/;

/** The service of a connection. */
export function redisBlobs(connection: RedisConnection): Blobs {
  const { place } = connection;
  const send = async (args: readonly (string | Buffer)[], abortSignal: AbortSignal): Promise<unknown> => {
    try {
      const client = await connection.client();
      return await client.sendCommand(args, { typeMapping: BYTES_AS_BUFFERS, abortSignal });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw unavailable(place, why, !REFUSAL.test(why) || PASSING.test(why), error);
    }
  };
  const surprise = (reply: unknown): SheetError => {
    // Replies may be those of other commands from now on.
    connection.reset();
    return unavailable(place, `a reply is of another kind than was asked for (${typeof reply})`, false);
  };
  return {
    place,
    get: async (name, maxBytes, signal) => {
      // One byte more than is allowed says that there are too many, and no more of them come.
      const reply = await send(['GETRANGE', name, '0', String(maxBytes)], signal);
      if (!(reply instanceof Uint8Array)) throw surprise(reply);
      if (reply.length > maxBytes) throw new LimitError(`${place}: more than ${maxBytes} bytes.`, { maxBytes });
      return reply.length === 0 ? undefined : reply;
    },
    put: async (name, bytes, { mode, ttlMs }, signal) => {
      const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const unless = mode === 'if-absent' ? ['NX'] : [];
      const reply: unknown = await send(['SET', name, value, 'PX', String(Math.ceil(ttlMs)), ...unless], signal);
      // Status replies stay text; a server that says nothing has found the name taken.
      if (reply === null && mode === 'if-absent') return 'exists';
      if (String(reply) !== 'OK') throw surprise(reply);
      return 'stored';
    },
    reset: () => connection.reset(),
    close: () => connection.close(),
  };
}
