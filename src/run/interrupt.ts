/** Exit code of an interrupted command: 128 + SIGINT. */
export const INTERRUPTED = 130

/** Exit code of a command whose terminal closed: 128 + SIGHUP. */
export const HUNG_UP = 129

/** A signal that Ctrl-C aborts. */
export interface Interruptible {
  readonly signal: AbortSignal
  /** Aborts the signal for another reason, such as that nobody reads any more what the work says. */
  interrupt(reason: string): void
  /** Stops listening: Ctrl-C then ends the process again. */
  dispose(): void
}

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an aborted signal, so that work can save itself; a second
 * SIGINT or SIGTERM leaves at once with code 130. A second SIGHUP is nothing new: the system and the shell
 * both send one when a terminal closes. The signal's reason is the name.
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
  const interrupt = (reason: string): void => {
    if (controller.signal.aborted) return
    controller.abort(reason)
    onFirst(reason)
  }
  const insist = (name: string): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    interrupt(name)
  }
  const listeners = [
    ['SIGINT', insist],
    ['SIGTERM', insist],
    ['SIGHUP', interrupt],
  ] as const
  for (const [name, listen] of listeners) process.on(name, listen)
  const dispose = (): void => {
    for (const [name, listen] of listeners) process.off(name, listen)
  }
  return { signal: controller.signal, interrupt, dispose }
}
