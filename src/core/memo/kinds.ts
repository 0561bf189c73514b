// Kinds of arrays: a memoised function is given the very kind its caller gave, and gives back what no tensor holds as
// it was.
import { checkReadable } from '../tensor/foreign-dtypes.ts';
import { bytesOf, dtypeOfArray } from '../tensor/dtype.ts';

type ViewClass = (new (buffer: ArrayBuffer) => ArrayBufferView) & { readonly prototype: object };

const TYPED = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** The name of the language's own class of a view, whatever subclass or realm it is of. */
const tagOf = (view: ArrayBufferView): string =>
  (Reflect.get(TYPED, Symbol.toStringTag, view) as string | undefined) ?? 'DataView';

/**
 * What a tensor or an array is apart from its elements, as a text: `Float32Array`, `Uint8Array Buffer`, `dims Tensor`.
 */
export function kindOf(leaf: object): string {
  const made = (leaf as { constructor?: { name?: unknown } }).constructor?.name;
  const name = typeof made === 'string' ? made : '';
  if (!ArrayBuffer.isView(leaf)) return `${'dims' in leaf ? 'dims' : 'dataId' in leaf ? 'dataId' : 'data'} ${name}`;
  const tag = tagOf(leaf);
  return name === tag ? tag : `${tag} ${name}`;
}

/** Whether no tensor stands for an array: bytes of a file, pixels that clamp. */
export function isOpaque(view: ArrayBufferView): boolean {
  const kind = kindOf(view);
  return dtypeOfArray(view) === undefined || kind.startsWith('Uint8ClampedArray') || kind.startsWith('Uint8Array ');
}

/** Bytes as a view of the same kind as another. The bytes are the view's from now on. */
export function viewLike(like: ArrayBufferView, bytes: Uint8Array): ArrayBufferView {
  return made(tagOf(like), Object.getPrototypeOf(like) as object, bytes);
}

function made(tag: string, prototype: object, bytes: Uint8Array): ArrayBufferView {
  const View = (globalThis as unknown as Record<string, ViewClass>)[tag]!;
  const view = new View(bytes.buffer as ArrayBuffer);
  // Subclasses, as Buffer, are known by their prototype; their constructors may want other arguments.
  return View.prototype === prototype ? view : (Object.setPrototypeOf(view, prototype) as ArrayBufferView);
}

/** A copy of the same kind, in memory of its own. A SourceError when the memory under the view is gone. */
export function copyView(view: ArrayBufferView, owner: string): ArrayBufferView {
  checkReadable(view, owner);
  return viewLike(view, bytesOf(view).slice());
}

/** Kinds that results had, to make them again; as many as a program has classes. */
const prototypes = new Map<string, object>();

/** The kind of a view, by which `reviveView` makes another. */
export function rememberKind(view: ArrayBufferView): string {
  const kind = kindOf(view);
  prototypes.set(kind, Object.getPrototypeOf(view) as object);
  return kind;
}

/** A view of a remembered kind over bytes that are its own. */
export const reviveView = (kind: string, bytes: Uint8Array): ArrayBufferView =>
  made(kind.split(' ')[0]!, prototypes.get(kind)!, bytes);
