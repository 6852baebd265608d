/** `tweedie observe` in process, as it is written on a command line, in a folder of files. */
import { join } from 'node:path'
import { run } from '../../../src/cli/commands/observe.ts'
import type { OptionsOf } from '../../../src/cli/commands.ts'
import { makeIo } from '../../../src/cli/io.ts'
import { makeProgram } from '../../../src/cli/program.ts'
import { type ObservationSet, readObservations } from '../../../src/observations/index.ts'

/** The words of a line; quotes hold those with spaces together. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)

/**
 * Runs a line `tweedie observe … -o mine.npz`, its files in a folder, and reads what it wrote.
 *
 * @param note - takes what the command remarks
 */
export const observeLine = async (
  line: string,
  folder: string,
  note: (text: string) => void = () => {},
): Promise<ObservationSet> => {
  const placed = wordsOf(line).map((word) =>
    word.replace(/[\w-]+\.(np[yz]|onnx|h5)$/, (file) => join(folder, file)),
  )
  const quiet = { json: false, quiet: true }
  const io = { ...makeIo(process, quiet, new AbortController().signal), note, result: () => {} }
  const program = makeProgram('0', (_, args, options) => run(args, options as OptionsOf<'observe'>, io))
  await program.parseAsync(['node', ...placed])
  return readObservations(join(folder, 'mine.npz'))
}
