// A .sqs.json file that ends too early: what its whole lines say, up to the cut.
import type { Json } from './json-values.ts';
import type { Flaw } from './trace.ts';

/** What a list is closed with, by the line that opened it. */
const OPENERS = /^"(events|annotations|roots)":\[$/;

/** The value of a JSON text; where the text was cut, the value of its whole lines and what happened. */
export function parseOrRepair(text: string): { readonly json: Json; readonly cut?: Flaw } {
  try {
    return { json: JSON.parse(text) as Json };
  } catch {
    return { json: repair(text) ?? null, cut: flawOf(text) };
  }
}

function flawOf(text: string): Flaw {
  if (!START.test(text))
    return { code: 'not-a-trace', message: 'This is no trace; give a .sqs.json file that sheet.trace.save wrote.' };
  if (text.trimEnd().endsWith(']}'))
    return {
      code: 'edited',
      message: 'This .sqs.json was edited: it is no JSON any more. Take the file from where it was written.',
    };
  return {
    code: 'truncated',
    message:
      `This .sqs.json ends after ${text.length} characters without its end: copy it again, or load it with { ` +
      `damaged: 'prefix' }.`,
  };
}

const START = /^\s*\{\s*"format":\s*"sqs-trace"/;

/** Drops the last, partial line and closes what is open: the layout of lines is that of json-export.ts. */
function repair(text: string): Json | undefined {
  const lines = text.split('\n').slice(0, -1);
  const kept: string[] = [];
  let open = false;
  for (const line of lines) {
    if (OPENERS.test(line)) open = true;
    else if (line === '],') open = false;
    kept.push(line);
  }
  const body = kept.join('\n').replace(/,$/, '');
  try {
    return JSON.parse(`${body}${open ? ']' : ''}}`) as Json;
  } catch {
    return undefined;
  }
}
