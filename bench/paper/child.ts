/** The command line as a child process: its progress, its memory at the peak, its end. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A line of progress, and when it came. */
export interface Event {
  readonly phase: string
  readonly done: number
  readonly total: number
  readonly lap?: number
  /** Seconds. */
  readonly at: number
}

/** What became of a child. */
export interface Ended {
  readonly events: readonly Event[]
  /** Largest resident set, in bytes. */
  readonly peak: number
  readonly code: number | null
  /** What it wrote that is no progress. */
  readonly words: string
}

/** VmHWM of a process, in bytes; 0 where it is gone. */
const peakOf = (pid: number): number => {
  try {
    const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return 1024 * Number(kib ?? 0)
  } catch {
    return 0 // it has ended between two looks
  }
}

const eventOf = (line: string): Event | undefined => {
  if (!line.startsWith('{')) return undefined
  const { phase, done, total, lap } = JSON.parse(line)
  return { phase, done, total, lap, at: performance.now() / 1000 }
}

/** Milliseconds between two looks at the memory. */
const LOOK = 50

/**
 * Runs a command of tweedie.
 *
 * @param isOver - asked at each look with the events so far: whether to kill it now (SIGKILL)
 */
export const tweedie = (
  args: readonly string[],
  isOver: (events: readonly Event[]) => boolean = () => false,
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const events: Event[] = []
    const words: string[] = []
    let peak = 0
    const look = (): void => {
      peak = Math.max(peak, peakOf(child.pid ?? 0))
      if (isOver(events)) child.kill('SIGKILL')
    }
    const timer = setInterval(look, LOOK)
    createInterface({ input: child.stderr }).on('line', (line) => {
      const event = eventOf(line)
      if (event) events.push(event)
      else words.push(line)
      look()
    })
    child.stdout.resume()
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(timer)
      resolve({ events, peak, code, words: words.join('\n') })
    })
  })
