/** Who does the jobs of a lap: processes of this machine, of others, whoever comes. */
import { TweedieError } from '../../error.ts'
import type { Job } from './job.ts'

/** How an executor tells of its work. */
export interface Workers {
  /** Workers that are known to be at work; absent where nobody can know. */
  readonly workers?: number
  /** Jobs that are being done. */
  readonly running?: number
  /** Jobs that nobody does yet. */
  readonly waiting?: number
}

/** Nobody can be asked any more, whatever the job. */
export class LostExecutor extends TweedieError {
  constructor(message: string, options?: ErrorOptions) {
    super('io', message, options)
  }
}

/** Of a failure that is of no job: with it nobody can be asked any more. */
export const lostWith = (cause: unknown): unknown =>
  cause instanceof TweedieError && cause.code !== 'interrupted' && !(cause instanceof LostExecutor)
    ? new LostExecutor(cause.message, { cause })
    : cause

/** Has jobs done. */
export interface Executor {
  /**
   * Resolves when the job's file should be there; whoever asked looks at it.
   *
   * @throws TweedieError of the worker where it is one that the job would give again (`numeric`, `input`,
   * `io`); LostExecutor; any other error of a worker that was lost
   */
  run(job: Job): Promise<void>
  /** What is known of those who work. */
  workers(): Workers
  /** Most jobs that it does at once; absent where nobody can know. */
  readonly atOnce?: number
  /** True of one whose workers do not see a lap's samples: rounds of replicas are not for them. */
  readonly drawsOnly?: boolean
  /** True of one that does nothing now: a lap that misses shards ends as {@link WaitingForShards}. */
  readonly isLater?: boolean
  /** Gives up what is being done, which fails as `interrupted`. More can be asked for afterwards. */
  stop(): Promise<void>
}

/** A lap lacks shards that others will draw, and nobody waits for them: learning goes on with `--resume`. */
export class WaitingForShards extends Error {
  override readonly name = 'WaitingForShards'
  /** Folder of the lap among the draws. */
  readonly lap: string
  /** Shards that are missing. */
  readonly missing: number

  constructor(lap: string, missing: number) {
    super(`${lap} waits for ${missing} shards`)
    this.lap = lap
    this.missing = missing
  }
}

/** An executor for a run: who works for it has to be of the same version. */
export interface SharedWork extends Executor {
  /** Version of tweedie. */
  readonly software: string
}
