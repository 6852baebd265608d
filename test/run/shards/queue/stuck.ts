/** A worker's parts that a process without the tests can have too. */
import type { Executor, Job, QueueTimes } from '../../../../src/run/index.ts'

/** What takes seconds on machines takes fractions of them here. */
export const quick: QueueTimes = {
  lock: 1000,
  lost: 500,
  look: 20,
  silence: 500,
  beat: 1000,
  patience: 20_000,
}

/** Does nothing, and says when it was asked to. */
export const stuck = (): Executor & { readonly asked: Promise<Job> } => {
  let ask: (job: Job) => void = () => {}
  const asked = new Promise<Job>((resolve) => {
    ask = resolve
  })
  let give: (cause: unknown) => void = () => {}
  return {
    asked,
    run: (job) =>
      new Promise((_, reject) => {
        give = reject
        ask(job)
      }),
    workers: () => ({}),
    stop: async () => give(new Error('stopped')),
  }
}
