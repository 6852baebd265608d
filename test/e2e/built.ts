import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

const command = (): string => {
  if (!existsSync(main))
    throw new Error('dist/ is missing: these tests run the built command (npm run build)')
  return main
}

/** Runs the built command line to its end. */
export const tweedie = (args: readonly string[], { cwd = root }: { cwd?: string } = {}) =>
  spawnSync(process.execPath, [command(), ...args], { cwd, encoding: 'utf8', timeout: 300_000 })

/** A command at work, with what it has written on stderr so far. */
export interface Working {
  readonly child: ChildProcess
  readonly stderr: () => string
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Starts the built command line and does not wait for it. */
export const startTweedie = (args: readonly string[]): Working => {
  const child = spawn(process.execPath, [command(), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  return { child, stderr: () => stderr, ended }
}
