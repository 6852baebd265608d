/**
 * The rounds of a lap's replicas by others: each replica's start is a file, and so is where it comes. What
 * is averaged of them is the business of who learns.
 */
import { basename } from 'node:path'
import type { LapData, ReplicaRounds } from '../../em/index.ts'
import type { Observations } from '../../observations/index.ts'
import type { Executor, SharedWork } from './executor.ts'
import { type GivenOut, giveOut, missingOf } from './given-out.ts'
import type { RoundJob } from './job.ts'
import { observationsDigest } from './lap-input.ts'
import { endState, readEnd, removeEnd, removeRound, writeStart } from './round-file.ts'
import { removeTrainingFile, writeTrainingFile } from './training-file.ts'

/** Who did what in the rounds of a lap. */
type SharedRounds = {
  readonly rounds: number
  /** Ends that were there from before. */
  readonly kept: number
  /** Times that a replica's round was given out again. */
  readonly again: number
  /** Most workers that were seen at once; absent where nobody can know. */
  readonly workers?: number
}

/** How rounds are shared. */
interface SharedRoundsOptions {
  /** What the lap drew for. */
  readonly set: Observations
  /** After the last round. */
  readonly onEnd: (who: SharedRounds) => void
}

/** Whether it helps to give rounds of so many replicas out: there are workers, and they see the samples. */
export const sharesRounds = (
  { isLater = false, drawsOnly = false, atOnce = Number.POSITIVE_INFINITY }: Executor,
  replicas: number,
): boolean => !isLater && !drawsOnly && Math.min(atOnce, replicas) > 1

/**
 * Has the rounds of a lap taken by an executor. Ends that are there from before, of the same starts, are
 * kept.
 *
 * @param folder - of the lap's samples, which are all there
 */
export const sharedRounds = (
  executor: SharedWork,
  folder: string,
  data: LapData,
  { set, onEnd }: SharedRoundsOptions,
): ReplicaRounds => {
  const { software } = executor
  const lap = basename(folder)
  const training = writeTrainingFile(folder, data, { software, observations: observationsDigest(set) })
  const who = { rounds: 0, kept: 0, again: 0 }
  let most: number | undefined
  const given = (job: RoundJob): GivenOut & { readonly job: RoundJob } => ({
    job,
    name: `replica ${job.replica} of ${lap} (steps ${job.step + 1} to ${job.step + job.steps} of ${job.of})`,
    look: () => endState(folder, job, job.start),
    remove: () => removeEnd(folder, job),
  })
  return {
    take: async ({ step, steps, of }, starts, { onStep, onWait, signal }) => {
      const jobs = starts.map((train, replica) => {
        const round = { training, step, steps, of, replica }
        return given({ kind: 'round', lap, ...round, start: writeStart(folder, round, train) })
      })
      const missing = missingOf(jobs)
      const say = (): void => {
        const { workers } = executor.workers()
        if (workers !== undefined) most = Math.max(most ?? 0, workers)
        onWait()
      }
      who.again += await giveOut(executor, missing, { onDone: say, say, signal })
      who.kept += jobs.length - missing.length
      who.rounds++
      const ends = jobs.map(({ job }, replica) => readEnd(folder, job, starts[replica]))
      for (const { losses } of ends) for (const loss of losses) onStep(loss)
      for (const { job } of jobs) removeRound(folder, job)
      if (step + steps === of) onEnd({ ...who, ...(most === undefined ? {} : { workers: most }) })
      return ends.map(({ train }) => train)
    },
    release: async () => removeTrainingFile(folder),
  }
}
