/** Processes that a command has started. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Working } from './built.ts'

/** Processes that a process has started. */
export const childrenOf = (pid: number | undefined): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        return readFileSync(`/proc/${each}/status`, 'utf8').includes(`\nPPid:\t${pid}\n`)
      } catch {
        return false // it ended meanwhile
      }
    })

/** Until a condition holds, or the process is over. */
export const until = async ({ ended }: Working, condition: () => boolean): Promise<void> => {
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!condition()) {
    if (isOver) throw new Error('it ended before')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
