import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Folder of the package. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The command as users run it: the build. */
const built = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

const command = (): string => {
  if (!existsSync(built))
    throw new Error('dist/ is missing: these tests run the built command (npm run build)')
  return built
}

interface Where {
  readonly cwd?: string
}

/** Runs the built command line to its end. */
export const tweedie = (args: readonly string[], { cwd = root }: Where = {}) =>
  spawnSync(process.execPath, [command(), ...args], { cwd, encoding: 'utf8', timeout: 300_000 })

/** A command at work, with what it has written so far. */
export interface Working {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Starts the built command line and does not wait for it. */
export const startTweedie = (args: readonly string[], { cwd = root }: Where = {}): Working => {
  const child = spawn(process.execPath, [command(), ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text.stdout += more
  })
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    text.stderr += more
  })
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  return { child, stdout: () => text.stdout, stderr: () => text.stderr, ended }
}
