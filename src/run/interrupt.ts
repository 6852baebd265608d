/** Exit code of an interrupted command: 128 + SIGINT. */
export const INTERRUPTED = 130

/** A signal that Ctrl-C aborts. */
export interface Interruptible {
  readonly signal: AbortSignal
  /** Stops listening: Ctrl-C then ends the process again. */
  dispose(): void
}

/**
 * Turns the first SIGINT or SIGTERM into an aborted signal, so that work can save itself; the second one
 * leaves at once with code 130.
 *
 * @param onFirst called once, at the first signal: the place to say that the work is being saved.
 *
 * @example
 * ```ts
 * const { signal, dispose } = interruptible()
 * try {
 *   await diem(net, set, options, { signal })
 * } finally {
 *   dispose()
 * }
 * ```
 */
export const interruptible = (onFirst: (name: string) => void = () => {}): Interruptible => {
  const controller = new AbortController()
  const listen = (name: string): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort(name)
    onFirst(name)
  }
  const names: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']
  for (const name of names) process.on(name, listen)
  const dispose = (): void => {
    for (const name of names) process.off(name, listen)
  }
  return { signal: controller.signal, dispose }
}
