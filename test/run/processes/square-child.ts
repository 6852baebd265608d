/**
 * A process that squares numbers; it dies of a number of its arguments, once for each file that it can
 * remove.
 */
import { existsSync, rmSync } from 'node:fs'
import { TweedieError } from '../../../src/error.ts'
import { serveJobs } from '../../../src/run/processes/serve-jobs.ts'
import { ndarray } from '../../../src/tensor/ndarray.ts'

const lives = process.argv.slice(2)

await serveJobs(async () => {
  if (lives.includes('unable')) throw new TweedieError('input', 'nothing to begin with')
  return async (job) => {
    const n = Number(job)
    if (n === 13) throw new TweedieError('numeric', '13 is not finite')
    if (n === 99) await new Promise((resolve) => setTimeout(resolve, 60_000))
    const life = n === 7 ? lives.find((path) => existsSync(path)) : undefined
    if (life !== undefined) {
      rmSync(life)
      process.kill(process.pid, 'SIGKILL')
    }
    return ndarray([n ** 2, process.pid])
  }
})
