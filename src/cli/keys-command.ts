// The command on keys of those who write results for others: keys create | list | trust.
import { AttributeError } from '../index.ts';
import { createKeyFile, keyFiles, readTrust, type TrustedKey, trustKey } from '../tiers.ts';
import type { CommandResult } from './trace-commands.ts';

/** Options of the command, as words of the command line. */
export interface KeysCommandOptions {
  /** trust: the scopes in which the key is trusted, between commas. */
  readonly scope?: string | undefined;
}

/** Makes a key, lists those of this user and those the project trusts, or has the project trust one. */
export async function keysCommand(
  [verb = 'list', what]: readonly string[],
  options: KeysCommandOptions,
): Promise<CommandResult> {
  if (verb === 'list' && what === undefined) return list();
  if (verb === 'create' && what !== undefined) return create(what);
  if (verb === 'trust' && what !== undefined) return trust(what, options);
  throw new AttributeError('keys: say create ci-1, list, or trust ci-1:… --scope ci.', { verb });
}

function create(id: string): CommandResult {
  const record = createKeyFile(id);
  return {
    text:
      `${record.public}\n` +
      `The secret key is in ${record.file}, for whoever writes results. Those who read them trust the line above:\n` +
      `  symbolic-sheet keys trust ${record.public} --scope ${id.replace(/-\d+$/, '')}`,
    record,
    exitCode: 0,
  };
}

function list(): CommandResult {
  const own = keyFiles();
  const trusted = trustedHere();
  const lines = [
    ...(own.length === 0 ? ['You have no keys; make one with "symbolic-sheet keys create ci-1".'] : []),
    ...own.map((key) => `own      ${key.public}`),
    ...trusted.map(({ key, scopes }) => `trusted  ${key}  in ${scopes.join(', ')}`),
  ];
  return { text: lines.join('\n'), record: { own, trusted }, exitCode: 0 };
}

function trust(key: string, { scope = '' }: KeysCommandOptions): CommandResult {
  const scopes = scope.split(',').filter((name) => name !== '');
  const record = trustKey(key, scopes);
  return {
    text: `${record.file}: ${record.keys.length} trusted keys. Commit it, so that all who work here trust the same.`,
    record,
    exitCode: 0,
  };
}

/** What the project trusts; nothing where it has not said so. */
function trustedHere(): readonly TrustedKey[] {
  try {
    return readTrust();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'UNAVAILABLE') return [];
    throw error;
  }
}
