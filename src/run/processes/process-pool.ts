/** Processes of this machine that do jobs, one at a time each. A process that dies is replaced. */
import type { ChildProcess } from 'node:child_process'
import { TweedieError } from '../../error.ts'
import { errorOf, saidOf, type Told } from './messages.ts'

/** Processes at work. */
export interface ProcessPool<Job, Result> {
  /**
   * @throws TweedieError of the process where another would meet it too (`numeric`, `input`, `shape`,
   * `device`, `io`); any other error when the process was lost
   */
  do(job: Job): Promise<Result>
  /** Processes there are, jobs that are being done, and those that nobody does yet. */
  workers(): { readonly workers: number; readonly running: number; readonly waiting: number }
  /** Ends all processes; what they were at fails as `interrupted`. More can be asked for afterwards. */
  stop(): Promise<void>
}

/** A job that somebody waits for. */
interface Waiting<Job, Result> {
  readonly job: Job
  readonly resolve: (result: Result) => void
  readonly reject: (cause: unknown) => void
}

/**
 * @param count - processes at most, at least one; they are started as jobs come
 * @param start - starts one, which serves jobs (serve-jobs.ts)
 * @param resultOf - makes sure of what a process said
 *
 * @example
 * ```ts
 * import { fork } from 'node:child_process'
 * const pool = processPool<number, number>(2, () => fork('square-child.js'), Number)
 * await pool.do(3) // 9
 * await pool.stop()
 * ```
 */
export const processPool = <Job, Result>(
  count: number,
  start: () => ChildProcess,
  resultOf: (said: unknown) => Result,
): ProcessPool<Job, Result> => {
  type Asked = Waiting<Job, Result>
  const waiting: Asked[] = []
  const idle: ChildProcess[] = []
  const busy = new Map<ChildProcess, Asked>()
  const all = new Set<ChildProcess>()
  /** Those that were stopped, and end. */
  const ending = new Set<Promise<unknown>>()

  const give = (): void => {
    while (idle.length > 0 && waiting.length > 0) {
      const [child, next] = [idle.pop(), waiting.shift()]
      if (!child || !next) return
      busy.set(child, next)
      const told: Told = { job: next.job }
      child.send(told)
    }
  }
  const finish = (asked: Asked, said: unknown): void => {
    try {
      asked.resolve(resultOf(said))
    } catch (cause) {
      asked.reject(cause)
    }
  }
  const heard = (child: ChildProcess, message: unknown): void => {
    if (!all.has(child)) return
    const said = saidOf(message)
    const asked = busy.get(child)
    busy.delete(child)
    if (said.kind === 'failed' && !asked) {
      all.delete(child)
      for (const each of waiting.splice(0)) each.reject(errorOf(said))
      return
    }
    idle.push(child)
    give() // it works while its last result is looked at
    if (said.kind === 'done' && asked) finish(asked, said.result)
    if (said.kind === 'failed') asked?.reject(errorOf(said))
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
      const asked = busy.get(child)
      busy.delete(child)
      const reason = said.trim().split('\n').at(-1) ?? ''
      const error = new Error(`a worker was lost (${how})${reason === '' ? '' : `: ${reason}`}`)
      // One that could not even begin is not replaced: another would not begin either.
      if (asked) add()
      const lostWith = asked ? [asked] : all.size === 0 ? waiting.splice(0) : []
      for (const each of lostWith) each.reject(error)
    }
    child.on('message', (message) => heard(child, message))
    child.on('error', (cause) => lost(cause.message))
    child.on('exit', (code, name) => lost(name ?? `code ${code}`))
  }

  return {
    do: (job) => {
      const wanted = Math.min(count, busy.size + waiting.length + 1)
      while (all.size < wanted) add()
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
      for (const child of children) {
        const end: Promise<unknown> = new Promise((resolve) => child.once('exit', resolve))
        ending.add(end)
        void end.then(() => ending.delete(end))
        child.kill('SIGKILL') // what it writes is there whole or not at all
      }
      for (const each of given) each.reject(stopped)
      await Promise.all(ending)
    },
  }
}
