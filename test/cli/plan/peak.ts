/** The command line in a process of its own, and the largest resident set that it had. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

const highWater = (pid: number): number => {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // it has ended between two looks
  }
}

/** Largest resident set of a command in bytes, on Linux. @throws Error with what it said when it fails */
export const peakOfCommand = (...args: string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args, '--quiet'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let [peak, said] = [0, '']
    const timer = setInterval(() => {
      peak = Math.max(peak, highWater(child.pid ?? 0))
    }, 10)
    child.stderr.on('data', (text) => {
      said += text
    })
    child.on('close', (code) => {
      clearInterval(timer)
      if (code === 0) resolve(peak)
      else reject(new Error(said))
    })
  })
