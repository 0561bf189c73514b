// Where a GPU device comes from: hosts find an adapter, the device opens it, again where it was lost.

/** What a host opens. */
export interface GpuSource {
  /** The adapter, for people: `nvidia h200`, `google swiftshader`. */
  readonly adapter: string;
  /** A driver that computes on the CPU: it is used where it is asked for by name, never by choice. */
  readonly software: boolean;
  /** A fresh device; rejects where there is none any more. */
  open(): Promise<GPUDevice>;
}
