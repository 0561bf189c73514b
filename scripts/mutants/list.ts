// The mutants: small changes of the source that would be wrong, each with the test files that have to notice it.

/** One change: `find` occurs once in the file. */
export interface Mutant {
  /** What would be broken. */
  readonly area: 'identity' | 'keys' | 'classes' | 'routes' | 'fusion' | 'policy' | 'replay' | 'placement' | 'economics' | 'memo' | 'memory';
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** What a user would see. */
  readonly effect: string;
  readonly tests: readonly string[];
}

const INTERNING = ['tests/expr/interning.test.ts'];
const IDENTITY = ['tests/sheet/identity.test.ts'];
const KEYS = ['tests/fingerprint'];
const INEXACT = ['tests/sheet/inexact-devices.test.ts'];
const ROUTES = ['tests/pattern/routes.test.ts', 'tests/pattern/facts.test.ts', 'tests/pattern/sheet-routes.test.ts'];
const FUSION = ['tests/sheet/fusion.test.ts'];
const POLICY = ['tests/policy/laws.test.ts', 'tests/policy/probes.test.ts'];
const ECONOMICS = ['tests/policy/economics.test.ts', 'tests/store/memory.test.ts'];
const MEMO = ['tests/sheet/memo.test.ts', 'tests/sheet/memo-forget.test.ts', 'tests/sheet/memo-kinds.test.ts'];
const REPLAY = ['tests/trace/replay.test.ts', 'tests/trace/restated.test.ts'];
const PLACEMENT = ['tests/device/dispatch.test.ts'];

export const MUTANTS: readonly Mutant[] = [
  { area: 'identity', file: 'src/core/expr/interning.ts', tests: INTERNING, effect: 'nodes of one hash are one node', find: 'nodes[at + HASH] === hash && nodes[at + HEAD] === head && nodes[at + ATTRIBUTES] === attributes &&\n        nodes[at + A] === a && nodes[at + B] === b', replace: 'nodes[at + HASH] === hash' },
  { area: 'identity', file: 'src/core/expr/interning.ts', tests: INTERNING, effect: 'nodes of one op and hash are one node', find: 'nodes[at + ATTRIBUTES] === attributes &&\n        nodes[at + A] === a && nodes[at + B] === b', replace: 'true' },
  { area: 'identity', file: 'src/core/expr/interning.ts', tests: INTERNING, effect: 'a number that is reused keeps its life', find: '(this.#nodes[node * STRIDE + LIFE] as number) + 1', replace: '(this.#nodes[node * STRIDE + LIFE] as number)' },
  { area: 'identity', file: 'src/core/expr/interning.ts', tests: INTERNING, effect: 'a sweep frees what is held', find: 'this.#nodes[node * STRIDE + HEAD] !== 0 && this.#nodes[node * STRIDE + HOLDERS] === 0', replace: 'this.#nodes[node * STRIDE + HEAD] !== 0' },
  { area: 'identity', file: 'src/core/expr/interning.ts', tests: INTERNING, effect: 'operands are not held by their users', find: 'if (arity > 1) this.retain(b);', replace: '' },
  { area: 'identity', file: 'src/core/engine/call.ts', tests: IDENTITY, effect: 'differences commute', find: "count === 2 && a > b && row.laws.includes('commutative')", replace: 'count === 2 && a > b' },
  { area: 'identity', file: 'src/core/engine/call.ts', tests: IDENTITY, effect: 'commuted sums are two nodes', find: "if (count === 2 && a > b && row.laws.includes('commutative')) [a, b] = [b, a];", replace: '' },
  { area: 'identity', file: 'src/core/engine/call.ts', tests: [...IDENTITY, 'tests/sheet/random-programs.test.ts'], effect: 'of a list of operands only the ends count', find: 'for (let i = 1; i < count - 1; i++) a = table.intern', replace: 'for (let i = 1; i < 1; i++) a = table.intern' },
  { area: 'identity', file: 'src/core/engine/call.ts', tests: ['tests/expr/expression.test.ts'], effect: 'a node that was swept is still taken for this one', find: 'knownNode(table: InterningTable): NodeId {\n    return table.isAlive(this.#node, this.#life) ? this.#node : 0;', replace: 'knownNode(table: InterningTable): NodeId {\n    return this.#node;' },
  { area: 'identity', file: 'src/core/expr/canonicalise.ts', tests: [...IDENTITY, 'tests/ops/promotion.test.ts'], effect: 'attributes in another order are taken for the remembered ones', find: 'if (name !== knownNames[i] || !Object.is(known[name], given[name])) return false;', replace: 'if (name !== knownNames[i]) return false;' },
  { area: 'identity', file: 'src/core/expr/rules/exact.ts', tests: ['tests/laws/rules.test.ts'], effect: 'permutations are composed the wrong way around', find: 'axesOf(second).map((axis) => axesOf(first)[axis] as number)', replace: 'axesOf(first).map((axis) => axesOf(second)[axis] as number)' },
  { area: 'identity', file: 'src/core/expr/rules/exact.ts', tests: ['tests/laws/rules.test.ts'], effect: 'a product of transposed twice is transposed once', find: '[name, values[name] !== true]', replace: '[name, true]' },
  { area: 'identity', file: 'src/core/expr/matching.ts', tests: ['tests/expr/pattern.test.ts'], effect: 'a variable stands for two nodes', find: 'isSame(known, node) ? solve(next, bound) : undefined', replace: 'solve(next, bound)' },
  { area: 'identity', file: 'src/core/expr/matching.ts', tests: ['tests/expr/pattern.test.ts'], effect: 'sums are met in the order they were written in alone', find: 'if (found !== undefined || !commutes) return found;', replace: 'return found;' },

  { area: 'keys', file: 'src/core/fingerprint/encode.ts', tests: KEYS, effect: 'NaN payloads get into keys', find: 'if (Number.isNaN(value)) this.#numbers.setBigUint64(at, 0x7ff8_0000_0000_0000n, true);', replace: 'if (Number.isNaN(value)) this.#numbers.setBigUint64(at, 0x7ff8_0000_0000_0001n, true);' },
  { area: 'keys', file: 'src/core/fingerprint/encode.ts', tests: KEYS, effect: 'maps are written in the order of the caller', find: 'Object.keys(record).sort()', replace: 'Object.keys(record)' },
  { area: 'keys', file: 'src/core/fingerprint/encode.ts', tests: KEYS, effect: 'lists have no length', find: 'this.#length64(mark - 8, this.#length - mark);', replace: '' },
  { area: 'keys', file: 'src/core/fingerprint/encode.ts', tests: KEYS, effect: 'a digest is written as bytes', find: 'this.#field(TAG.digest, DIGEST_BYTES)', replace: 'this.#field(TAG.bytes, DIGEST_BYTES)' },
  { area: 'keys', file: 'src/core/fingerprint/content.ts', tests: KEYS, effect: 'contents of another dtype have one id', find: ".u8(code)", replace: '.u8(0)' },
  { area: 'keys', file: 'src/core/fingerprint/content.ts', tests: KEYS, effect: 'contents of another shape have one id', find: 'writer.list(shape, writeDimension)', replace: 'writer.list([], writeDimension)' },
  { area: 'keys', file: 'src/core/fingerprint/content.ts', tests: KEYS, effect: 'the last panel is left out', find: 'Math.min(start + blockBytes, bytes.length)', replace: 'Math.min(start + blockBytes, bytes.length - 1)' },
  { area: 'keys', file: 'src/core/fingerprint/content.ts', tests: KEYS, effect: 'panels depend on the number of rows', find: 'while (rowsPerPanel * rowBytes < PANEL_MIN_BYTES) rowsPerPanel *= 2;', replace: 'while (rowsPerPanel * rowBytes < PANEL_MIN_BYTES && rowsPerPanel < rowCount) rowsPerPanel *= 2;' },
  { area: 'keys', file: 'src/core/engine/contents.ts', tests: [...IDENTITY, 'tests/sheet/inputs.test.ts'], effect: 'a content stands at a number that is another node by now', find: 'const alive = known !== undefined && table.isAlive(known.node, known.life);', replace: 'const alive = known !== undefined;' },
  { area: 'keys', file: 'src/core/inputs/roots.ts', tests: ['tests/sheet/inputs.test.ts', 'tests/sheet/ownership.test.ts'], effect: 'a bare array is not copied', find: 'block.array.set(array as never);', replace: 'block.array.set(array.subarray(1) as never);' },
  { area: 'keys', file: 'src/core/engine/contents.ts', tests: [...IDENTITY, 'tests/sheet/inputs.test.ts'], effect: 'equal contents are two operands', find: 'if (alive) root.standAt(known.node, table);', replace: '' },

  { area: 'classes', file: 'src/core/device/dispatch.ts', tests: [...PLACEMENT, ...INEXACT], effect: 'class exact runs on any device', find: "task.numerics === 'exact' && !device.exact ? 'its results are not those of class exact' : ", replace: '' },
  { area: 'classes', file: 'src/core/sheet/sheet.ts', tests: INEXACT, effect: 'a result of tolerance enters class exact by how it was made', find: 'if (expression.row === undefined || expression.semantics === this.#view.author.semantics) return expression;', replace: 'return expression;' },
  { area: 'classes', file: 'src/core/engine/reader.ts', tests: INEXACT, effect: 'bits that were shown are not kept', find: "if (this.#view.numerics === 'tolerance' || !this.#view.reuse) this.#engine.parts.pins.renew(expression, value);", replace: '' },
  { area: 'classes', file: 'src/core/engine/admit.ts', tests: INEXACT, effect: 'an entry lost with its device is a hit', find: 'entry !== undefined && !(entry.away && entry.value.block.isLost)', replace: 'entry !== undefined' },
  { area: 'classes', file: 'src/core/engine/call.ts', tests: IDENTITY, effect: 'classes share results', find: 'return table.intern(row.number, semantics, Math.min(count, 2), attributes.id, a, b);', replace: 'return table.intern(row.number, 0, Math.min(count, 2), attributes.id, a, b);' },

  { area: 'routes', file: 'src/core/pattern/product-routes.ts', tests: ROUTES, effect: '0 · ∞ is 0', find: '(isFloat(task.type.dtype) && !(left.finite && factsOf(b).finite))', replace: 'false' },
  { area: 'routes', file: 'src/core/pattern/selection.ts', tests: ROUTES, effect: 'products keep −0', find: 'Math.fround((a as number) * (b as number)) + 0', replace: 'Math.fround((a as number) * (b as number))' },
  { area: 'routes', file: 'src/core/pattern/product-routes.ts', tests: ROUTES, effect: 'small products are scaled copies too', find: 'left.minAbs * right.minAbs >= LEAST_PRODUCT &&', replace: '' },
  { area: 'routes', file: 'src/core/pattern/product-routes.ts', tests: ROUTES, effect: 'sums that overflow are scaled copies too', find: ' && left.maxAbs * right.maxAbs * product.k <= LARGEST_SUM', replace: '' },
  { area: 'routes', file: 'src/core/pattern/product-routes.ts', tests: ROUTES, effect: 'rows that repeat are looked for in the transpose', find: 'const rows = product.transposeA ? undefined : factsOf(a).repeatedRows;', replace: 'const rows = factsOf(a).repeatedRows;' },
  { area: 'routes', file: 'src/core/pattern/linalg-routes.ts', tests: ROUTES, effect: 'a result that overflows stays', find: 'if (!Number.isFinite(out[at])) return false;', replace: '' },
  { area: 'routes', file: 'src/core/pattern/linalg-routes.ts', tests: ROUTES, effect: 'matrices with −0 are diagonal too', find: 'factsOf(value).finite && !factsOf(value).negativeZero', replace: 'factsOf(value).finite' },
  { area: 'routes', file: 'src/core/pattern/linalg-routes.ts', tests: ROUTES, effect: 'positive pivots are divided by once, where the kernel takes roots', find: 'pivots, isPositive ? 2 : 1)', replace: 'pivots, 1)' },
  { area: 'routes', file: 'src/core/pattern/linalg-routes.ts', tests: ROUTES, effect: 'a zero on the diagonal is divided by', find: 'return pivots.includes(0) ? undefined : pivots;', replace: 'return pivots;' },
  { area: 'routes', file: 'src/core/pattern/scans.ts', tests: ROUTES, effect: 'a row with two elements has one', find: 'if (at[i] !== -1) return undefined;', replace: '' },
  { area: 'routes', file: 'src/core/pattern/scans.ts', tests: ROUTES, effect: 'a constant of 0 and −0 is one', find: 'return (array as Numbers).every((value) => Object.is(value, first));', replace: 'return true;' },

  { area: 'fusion', file: 'src/core/engine/fusion.ts', tests: [...FUSION, 'tests/sheet/random-programs.test.ts'], effect: 'readers that broadcast take products in', find: 'if (type.size !== step.expression.type.size) return false;', replace: '' },
  { area: 'fusion', file: 'src/core/engine/fusion.ts', tests: FUSION, effect: 'a step with two readers is taken in by one', find: 'inner.reader !== step || ', replace: '' },
  { area: 'fusion', file: 'src/core/engine/fusion.ts', tests: FUSION, effect: 'a result that was asked for before is not kept', find: 'inner.isApart = isWanted(inner);', replace: 'inner.isApart = false;' },
  { area: 'fusion', file: 'src/core/engine/fusion.ts', tests: [...FUSION, 'tests/sheet/random-programs.test.ts'], effect: 'operands of a part go to the wrong place', find: 'step.operands.toSpliced(at, 1, ...inner.operands)', replace: 'step.operands.toSpliced(at, 1, ...[...inner.operands].reverse())' },

  { area: 'placement', file: 'src/core/device/dispatch.ts', tests: PLACEMENT, effect: 'the dearest device is taken', find: 'if (ns < bestNs) [best, bestNs] = [device, ns];', replace: 'if (ns < bestNs || bestNs === Infinity || ns > bestNs) [best, bestNs] = [device, ns];' },
  { area: 'placement', file: 'src/core/device/dispatch.ts', tests: PLACEMENT, effect: 'a placement never settles', find: 'settled === undefined && this.costs.knows', replace: 'false && this.costs.knows' },
  { area: 'placement', file: 'src/core/device/dispatch.ts', tests: PLACEMENT, effect: 'a guess settles', find: 'this.costs.knows(chosen, task) && ', replace: '' },
  { area: 'placement', file: 'src/core/device/dispatch.ts', tests: PLACEMENT, effect: 'a device that is asked by name only is taken unasked', find: 'for (const device of this.automatic)', replace: 'for (const device of this.devices)' },
  { area: 'placement', file: 'src/core/device/costs.ts', tests: PLACEMENT, effect: 'one slow call moves the mean', find: 'Math.min(perElement, OUTLIER * nsPerElement)', replace: 'perElement' },
  { area: 'placement', file: 'src/core/device/costs.ts', tests: PLACEMENT, effect: 'slow first calls count', find: 'isEarly ? Math.min(nsPerElement, perElement) :', replace: 'isEarly ? Math.max(nsPerElement, perElement) :' },
  { area: 'placement', file: 'src/core/device/dispatch.ts', tests: PLACEMENT, effect: 'what must be answered at once goes to a device that answers later', find: 'answer(device, task, mode) !== true) continue', replace: "answer(device, task, 'free') !== true) continue" },

  { area: 'policy', file: 'src/core/policy/laws.ts', tests: POLICY, effect: 'only allowed ops run, or any', find: 'if (laws.allow !== undefined && !laws.allow.includes(op)) deny(', replace: 'if (false) deny(' },
  { area: 'policy', file: 'src/core/policy/laws.ts', tests: POLICY, effect: 'forbidden ops run', find: 'if (laws.forbid?.includes(op) === true) deny(', replace: 'if (false) deny(' },
  { area: 'policy', file: 'src/core/policy/laws.ts', tests: POLICY, effect: 'results may have one byte too many', find: 'if (type.sizeBytes > (laws.maxBytes ?? Infinity))', replace: 'if (type.sizeBytes - 1 > (laws.maxBytes ?? Infinity))' },
  { area: 'policy', file: 'src/core/policy/laws.ts', tests: POLICY, effect: 'laws can be changed after they were read', find: 'return Object.freeze(Object.fromEntries(own.map((name) => [name, readLaw(name, (given as Record<string | symbol, unknown>)[name])])));', replace: 'return given as LawSet;' },
  { area: 'policy', file: 'src/core/policy/laws.ts', tests: POLICY, effect: 'names of ops are not checked', find: 'if (Array.isArray(own)) for (const op of own as readonly string[]) checkOp(name, op);', replace: '' },
  { area: 'policy', file: 'src/core/policy/laws.ts', tests: POLICY, effect: 'inherited laws are lost without a word', find: 'if (inherited !== undefined) throw', replace: 'if (false) throw' },
  { area: 'policy', file: 'src/core/engine/compute.ts', tests: POLICY, effect: 'chains are fused past the law on finite values', find: 'this.#mayFuse = policy.finite === undefined && parts', replace: 'this.#mayFuse = parts' },
  { area: 'policy', file: 'src/core/engine/compute.ts', tests: POLICY, effect: 'results are not judged when they land', find: 'if (parts.settings.policy.finite !== undefined) judgeValue(parts, step.expression, value, parts.settings.policy.finite);', replace: '' },
  { area: 'policy', file: 'src/core/engine/compute.ts', tests: POLICY, effect: 'hits are not judged', find: 'if (settings.policy.finite !== undefined) judgeValue(this.#parts, expression, entry.value, settings.policy.finite, entry);', replace: '' },
  { area: 'policy', file: 'src/core/engine/admit.ts', tests: POLICY, effect: 'calls are not judged', find: 'if (!parts.lawless) judgeCall(parts, call, view);', replace: '' },
  { area: 'memo', file: 'src/core/memo/store.ts', tests: MEMO, effect: 'the life of a reused node number is not checked', find: 'const entry = this.#parts.table.isAlive(node, life) ? this.#parts.store.get(node) : undefined;', replace: 'const entry = this.#parts.store.get(node);' },
  { area: 'memo', file: 'src/core/memo/store.ts', tests: MEMO, effect: 'a run that was forgotten is kept', find: 'return this.#flights.get(key) === flight;', replace: 'return true;' },
  { area: 'memo', file: 'src/core/memo/store.ts', tests: MEMO, effect: 'a call after forget joins the run before it', find: '  forget(key: string): boolean {\n    this.#flights.delete(key);', replace: '  forget(key: string): boolean {' },
  { area: 'memo', file: 'src/core/memo/store.ts', tests: MEMO, effect: 'forgetting all keeps the runs under way', find: '    this.#flights.clear();\n', replace: '' },
  { area: 'replay', file: 'src/core/trace/replay.ts', tests: REPLAY, effect: 'an op that throws is no divergence', find: 'if (!this.#ended.has(event.seq)) this.#diverged(', replace: 'if (false) this.#diverged(' },
  { area: 'replay', file: 'src/core/trace/replay.ts', tests: REPLAY, effect: 'versions are not compared', find: 'if (row.version !== version) {', replace: 'if (false) {' },
  { area: 'replay', file: 'src/core/trace/replay.ts', tests: REPLAY, effect: 'types are not compared', find: 'type.dtype !== dtype || type.shape.join() !== shape.join()', replace: 'false' },
  { area: 'replay', file: 'src/core/trace/replay.ts', tests: REPLAY, effect: 'there is no limit', find: 'if (this.#heldBytes + sizeBytes > maxBytes) {', replace: 'if (false) {' },
  { area: 'replay', file: 'src/core/trace/replay.ts', tests: REPLAY, effect: 'what is not used any more counts for ever', find: 'this.#heldBytes -= this.#executor.typeOf(handle).sizeBytes;', replace: '' },
  { area: 'replay', file: 'src/core/trace/replay.ts', tests: REPLAY, effect: 'other bits are equal', find: "if (verdict === 'differs') return this.#diverged(event, reason);", replace: '' },
  { area: 'replay', file: 'src/core/trace/replay.ts', tests: REPLAY, effect: 'class exact has slack', find: "event.numerics === 'exact' ? 0 : slack", replace: 'false ? 0 : slack' },
  { area: 'economics', file: 'src/core/policy/admission.ts', tests: ECONOMICS, effect: 'kept at the third sight, not the second', find: "if (sights > 0) return 'admit';", replace: "if (sights > 1) return 'admit';" },
  { area: 'economics', file: 'src/core/policy/admission.ts', tests: ECONOMICS, effect: 'what its reader stands for is kept as well', find: 'return !passedOn && pathNs', replace: 'return pathNs' },
  { area: 'economics', file: 'src/core/policy/admission.ts', tests: ECONOMICS, effect: 'what is cheaper than a look-up is kept', find: "if (pathNs < LOOKUP_NS) return 'bypass';", replace: '' },
  { area: 'economics', file: 'src/core/policy/admission.ts', tests: ECONOMICS, effect: 'the score does not decide', find: " && score >= ADMISSION_SCORE ? 'admit'", replace: " ? 'admit'" },
  { area: 'economics', file: 'src/core/store/node-store.ts', tests: ECONOMICS, effect: 'eviction ignores the score', find: '(0.25 + entry.score) * entry.costNs', replace: 'entry.costNs' },
  { area: 'economics', file: 'src/core/store/node-store.ts', tests: ECONOMICS, effect: 'eviction ignores the cost', find: '(0.25 + entry.score) * entry.costNs', replace: '(0.25 + entry.score) * 1e6' },
  { area: 'economics', file: 'src/core/store/node-store.ts', tests: ECONOMICS, effect: 'eviction ignores when it was asked for', find: 'const priority = (entry: Entry): number => entry.touched + worth(entry);', replace: 'const priority = (entry: Entry): number => worth(entry);' },
  { area: 'economics', file: 'src/core/store/node-store.ts', tests: ECONOMICS, effect: 'a hit leaves no trace', find: '      entry.touched = this.#clock;\n    }\n    return entry;', replace: '    }\n    return entry;' },
  { area: 'economics', file: 'src/core/store/node-store.ts', tests: ECONOMICS, effect: 'the budget is passed', find: 'while (this.#sizeBytes + size > this.#budgetBytes) {', replace: 'while (this.#sizeBytes > this.#budgetBytes) {' },
  { area: 'economics', file: 'src/core/engine/hash-pricing.ts', tests: ECONOMICS, effect: 'hashing is priced ten times too low', find: 'const HASH_BYTES_PER_NS = 8;', replace: 'const HASH_BYTES_PER_NS = 80;' },
  { area: 'economics', file: 'src/core/engine/hash-pricing.ts', tests: ECONOMICS, effect: 'hashing is priced at twice its cost', find: 'const HASH_BYTES_PER_NS = 8;', replace: 'const HASH_BYTES_PER_NS = 4;' },
  { area: 'economics', file: 'src/core/engine/hash-pricing.ts', tests: ECONOMICS, effect: 'hashing goes on where nothing is found', find: 'if (rate.hashed < TRIAL || (rate.hits / rate.hashed) * computeNs > hashNs) return true;', replace: 'return true;' },
];
