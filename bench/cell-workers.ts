/** `--workers n` of benches: cells that know nothing of each other, by several processes (cell-child.ts). */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { threadsEach } from '../src/cli/start-child.ts'
import { TweedieError } from '../src/error.ts'
import { poolSpread, processPool } from '../src/run/index.ts'
import { inOrder } from '../src/tensor/index.ts'

/** A bench as it was asked for. */
export interface Asked {
  readonly bench: string
  readonly args: readonly string[]
  /** Processes, as its options say it. */
  readonly workers: string | undefined
  readonly signal?: AbortSignal
}

const countOf = (text: string): number => {
  const [count, most] = [Number(text), availableParallelism()]
  if (Number.isInteger(count) && count >= 1 && count <= most) return count
  throw new TweedieError('input', `--workers: expected an integer of 1 to ${most}, got '${text}'`)
}

/**
 * Makes every cell, here one after the other or by the processes that were asked for, and takes them in
 * order.
 */
export const eachCell = async <Made>(
  { bench, args, workers, signal = new AbortController().signal }: Asked,
  names: readonly string[],
  { make, made }: { readonly make: (name: string) => Promise<Made>; readonly made: z.ZodType<Made> },
  take: (made: Made, name: string) => void,
): Promise<void> => {
  if (workers === undefined) return inOrder(names, Object.assign(make, { ahead: 1 }), take)
  const count = countOf(workers)
  const child = fileURLToPath(new URL('./cell-child.ts', import.meta.url))
  const start = () =>
    fork(child, [bench, JSON.stringify(args)], {
      env: { ...process.env, TWEEDIE_THREADS: String(threadsEach(count)) },
      execArgv: ['--import', import.meta.resolve('tsx')],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
  const pool = processPool<string, Made>(count, start, (said) => made.parse(said))
  const jobs = { nameOf: (name: string) => `'${name}'`, work: `bench ${bench}` }
  try {
    await inOrder(names, poolSpread(pool, count, jobs, signal), take)
  } finally {
    await pool.stop()
  }
}
