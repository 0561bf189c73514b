// What outlives a process on this machine.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeNotes, notesFile } from '../../src/host/node/notes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'notes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('notes', () => {
  it('are there for the next process, with those that others wrote meanwhile', () => {
    const file = join(folder, 'deep', 'notes.json');
    const [one, other] = [nodeNotes(file), nodeNotes(file)];
    expect(one.get('a')).toBeUndefined();
    one.set('a', '1');
    other.set('b', '2');
    one.set('a', '3');
    const next = nodeNotes(file);
    expect([next.get('a'), next.get('b'), next.get('toString')]).toEqual(['3', '2', undefined]);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['notes.json']);
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"format":"another","notes":{"a":"1"}}',
    '{"format":"symbolic-sheet-notes-1","notes":{"a":1,"__proto__":{"b":"2"}}}',
    '{"format":"symbolic-sheet-notes-1","notes":null}',
  ])('of a damaged file %j are none, and it is written anew', (text) => {
    const file = join(folder, 'notes.json');
    writeFileSync(file, text);
    const notes = nodeNotes(file);
    expect([notes.get('a'), notes.get('b')]).toEqual([undefined, undefined]);
    notes.set('c', '3');
    expect(nodeNotes(file).get('c')).toBe('3');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ notes: { c: '3' } });
  });

  it('that cannot be written stay with the process', () => {
    writeFileSync(join(folder, 'file'), '');
    const notes = nodeNotes(join(folder, 'file', 'notes.json'));
    notes.set('a', '1');
    expect(notes.get('a')).toBe('1');
  });

  it('lie where the user keeps what can be found again, or where the environment says', () => {
    expect(notesFile({ XDG_CACHE_HOME: '/cache' }, 'linux')).toBe('/cache/symbolic-sheet/notes.json');
    expect(notesFile({}, 'linux')).toMatch(/\.cache\/symbolic-sheet\/notes\.json$/);
    expect(notesFile({}, 'darwin')).toMatch(/Library\/Caches\/symbolic-sheet\/notes\.json$/);
    expect(notesFile({ LOCALAPPDATA: '/local' }, 'win32')).toMatch(/^\/local\/symbolic-sheet\/notes\.json$/);
    expect(notesFile({ SYMBOLIC_SHEET_NOTES: '/x/y.json' })).toBe('/x/y.json');
    expect(notesFile({ SYMBOLIC_SHEET_NOTES: 'off' })).toBeUndefined();
  });
});
