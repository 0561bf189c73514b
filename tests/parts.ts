// The parts of an engine, for tests and benches that watch or pin one of them.
import type { Parts } from '../src/core/engine/parts.ts';
import { type Sheet, sessionOf } from '../src/core/sheet/sheet.ts';

export { sessionOf };

export const partsOf = (sheet: Sheet): Parts => sessionOf(sheet).engine.parts;
