/** What a worker of a run has to know, and what it does. */
import { notSetAside, type Observations } from '../../observations/index.ts'
import type { LearnRequest } from '../learning/learn-request.ts'
import type { Job } from './job.ts'

/** What of a request a worker needs. */
export interface JobRequest extends Pick<LearnRequest, 'net' | 'options'> {
  /** Version of tweedie. */
  readonly software: string
  /** What a lap draws for, by the name of its folder. */
  readonly setOf: (lap: string) => Observations
}

/** The last lap on everything draws for all observations, the others for those that are not set aside. */
export const jobRequest = (
  { net, set, options, held }: Pick<LearnRequest, 'net' | 'set' | 'options' | 'held'>,
  software: string,
): JobRequest => {
  let rest: Observations | undefined
  const setOf = (lap: string): Observations => {
    if (!held || lap === 'all') return set
    rest ??= notSetAside(set, held) // a copy of those in memory: asked for every second by who waits
    return rest
  }
  return { net, options, software, setOf }
}

/** Does one job after the other. */
export interface WorkerOf<J extends Job> {
  /**
   * Does a job, into its file; one that is there is left.
   *
   * @throws TweedieError `input` for a lap that is over or that others drew for, `numeric`, `io`
   */
  run(job: J, signal?: AbortSignal): Promise<void>
  /** Frees what it has compiled; more jobs may come. */
  release(): Promise<void>
}
