/**
 * When to evaluate while a stroke goes on. An evaluation cannot be called off: one that was begun a moment
 * before the brush is lifted would be waited for, though nobody asks for it any more. So a stroke is followed
 * at a pace that leaves the engine free half of the time, and what stands at its end is evaluated at once.
 */

/** Milliseconds between two evaluations of a stroke, and before its first: short strokes have none. */
const LEAST = 100

/** What is evaluated, and when. */
export interface Pace<T> {
  /** What stands now. @param going - whether a stroke goes on */
  readonly take: (value: T, going: boolean) => void
  /** Leaves off what waits. */
  readonly stop: () => void
}

/**
 * @param work - evaluates; called once for each value at most
 * @param lasting - milliseconds of the last evaluation
 *
 * @example
 * ```ts
 * const pace = paced(evaluate, () => 70)
 * pace.take(first, true) // later, unless another one comes
 * pace.take(last, false) // now
 * ```
 */
export const paced = <T>(work: (value: T) => void, lasting: () => number): Pace<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let done: { readonly value: T } | undefined
  /** When the stroke, or the last evaluation of it, began. */
  let since: number | undefined
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const now = (value: T): void => {
    stop()
    if (done?.value === value) return
    done = { value }
    work(value)
  }
  return {
    stop,
    take: (value, going) => {
      stop()
      if (!going) {
        since = undefined
        return now(value)
      }
      const moment = performance.now()
      since ??= moment
      const wait = since + Math.max(LEAST, 2 * lasting()) - moment
      timer = setTimeout(() => {
        since = performance.now()
        now(value)
      }, wait)
    },
  }
}
