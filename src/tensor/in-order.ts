/** Work by jobs, of which others may do several at a time, with the results in the order of the jobs. */

/** What does jobs: this process one after the other, or several processes. */
export interface Spread<Job, Result> {
  (job: Job): Promise<Result>
  /** Jobs that are given to it before the first of them is taken; this bounds the results in memory. */
  readonly ahead: number
}

/** A spread that holds something, such as a compiled program. */
export interface HeldSpread<Job, Result> extends Spread<Job, Result> {
  release(): Promise<void>
}

/** Works by a given spread, or by one that is made for it and released after it. */
export const withSpread = async <Job, Result, R>(
  given: Spread<Job, Result> | undefined,
  make: () => HeldSpread<Job, Result>,
  work: (spread: Spread<Job, Result>) => Promise<R>,
): Promise<R> => {
  if (given) return work(given)
  const made = make()
  try {
    return await work(made)
  } finally {
    await made.release()
  }
}

/**
 * Does the jobs, and takes their results in the order of the jobs. A job is asked for no sooner than it is
 * begun.
 *
 * @throws what the first job that fails throws; later results are dropped
 *
 * @example
 * ```ts
 * const squared = Object.assign(async (n: number) => n ** 2, { ahead: 2 })
 * await inOrder([1, 2, 3], squared, (square, n) => console.log(n, square)) // 1 1, 2 4, 3 9
 * ```
 */
export const inOrder = async <Job, Result>(
  jobs: Iterable<Job>,
  spread: Spread<Job, Result>,
  take: (result: Result, job: Job) => void | Promise<void>,
): Promise<void> => {
  const next = jobs[Symbol.iterator]()
  const underWay: { readonly job: Job; readonly result: Promise<Result> }[] = []
  const begin = (): void => {
    while (underWay.length < spread.ahead) {
      const { done, value: job } = next.next()
      if (done) return
      const result = spread(job)
      result.catch(() => {}) // it is waited for when its turn comes, or an earlier one has failed
      underWay.push({ job, result })
    }
  }
  for (;;) {
    begin()
    const first = underWay.shift()
    if (!first) return
    await take(await first.result, first.job)
  }
}
