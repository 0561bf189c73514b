// Content ids of tensors that are on a GPU: the panels are digested there, 32 bytes each come back, the id is made
// here.
import { planPanelDigests, panelDigestBytes } from '../../../../../kernels/wgsl/blake3.ts';
import type { Plan } from '../../../../../kernels/wgsl/launch.ts';
import { panelLayout } from '../../../fingerprint/content.ts';
import type { TensorType } from '../../../tensor/type.ts';

/** What a device does for a content id. */
export interface ContentPlan {
  /** Operand 0 is the tensor's buffer, of any dtype: row-major, its bytes as they would be on the CPU. */
  readonly plan: Plan;
  /** Bytes of the result: the panel digests, to be read back. */
  readonly resultBytes: number;
}

/** Largest tensor a plan can address, in bytes. */
export const MAX_CONTENT_BYTES = 2 ** 32 - 1;

/**
 * The plan for a tensor's panel digests; undefined where there is nothing to digest (no bytes) or too much: the CPU's
 * affair.
 */
export function contentPlan({ shape, dtype, sizeBytes }: TensorType): ContentPlan | undefined {
  if (sizeBytes === 0 || sizeBytes > MAX_CONTENT_BYTES) return undefined;
  const { rowBytes, rowsPerPanel } = panelLayout(shape, dtype);
  const panels = { sizeBytes, panelBytes: rowBytes * rowsPerPanel };
  return { plan: planPanelDigests(panels), resultBytes: panelDigestBytes(panels) };
}
