/** A worker's parts that a process without the tests can have too. */
import type { Executor, QueueTimes, ShardJob } from '../../../../src/run/index.ts'

/** What takes seconds on machines takes fractions of them here. */
export const quick: QueueTimes = {
  lock: 1000,
  lost: 500,
  look: 20,
  silence: 500,
  beat: 1000,
  patience: 20_000,
}

/** Draws nothing, and says when it was asked to. */
export const stuck = (): Executor & { readonly asked: Promise<ShardJob> } => {
  let ask: (job: ShardJob) => void = () => {}
  const asked = new Promise<ShardJob>((resolve) => {
    ask = resolve
  })
  let give: (cause: unknown) => void = () => {}
  return {
    asked,
    draw: (job) =>
      new Promise((_, reject) => {
        give = reject
        ask(job)
      }),
    workers: () => ({}),
    stop: async () => give(new Error('stopped')),
  }
}
