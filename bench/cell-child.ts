/** A process that makes cells of a bench for the one that runs it (cell-workers.ts). */
import { z } from 'zod'
import { type DoJob, serveJobs } from '../src/run/index.ts'

await serveJobs(async () => {
  const [name, text] = z.tuple([z.string(), z.string()]).parse(process.argv.slice(2))
  const args = z.array(z.string()).parse(JSON.parse(text))
  const bench: { cells?: (args: readonly string[]) => Promise<DoJob> } = await import(`./${name}.ts`)
  if (!bench.cells) throw new Error(`bench '${name}' has no cells`)
  return bench.cells(args)
})
