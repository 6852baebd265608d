/** How the process that learns shares a run with machines that do not see its folder. */
import { dirname, join, sep } from 'node:path'
import { checkAborted } from '../../../progress.ts'
import { type Executor, lostWith } from '../executor.ts'
import { type JobFiles, jobFiles } from '../job-files.ts'
import { within } from '../patience.ts'
import { atMost } from './at-most.ts'
import type { SharedStore } from './shared-store.ts'

/** Files that travel at once. */
const TRANSFERS = 8

/** Time for leaving a store that may be away, ms. */
const LEAVING = 5000

/** Jobs that read the same, as those of a lap do. */
interface OpenJobs {
  readonly reads: JobFiles['reads']
  readonly store: SharedStore
  /** Files that such jobs have left in the store. */
  readonly written: Set<string>
}

const nameOf = (reads: JobFiles['reads']): string => JSON.stringify(reads)

/**
 * An executor whose workers have the run's files from a store: what jobs read is laid there before the first
 * of them is given out; what a job writes is fetched from there, and removed. What is there of other jobs
 * goes. Shards that workers have laid there for a process that was killed are taken.
 *
 * @param executor - gives jobs out
 * @param open - opens the store of the run
 * @param folder - of the run
 *
 * @example
 * ```ts
 * const share = await openShare('s3://runs/shared')
 * const files = fileExecutor('runs/digits/draws')
 * const executor = sharedByLearner(files, async () => share.storeOf('c0ffee'), 'runs/digits')
 * await executor.stop() // leaves nothing in the store
 * ```
 */
export const sharedByLearner = (
  executor: Executor,
  open: () => Promise<SharedStore>,
  folder: string,
): Executor => {
  const transfer = atMost(TRANSFERS)
  let stopping = new AbortController()
  let leaving: Promise<void> | undefined
  let store: SharedStore | undefined
  let jobs: { readonly name: string; readonly opened: Promise<OpenJobs> } | undefined
  let last: OpenJobs | undefined

  /** Has the store hold what these jobs read, and what jobs beside them have written. */
  const prepared = async ({ reads, writes }: JobFiles, signal: AbortSignal): Promise<OpenJobs> => {
    await leaving
    store ??= await open()
    const own = store
    const found = (await own.list(signal)).map((key) => key.split('/').join(sep))
    const inputs = reads.map(({ path }) => path)
    const places = writes.map(dirname)
    const outputs = found.filter((path) => places.includes(dirname(path)) && !inputs.includes(path))
    const stale = found.filter((path) => !inputs.includes(path) && !outputs.includes(path))
    const laid = new Set(last?.reads.map((read) => nameOf([read])))
    const fresh = reads.filter((read) => !(laid.has(nameOf([read])) && found.includes(read.path)))
    await Promise.all([
      ...stale.map((path) => transfer(() => own.remove(path, signal))),
      ...fresh.map(({ path }) => transfer(() => own.put(join(folder, path), path, signal))),
    ])
    checkAborted(signal, 'the work')
    last = { reads, store: own, written: new Set(outputs) }
    return last
  }
  const openedFor = (files: JobFiles, signal: AbortSignal): Promise<OpenJobs> => {
    const name = nameOf(files.reads)
    if (jobs?.name !== name) jobs = { name, opened: prepared(files, signal) }
    return jobs.opened
  }
  const fetched = async (
    from: SharedStore,
    writes: readonly string[],
    signal: AbortSignal,
  ): Promise<void> => {
    for (const path of writes)
      await transfer(async () => {
        if (await from.get(path, join(folder, path), signal)) await from.remove(path, signal)
      })
  }
  /** What goes wrong with the store is of no shard. */
  const ofNone = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (cause) {
      throw lostWith(cause)
    }
  }
  const emptied = async (left: SharedStore): Promise<void> => {
    const keys = await left.list()
    await Promise.all(keys.map((key) => transfer(() => left.remove(key))))
  }
  const leave = async (): Promise<void> => {
    stopping.abort()
    stopping = new AbortController()
    const left = store
    store = undefined
    jobs = undefined
    last = undefined
    await executor.stop()
    // Of a store that is away nothing can be removed: the run's next session does.
    if (left) await within(LEAVING, emptied(left)).catch(() => {})
  }

  return {
    drawsOnly: true,
    run: async (job) => {
      const files = jobFiles(job)
      const { signal } = stopping
      const { store, written } = await ofNone(openedFor(files, signal))
      const isThere = files.writes.every((path) => written.delete(path))
      if (!isThere) await executor.run(job)
      await ofNone(fetched(store, files.writes, signal))
    },
    workers: () => executor.workers(),
    stop: () => {
      leaving ??= leave().finally(() => {
        leaving = undefined
      })
      return leaving
    },
  }
}
