// The world as a parameter: everything the core may not reach for by itself. Hosts (src/host) implement it.

/** Nanoseconds from an arbitrary start; monotonic. */
export type Clock = () => number;

/**
 * BLAKE3-256. `name` says which code computes it and is no part of any identity: all implementations agree bit for bit.
 */
export interface Digest {
  readonly name: string;
  /** 32 fresh bytes that belong to the caller; `bytes` may view shared, resizable or WebAssembly memory. */
  hash(bytes: Uint8Array): Uint8Array;
}

/** Files, for traces and policies that are named by path. Paths are the caller's. */
export interface Files {
  read(path: string): Promise<Uint8Array>;
  /** Writes so that a reader sees the old file or the new one, never a part. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Opens a file to append to, for this caller alone: an UnavailableError says who else writes to it. */
  openAppend(path: string): AppendFile;
}

/** A file that grows. What it held when it was opened stays. */
export interface AppendFile {
  /** What it held when it was opened. */
  existing(): Uint8Array;
  /** Puts bytes in place of all from an offset on. */
  replaceFrom(offset: number, bytes: Uint8Array): void;
  /** Returns when the bytes are with the operating system. */
  append(bytes: Uint8Array): void;
  close(): void;
}

/**
 * Facts about a machine that are costly to find and outlive a process: which of several kernels is the quickest. Never
 * part of a result.
 */
export interface Notes {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

/** Settings read from the environment, one place for all of them (docs/reference.md lists them). */
export interface HostSettings {
  /** `SYMBOLIC_SHEET=off` turns reuse off everywhere. */
  readonly off: boolean;
  /** `SYMBOLIC_SHEET_STORE`: the folder of results for later runs, or `off`. */
  readonly store: string | undefined;
  /** `SYMBOLIC_SHEET_DIR`: where traces named without a folder go. */
  readonly folder: string | undefined;
  /** `SYMBOLIC_SHEET_DEVICES`: comma list of the only devices to use (`js`, `wasm`, `blas`, `webgpu`, `tensorflow`). */
  readonly devices: readonly string[] | undefined;
  /** `SYMBOLIC_SHEET_REPORT=1`: print the report at exit. */
  readonly report: boolean;
  /** `SYMBOLIC_SHEET_LOG=1`: warnings and decisions to stderr. */
  readonly log: boolean;
}

/** What a sheet needs from the machine it runs on. */
export interface Host {
  readonly name: string;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly files: Files | undefined;
  readonly notes: Notes | undefined;
  readonly settings: HostSettings;
  readonly cores: number;
  /** One line to the person who runs the program; never part of a result. */
  warn(line: string): void;
  /** Is told what becomes of devices; of use to whoever listens to a sheet's events. */
  deviceChanged?(event: {
    readonly device: string;
    readonly state: 'lost' | 'opened again' | 'given up';
    readonly detail: string;
  }): void;
  /** Calls `listener` once when the process ends by itself or by `exit`. Returns a function that withdraws it. */
  onExit(listener: () => void): () => void;
}
