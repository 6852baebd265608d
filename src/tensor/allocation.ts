/** A bound on what a piece of work may allocate: sizes that come from a file are not believed beforehand. */
import { TweedieError } from '../error.ts'

interface Budget {
  left: number
  readonly problem: string
}

/** The budget of the work at hand, if it has one. */
let budget: Budget | undefined

/**
 * Takes elements from the budget, before they are allocated.
 *
 * @throws TweedieError `input` when it is used up
 */
export const spend = (elements: number): void => {
  if (!budget) return
  budget.left -= elements
  if (!(budget.left >= 0)) throw new TweedieError('input', budget.problem)
}

/**
 * Does work, not asynchronous, whose arrays may have so many elements in all.
 *
 * @param most - elements
 * @param problem - message of the error when they do not suffice
 * @throws TweedieError `input` before more than those are allocated
 *
 * @example
 * ```ts
 * withinElements(1000, 'too large', () => zeros([10, 10]))
 * ```
 */
export const withinElements = <T>(most: number, problem: string, work: () => T): T => {
  const outer = budget
  budget = { left: most, problem }
  try {
    return work()
  } finally {
    budget = outer
  }
}
