/** Processes of this machine that do jobs, one at a time each. A process that dies is replaced. */
import type { ChildProcess } from 'node:child_process'
import { z } from 'zod'
import { TweedieError } from '../../error.ts'
import type { Executor } from './executor.ts'
import { type Job, jobSchema } from './job.ts'

/** What a process is told. */
type ToWorker = { readonly kind: 'job'; readonly job: Job }

/**
 * What it says: that it is ready for the next job, after the last one was done or was not. What fails
 * before it was ever ready is the beginning.
 */
const saidSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('failed'), code: z.string(), message: z.string() }),
])

export type FromWorker = z.output<typeof saidSchema>

const toldSchema = z.object({ kind: z.literal('job'), job: jobSchema })

/** A message that a worker got. @throws Error for any other */
export const toldOf = (message: unknown): ToWorker => toldSchema.parse(message)

/** A job that somebody waits for. */
interface Waiting {
  readonly job: Job
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

const errorOf = ({ code, message }: Extract<FromWorker, { kind: 'failed' }>): Error =>
  code === 'numeric' || code === 'input' || code === 'io'
    ? new TweedieError(code, message)
    : new Error(message)

/**
 * @param count - processes, at least one
 * @param start - starts one; it says `ready` once it can work
 *
 * @example
 * ```ts
 * import { fork } from 'node:child_process'
 * const pool = workerPool(2, () => fork('shard-child.js', ['runs/digits', 'cpu']))
 * await pool.run({ kind: 'shard', lap: 'lap-002', prior: 'c0ffee', shard: 3, from: 384, to: 512 })
 * await pool.stop()
 * ```
 */
export const workerPool = (count: number, start: () => ChildProcess): Executor => {
  const waiting: Waiting[] = []
  const idle: ChildProcess[] = []
  const busy = new Map<ChildProcess, Waiting>()
  const all = new Set<ChildProcess>()

  const give = (): void => {
    while (idle.length > 0 && waiting.length > 0) {
      const [child, next] = [idle.pop(), waiting.shift()]
      if (!child || !next) return
      busy.set(child, next)
      child.send({ kind: 'job', job: next.job } satisfies ToWorker)
    }
  }
  const heard = (child: ChildProcess, message: unknown): void => {
    if (!all.has(child)) return
    const said = saidSchema.parse(message)
    const of = busy.get(child)
    busy.delete(child)
    if (said.kind === 'failed' && !of) {
      all.delete(child)
      for (const each of waiting.splice(0)) each.reject(errorOf(said))
      return
    }
    idle.push(child)
    if (said.kind === 'done') of?.resolve()
    if (said.kind === 'failed') of?.reject(errorOf(said))
    give()
  }
  const add = (): void => {
    const child = start()
    all.add(child)
    let isLost = false
    let said = ''
    child.stderr?.on('data', (text) => {
      said = `${said}${text}`.slice(-400)
    })
    const lost = (how: string): void => {
      if (isLost) return
      isLost = true
      if (!all.delete(child)) return // it was stopped
      const at = idle.indexOf(child)
      if (at >= 0) idle.splice(at, 1)
      const of = busy.get(child)
      busy.delete(child)
      const reason = said.trim().split('\n').at(-1) ?? ''
      const error = new Error(`a worker was lost (${how})${reason === '' ? '' : `: ${reason}`}`)
      // One that could not even begin is not replaced: another would not begin either.
      if (of) add()
      const lostWith = of ? [of] : all.size === 0 ? waiting.splice(0) : []
      for (const each of lostWith) each.reject(error)
    }
    child.on('message', (message) => heard(child, message))
    child.on('error', (cause) => lost(cause.message))
    child.on('exit', (code, name) => lost(name ?? `code ${code}`))
  }

  return {
    atOnce: count,
    run: (job) => {
      while (all.size < count) add()
      return new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject })
        give()
      })
    },
    workers: () => ({ workers: all.size, running: busy.size, waiting: waiting.length }),
    stop: async () => {
      const stopped = new TweedieError('interrupted', 'the workers were stopped')
      const given = [...waiting.splice(0), ...busy.values()]
      const children = [...all]
      idle.length = 0
      busy.clear()
      all.clear()
      const ends = children.map((child) => new Promise((resolve) => child.once('exit', resolve)))
      for (const child of children) child.kill('SIGKILL') // a file is written whole or not at all
      for (const each of given) each.reject(stopped)
      await Promise.all(ends)
    },
  }
}
