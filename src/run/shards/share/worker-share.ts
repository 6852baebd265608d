/** How a worker has the files of a run whose folder it does not see. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileDigest } from '../../../formats/index.ts'
import type { Executor } from '../executor.ts'
import { type JobFiles, jobFiles } from '../job-files.ts'
import type { SharedStore } from './shared-store.ts'

/**
 * An executor that works in a copy of the run's folder: what a job reads is fetched into it before, what it
 * has written is laid into the store and leaves the copy.
 *
 * @param executor - works in the copy
 * @param open - opens the store of the run, when it is first needed
 * @param copy - folder of the copy
 */
export const sharedByWorker = (
  executor: Executor,
  open: () => Promise<SharedStore>,
  copy: string,
): Executor => {
  let stopping = new AbortController()
  let store: SharedStore | undefined
  let here: JobFiles['reads'] = []

  const fetched = async ({ reads }: JobFiles, from: SharedStore, signal: AbortSignal): Promise<void> => {
    const isHere = ({ path, digest }: JobFiles['reads'][number]): boolean =>
      here.some((read) => read.path === path && read.digest === digest)
    const kept = reads.filter(isHere)
    for (const { path } of here)
      if (!reads.some((read) => read.path === path)) rmSync(join(copy, path), { force: true })
    here = kept
    for (const { path, digest } of reads.filter((read) => !kept.includes(read))) {
      const at = join(copy, path)
      if (!(await from.get(path, at, signal))) throw new Error(`${from.name}: ${path} is missing`)
      if (digest !== undefined && fileDigest(at) !== digest) {
        rmSync(at)
        throw new Error(`${from.name}: ${path} is damaged`)
      }
      here = [...here, { path, ...(digest === undefined ? {} : { digest }) }]
    }
  }

  return {
    drawsOnly: true,
    run: async (job) => {
      const files = jobFiles(job)
      const { signal } = stopping
      store ??= await open()
      await fetched(files, store, signal)
      await executor.run(job)
      for (const path of files.writes) {
        await store.put(join(copy, path), path, signal)
        rmSync(join(copy, path))
      }
    },
    workers: () => executor.workers(),
    stop: async () => {
      stopping.abort()
      stopping = new AbortController()
      await executor.stop()
    },
  }
}
