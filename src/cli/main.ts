#!/usr/bin/env node
import { CommanderError } from 'commander'
import { interruptible } from '../run/interrupt.ts'
import { type CommandName, commands } from './commands.ts'
import { type ExitCode, exitCodeOf, explain } from './exit.ts'
import type { CommandSpec } from './help/spec.ts'
import { makeIo } from './io.ts'
import type { AnyValues } from './options.ts'
import { makeProgram, moreHelp } from './program.ts'
import { withResumeHint } from './resume-hint.ts'
import { readVersion } from './version.ts'

const dispatch = async (name: CommandName, args: readonly string[], options: AnyValues): Promise<void> => {
  // The engine reads it when it is loaded, which happens below.
  if (options.threads !== undefined) process.env.TWEEDIE_THREADS = String(options.threads)
  const { interrupted = 'interrupted: saving; once more to leave at once' }: CommandSpec = commands[name]
  const { signal, interrupt, dispose } = interruptible(() => io.note(interrupted))
  const unheard = (): void => interrupt('nobody reads the output')
  for (const stream of [process.stdout, process.stderr]) stream.on('error', unheard)
  const io = makeIo(process, { json: options.json === true, quiet: options.quiet === true }, signal)
  try {
    const command = await commands[name].load()
    await command.run(args, options, io)
  } catch (error) {
    throw await withResumeHint(error, options, process.argv.slice(2))
  } finally {
    io.end()
    dispose()
  }
}

/** Commander's own errors are about usage; help and version are no errors. */
const reportUsage = (error: CommanderError): ExitCode => {
  if (error.exitCode === 0) return 0
  if (error.code !== 'commander.help') {
    const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
    process.stderr.write(`tweedie: ${message}\n`)
  }
  return 2
}

const main = async (argv: readonly string[]): Promise<ExitCode> => {
  try {
    await makeProgram(readVersion(), dispatch, await moreHelp(argv)).parseAsync(argv)
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error)
    process.stderr.write(`${explain(error, argv.includes('--debug'))}\n`)
    return exitCodeOf(error)
  }
}

// A reader that has enough (`tweedie info … | head`) closes the pipe: that is no failure. A command at work
// is interrupted by it, see `dispatch`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
// Nobody can be told that stderr is lost (EPIPE; EIO of a terminal that closed).
process.stderr.on('error', () => {})

process.exitCode = await main(process.argv)
