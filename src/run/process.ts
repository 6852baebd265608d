import { readFileSync } from 'node:fs'

/**
 * A mark that sets processes of the same id apart: the start time in clock ticks since boot, where Linux
 * gives it.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly started?: number
}

/**
 * State letter and start time of a process (proc_pid_stat(5), fields 3 and 22), or undefined without /proc.
 */
const procStat = (pid: number): { state: string; started: number } | undefined => {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined // no such process, or no /proc on this system: `exists` decides which
  }
  // The command name, field 2, may hold spaces and parentheses: fields are counted from its last parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0], started: Number(fields[19]) }
}

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Identity of this process. */
export const thisProcess = (): ProcessIdentity => ({
  pid: process.pid,
  started: procStat(process.pid)?.started,
})

/** True while that very process lives: not when it ended, is a zombie, or its id went to a later process. */
export const isAlive = ({ pid, started }: ProcessIdentity): boolean => {
  if (!exists(pid)) return false
  const stat = procStat(pid)
  if (stat === undefined) return true
  return stat.state !== 'Z' && stat.state !== 'X' && (started === undefined || stat.started === started)
}
