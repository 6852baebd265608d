/** Processes of the bench: its own programs and commands of tweedie, from the sources, on one thread each. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { TweedieError } from '../../src/error.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const execArgv = ['--import', import.meta.resolve('tsx')]
const env = { ...process.env, TWEEDIE_THREADS: '1' }

/**
 * Starts a program of this folder.
 *
 * @param name - its file
 */
export const program = (name: string, args: readonly string[]): ChildProcess =>
  fork(fileURLToPath(new URL(name, import.meta.url)), args, {
    execArgv,
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })

/** The next message of a program. @throws TweedieError when it ends instead */
export const messageOf = async (child: ChildProcess): Promise<unknown> => {
  const stop = new AbortController()
  const { signal } = stop
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new TweedieError('io', `scale: ${child.spawnargs.slice(3).join(' ')} left with code ${code}`)
  })
  ended.catch(() => {})
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    return message
  } finally {
    stop.abort()
  }
}

/** Ends a program, and waits for its end. */
export const endOf = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

/** A command of tweedie at work. */
export interface Command {
  /** @throws TweedieError with what it said when it has failed */
  readonly done: Promise<void>
  /** Ends it, whatever it says to that. */
  stop(): Promise<void>
}

/** Starts a command of tweedie. */
export const tweedie = (...args: readonly string[]): Command => {
  const child = spawn(process.execPath, [...execArgv, main, ...args, '--quiet'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-400)
  })
  const done = once(child, 'exit').then(([code]) => {
    if (code !== 0)
      throw new TweedieError('io', `scale: tweedie ${args[0]} left with ${code}: ${said.trim()}`)
  })
  done.catch(() => {})
  return { done, stop: () => endOf(child) }
}
