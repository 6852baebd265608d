import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { acquireLock, lockOwner, openRun } from '../../src/run/index.ts'
import { tweedie } from '../e2e/built.ts'
import { killChild, startChild } from './child.ts'
import { scratch } from './scratch.ts'

const locked = expect.objectContaining({ name: 'TweedieError', code: 'locked' })
const lockFile = (owner: object): string =>
  JSON.stringify({ host: hostname(), since: '2026-01-01T00:00:00.000Z', ...owner })

/** Id of a process that has ended. */
const deadPid = async (): Promise<number> => {
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => child.once('exit', resolve))
  return child.pid ?? 0
}

describe('lock', () => {
  it('is held by one, and free again after release', () => {
    const path = join(scratch(), 'lock')
    const lock = acquireLock(path)
    expect(() => acquireLock(path)).toThrow(locked)
    expect(() => acquireLock(path)).toThrow(`in use by process ${process.pid} on ${hostname()}`)
    lock.release()
    acquireLock(path).release()
    expect(existsSync(path)).toBe(false)
  })

  it('is replaced when its process has ended', async () => {
    const folder = scratch()
    const path = join(folder, 'lock')
    writeFileSync(path, lockFile({ pid: await deadPid() }))
    const lock = acquireLock(path)
    expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid)
    expect(readdirSync(folder)).toEqual(['lock'])
    lock.release()
  })

  it.skipIf(!existsSync('/proc/self/stat'))(
    'is replaced when its id went to a later process (needs /proc)',
    () => {
      const path = join(scratch(), 'lock')
      writeFileSync(path, lockFile({ pid: process.pid, started: 1 }))
      acquireLock(path).release()
      writeFileSync(path, lockFile({ pid: process.pid }))
      expect(() => acquireLock(path)).toThrow(locked)
    },
  )

  it('is left alone when it is of another machine, or no lock file', () => {
    const path = join(scratch(), 'lock')
    writeFileSync(path, lockFile({ pid: 1, host: 'elsewhere' }))
    expect(() => acquireLock(path)).toThrow('in use by process 1 on elsewhere since 2026-01-01')
    expect(() => acquireLock(path)).toThrow('if that process is gone, --break-lock removes the lock')
    for (const text of ['{}', '', '{"pid":1,']) {
      writeFileSync(path, text)
      expect(() => acquireLock(path)).toThrow(locked)
      expect(() => acquireLock(path)).toThrow('if no process uses the run, --break-lock removes it')
    }
  })

  it('is broken where nothing is known of its process, and only when asked', () => {
    const folder = scratch()
    const path = join(folder, 'lock')
    for (const text of [lockFile({ pid: 1, host: 'elsewhere' }), '{}', '']) {
      writeFileSync(path, text)
      writeFileSync(`${path}.takeover`, text)
      const lock = acquireLock(path, { breakLock: true })
      expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid)
      expect(readdirSync(folder)).toEqual(['lock'])
      lock.release()
    }
    const lock = acquireLock(path)
    expect(() => acquireLock(path, { breakLock: true })).toThrow(locked)
    expect(() => acquireLock(path, { breakLock: true })).toThrow(`in use by process ${process.pid}`)
    lock.release()
  })

  it('of a run on another machine is broken by --break-lock', () => {
    const folder = scratch()
    const config = join(folder, 'a.yaml')
    writeFileSync(
      config,
      `data: { clean: manifold, count: 16 }
net: { kind: mlp, hidden: [4], emb: 4 }
train: { steps: 2, batch: 4 }
monitor: { samples: 0 }
`,
    )
    const train = (...more: string[]) =>
      tweedie(['train', config, '-o', join(folder, 'run'), '-q', '--resume', ...more])
    expect(train().status).toBe(0)
    writeFileSync(join(folder, 'run', 'lock'), lockFile({ pid: 1, host: 'elsewhere' }))
    expect(train()).toMatchObject({ status: 1, stderr: expect.stringMatching(/--break-lock/) })
    expect(train('--break-lock')).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(join(folder, 'run', 'lock'))).toBe(false)
  }, 60_000)

  it('says who holds it, and whether that process lives here, without taking it', async () => {
    const path = join(scratch(), 'lock')
    expect(lockOwner(path)).toBeUndefined()
    const lock = acquireLock(path)
    expect(lockOwner(path)).toMatchObject({ pid: process.pid, state: 'here' })
    lock.release()
    writeFileSync(path, lockFile({ pid: await deadPid() }))
    expect(lockOwner(path)?.state).toBe('gone')
    writeFileSync(path, lockFile({ pid: 1, host: 'elsewhere' }))
    expect(lockOwner(path)?.state).toBe('away')
    writeFileSync(path, 'torn')
    expect(lockOwner(path)).toBeUndefined()
  })

  it('goes to exactly one of several that find it stale', async () => {
    const run = join(scratch(), 'run')
    openRun(run, { config: {} }).close()
    writeFileSync(join(run, 'lock'), lockFile({ pid: await deadPid() }))
    const script = new URL('./lock-holder.ts', import.meta.url)
    const started = await Promise.allSettled([
      startChild(script, run),
      startChild(script, run),
      startChild(script, run),
    ])
    const holders = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    onTestFinished(() => Promise.all(holders.map(killChild)).then(() => {}))
    expect(holders).toHaveLength(1)
    expect(JSON.parse(readFileSync(join(run, 'lock'), 'utf8')).pid).toBe(holders[0].pid)
  })

  it('keeps a second process out of a run until the first is killed', async () => {
    const run = join(scratch(), 'run')
    const holder = await startChild(new URL('./lock-holder.ts', import.meta.url), run)
    expect(() => openRun(run, { resume: true })).toThrow(locked)
    expect(() => openRun(run, { resume: true })).toThrow(`in use by process ${holder.pid}`)
    await killChild(holder)
    openRun(run, { resume: true }).close()
  })
})
