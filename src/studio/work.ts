/**
 * Runs as child processes of the command line: started, stopped (which saves them), resumed. They are
 * processes of their own and go on when the studio ends; a studio that comes later finds them by their locks.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { writeAtomic } from '../formats/index.ts'
import { isRunFolder, layoutOf, lockOwner, readConfig } from '../run/index.ts'
import { newInside } from './inside.ts'
import { lastWords } from './last-words.ts'
import { Refusal } from './refusal.ts'
import { kindOf } from './run-row.ts'
import type { RunDetail, RunKind } from './wire.ts'

/** Where configurations and the words of commands are kept, below the folder; hidden from the page. */
const OWN = '.studio'

/** Milliseconds that a command may take until it has made its run folder, and from its lock to its end. */
const [MAKING, ENDING] = [60_000, 10_000] as const

/** A new run. */
interface NewRun {
  readonly name: string
  readonly kind: RunKind
  /** Its configuration, YAML. */
  readonly configuration: string
  readonly minutes?: number
}

/** The work of a studio. */
export interface Work {
  /** Starts a run, and waits until its folder is made. @throws Refusal with the command's own line */
  start(run: NewRun): Promise<void>
  /** Tells the process of a run to save and leave, as Ctrl-C does. @throws Refusal 409 */
  stop(path: string, name: string): void
  /** Goes on with a run. @throws Refusal */
  resume(path: string, name: string): Promise<void>
  /** What became of the last command of a run that this studio has started. */
  of(name: string): Pick<RunDetail, 'failed'>
  /** Runs a command to its end, and gives its standard output. @throws Refusal with its last line */
  ask(args: readonly string[], seconds: number): Promise<string>
  /** Gives a configuration as a file, as long as it is used. */
  withConfiguration<T>(text: string, use: (file: string) => Promise<T>): Promise<T>
}

/** A name that is one part of a path. */
const checkName = (name: string): void => {
  if (!/^[\w][\w.-]{0,80}$/.test(name))
    throw new Refusal(400, `a run's name is letters, digits, '.', '_' and '-', got ${JSON.stringify(name)}`)
}

/**
 * Whether a process has a file open: so a lock that was copied with its folder, or made up, stops nobody
 * else. Only Linux tells.
 */
const holdsOpen = (pid: number, file: string): boolean => {
  try {
    const wanted = realpathSync(file)
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === wanted
      } catch {
        return false // closed meanwhile
      }
    })
  } catch {
    return false
  }
}

/** Commands below a folder, by the name of their run. */
export const studioWork = (folder: string, command: readonly string[]): Work => {
  const [program, ...first] = command
  const children = new Map<string, ChildProcess>()
  const failures = new Map<string, string>()
  let count = 0

  const ownFile = (name: string): string => {
    const place = join(folder, OWN)
    mkdirSync(place, { recursive: true })
    const file = join(place, name)
    for (const path of [place, file])
      if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
        throw new Refusal(400, `${path}: is a link, and not written through`)
    return file
  }

  const launch = (name: string, args: readonly string[]): ChildProcess => {
    const words = ownFile(`${name.replaceAll('/', '~')}.log`)
    const log = openSync(words, 'w')
    const child = spawn(program, [...first, ...args], { stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    child.unref()
    children.set(name, child)
    failures.delete(name)
    child.on('error', (error) => failures.set(name, `the command could not be started: ${error.message}`))
    child.on('exit', (code) => {
      children.delete(name)
      if (code !== 0 && code !== 130) failures.set(name, lastWords(words) ?? `it ended with code ${code}`)
    })
    return child
  }

  /** Until the last command of a run is gone: it gives its lock back before it is. @throws Refusal 409 */
  const ended = async (name: string): Promise<void> => {
    const until = Date.now() + ENDING
    while (children.has(name)) {
      if (Date.now() > until) throw new Refusal(409, `${name}: is at work already`)
      await setTimeout(50)
    }
  }

  /** Until the command works in its run folder, or has ended. */
  const made = async (name: string, path: string, child: ChildProcess): Promise<void> => {
    const until = Date.now() + MAKING
    while (Date.now() < until) {
      const failure = failures.get(name)
      if (failure !== undefined) throw new Refusal(400, failure)
      if (lockOwner(layoutOf(path).lock)?.pid === child.pid && isRunFolder(path)) return
      if (child.exitCode !== null) return
      await setTimeout(50)
    }
  }

  return {
    start: async ({ name, kind, configuration, minutes }) => {
      checkName(name)
      const path = newInside(folder, name)
      if (existsSync(path)) throw new Refusal(409, `${name}: there is something of this name already`)
      if (children.has(name)) throw new Refusal(409, `${name}: is being started`)
      const file = ownFile(`${name}.yaml`)
      writeAtomic(file, new TextEncoder().encode(configuration))
      const limit = minutes === undefined ? [] : ['--minutes', String(minutes)]
      await made(name, path, launch(name, [kind, file, '--run', path, ...limit]))
    },
    stop: (path, name) => {
      const { lock, journal } = layoutOf(path)
      const owner = lockOwner(lock)
      if (owner?.state !== 'here') throw new Refusal(409, `${name}: no process of this machine works on it`)
      if (children.get(name)?.pid !== owner.pid && !holdsOpen(owner.pid, journal))
        throw new Refusal(409, `${name}: process ${owner.pid} cannot be seen to work on it; stop it yourself`)
      process.kill(owner.pid, 'SIGINT')
    },
    resume: async (path, name) => {
      if (lockOwner(layoutOf(path).lock)?.state === 'here')
        throw new Refusal(409, `${name}: is at work already`)
      await ended(name)
      const kind = kindOf(readConfig(path))
      await made(name, path, launch(name, [kind, layoutOf(path).config, '--run', path, '--resume']))
    },
    of: (name) => {
      const failed = failures.get(name)
      return failed === undefined ? {} : { failed }
    },
    ask: async (args, seconds) => {
      const child = spawn(program, [...first, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 1000 * seconds,
      })
      const text = { out: '', error: '' }
      child.stdout.setEncoding('utf8').on('data', (more: string) => {
        text.out += more
        if (text.out.length > 2 ** 26) child.kill()
      })
      child.stderr.setEncoding('utf8').on('data', (more: string) => {
        text.error = (text.error + more).slice(-4096)
      })
      const code = await new Promise<number | string | null>((resolve) => {
        child.on('error', (error) => resolve(error.message))
        child.on('close', (code, signal) => resolve(signal ?? code))
      })
      if (code === 0) return text.out
      const said = text.error
        .trim()
        .split('\n')
        .findLast((line) => line.startsWith('tweedie: '))
      const late = code === 'SIGTERM' ? `it took longer than ${seconds} s` : `it ended with ${code}`
      throw new Refusal(400, said?.slice('tweedie: '.length) ?? late)
    },
    withConfiguration: async (text, use) => {
      const file = ownFile(`.${process.pid}-${++count}.yaml`)
      try {
        writeAtomic(file, new TextEncoder().encode(text))
        return await use(file)
      } finally {
        rmSync(file, { force: true })
      }
    },
  }
}
