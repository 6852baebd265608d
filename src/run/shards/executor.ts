/** Who draws the shards of a lap: processes of this machine, of others, whoever comes. */
import { TweedieError } from '../../error.ts'

/** A shard to be drawn. Drawing it twice gives the same bytes, so it may be given out more than once. */
export interface ShardJob {
  /** Folder of the lap among the draws of the run: `lap-003`, or `all` in the last lap on everything. */
  readonly lap: string
  /** Digest of the lap's file. */
  readonly prior: string
  readonly shard: number
  /** First row of the samples, and the one after the last. */
  readonly from: number
  readonly to: number
}

/** How an executor tells of its work. */
export interface Workers {
  /** Workers that are known to be at work; absent where nobody can know. */
  readonly workers?: number
  /** Shards that are being drawn. */
  readonly running?: number
  /** Shards that nobody draws yet. */
  readonly waiting?: number
}

/** Nobody can be asked to draw any more, whatever the shard. */
export class LostExecutor extends TweedieError {
  constructor(message: string, options?: ErrorOptions) {
    super('io', message, options)
  }
}

/** Of a failure that is of no shard: with it nobody can be asked any more. */
export const lostWith = (cause: unknown): unknown =>
  cause instanceof TweedieError && cause.code !== 'interrupted' && !(cause instanceof LostExecutor)
    ? new LostExecutor(cause.message, { cause })
    : cause

/** Has shards drawn. */
export interface Executor {
  /**
   * Resolves when the shard's file should be there; whoever asked looks at it.
   *
   * @throws TweedieError of the worker where it is one that drawing again would give again (`numeric`,
   * `input`, `io`); LostExecutor; any other error of a worker that was lost
   */
  draw(job: ShardJob): Promise<void>
  /** What is known of those who draw. */
  workers(): Workers
  /** True of one that draws nothing now: a lap that misses shards ends as {@link WaitingForShards}. */
  readonly isLater?: boolean
  /** Gives up what is being drawn, which fails as `interrupted`. More can be asked for afterwards. */
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

/** An executor for a lap: who draws has to be of the same version. */
export interface SharedDrawing extends Executor {
  /** Version of tweedie. */
  readonly software: string
}
