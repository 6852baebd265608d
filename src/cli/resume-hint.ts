/** How a run that exists goes on: the exact command. */
import { TweedieError } from '../error.ts'
import type { AnyValues } from './options.ts'

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/**
 * An error of a command that works in a run folder, with the command that goes on with the run where there is
 * one: the run exists and `--resume` was not given, or the work was interrupted.
 *
 * @param words - of the command line, after the name of the program
 */
export const withResumeHint = async (
  error: unknown,
  options: AnyValues,
  words: readonly string[],
): Promise<unknown> => {
  if (!(error instanceof TweedieError) || typeof options.run !== 'string') return error
  const { isRunFolder, RunExistsError } = await import('../run/index.ts')
  const goesOn = error.code === 'interrupted' || error instanceof RunExistsError
  if (!goesOn || !isRunFolder(options.run)) return error
  const resume = words.includes('--resume') ? [] : ['--resume']
  const command = ['tweedie', ...[...words, ...resume].map(quoted)].join(' ')
  return new TweedieError(error.code, `${error.message}. To go on with it: ${command}`, { cause: error })
}
