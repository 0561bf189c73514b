// What a disk store answers: a result whose elements stand with its record, or are read from a file of their own when
// somebody needs them. Both know by the checksum of the record whether they are those that were put.
import type { Stored, StoredCosts, StoredElements } from '../../kit.ts';
import { checksums } from './checksums.ts';
import { hasContent, readContent, type ReadContent, readContentNow } from './content.ts';
import type { FileSystem } from './file-system.ts';
import type { StoredRecord } from './record.ts';

class Answer implements Stored {
  readonly key: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly digest: string;
  readonly elements: Uint8Array | FileElements;
  readonly isFresh = true;
  readonly facts: number;
  readonly costs: StoredCosts;
  readonly producer: string;
  readonly #isSummed: boolean;

  /** `isSummed`: whether the elements, where they are given at once, have the checksum of the record. */
  constructor(record: StoredRecord, elements: Uint8Array | FileElements, isSummed: boolean) {
    this.key = record.key;
    this.dtype = record.dtype;
    this.shape = record.shape;
    this.digest = record.digest;
    this.elements = elements;
    this.facts = record.facts;
    this.costs = record.costs;
    this.producer = record.producer;
    this.#isSummed = isSummed;
  }

  isWhole(elements: Uint8Array): boolean {
    return this.elements instanceof FileElements
      ? this.elements.isWhole(elements)
      : this.#isSummed && elements === this.elements;
  }
}

/** The result of a record and the elements that stand with it; they are copied. */
export function answerInRecord(standing: Uint8Array, record: StoredRecord): Stored {
  const isSummed = record.sum !== undefined && checksums().of(standing) === record.sum;
  return new Answer(record, new Uint8Array(standing), isSummed);
}

/** The result of a record whose elements are in a file; undefined where there is none of their length. */
export const answerInFile = (files: FileSystem, record: StoredRecord): Stored | undefined =>
  hasContent(files, record.digest, record.elementBytes)
    ? new Answer(record, new FileElements(files, record), false)
    : undefined;

/** Elements in a file. */
class FileElements implements StoredElements {
  readonly sizeBytes: number;
  readonly #files: FileSystem;
  readonly #digest: string;
  readonly #sum: bigint | undefined;
  /** What was read last and has the checksum of the record; others may have let go of it. */
  #whole: WeakRef<Uint8Array> | undefined;

  constructor(files: FileSystem, { digest, elementBytes, sum }: StoredRecord) {
    this.sizeBytes = elementBytes;
    this.#files = files;
    this.#digest = digest;
    this.#sum = sum;
  }

  async read(): Promise<Uint8Array | undefined> {
    return this.#summed(await readContent(this.#files, this.#digest, this.sizeBytes));
  }

  readNow(): Uint8Array | undefined {
    return this.#summed(readContentNow(this.#files, this.#digest, this.sizeBytes));
  }

  isWhole(elements: Uint8Array): boolean {
    return this.#whole?.deref() === elements;
  }

  #summed(content: ReadContent | undefined): Uint8Array | undefined {
    if (content === undefined) return undefined;
    if (content.sum === this.#sum) this.#whole = new WeakRef(content.bytes);
    return content.bytes;
  }
}
