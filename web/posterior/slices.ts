/** Milliseconds of work before the page gets its turn: 60 frames a second leave 16. */
const BUDGET = 8

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(0)
  })

/**
 * Goes through `total` things, `size` at a time, and lets the page draw and listen in between.
 *
 * @returns false when it was called off
 */
export const inSlices = async (
  total: number,
  size: number,
  work: (from: number, to: number) => void,
  signal: AbortSignal,
): Promise<boolean> => {
  let until = performance.now() + BUDGET
  for (let from = 0; from < total; from += size) {
    if (performance.now() > until) {
      await turn()
      until = performance.now() + BUDGET
    }
    if (signal.aborted) return false
    work(from, Math.min(from + size, total))
  }
  return !signal.aborted
}
