/**
 * A process that does a part of the work of a command for the one that runs it (src/cli/command-spread.ts):
 * the command with its arguments and options comes as JSON, the jobs by messages.
 */
import { z } from 'zod'
import { serveJobs } from '../run/index.ts'
import { requestSchema } from './command-spread.ts'
import { commands } from './commands.ts'
import type { CommandSpec } from './help/spec.ts'
import { makeIo } from './io.ts'

await serveJobs(async () => {
  const [text] = z.tuple([z.string()]).parse(process.argv.slice(2))
  const { command, args, options } = requestSchema.parse(JSON.parse(text))
  const spec: CommandSpec = commands[command]
  const { work } = await spec.load()
  if (!work) throw new Error(`'${command}' has no work to share`)
  return work(args, options, makeIo(process, { quiet: true }, new AbortController().signal))
})
