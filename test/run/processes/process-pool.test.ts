/** Processes that do jobs: results in order, whatever becomes of the processes. */
import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { floats } from '../../../src/cli/restored/draw-jobs.ts'
import { poolSpread, processPool } from '../../../src/run/index.ts'
import { inOrder } from '../../../src/tensor/index.ts'
import { scratch } from '../scratch.ts'

const child = fileURLToPath(new URL('./square-child.ts', import.meta.url))

/** Two processes that square, and die by `lives` (square-child.ts). */
const squaring = (lives: readonly string[] = [], signal = new AbortController().signal) => {
  const started: number[] = []
  const start = () => {
    const made = fork(child, [...lives], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    if (made.pid !== undefined) started.push(made.pid)
    return made
  }
  const pool = processPool<number, readonly number[]>(2, start, (said) => [...floats.parse(said).data])
  onTestFinished(pool.stop)
  return { pool, started, spread: poolSpread(pool, 2, { nameOf: (n) => `number ${n}`, work: 'it' }, signal) }
}

const lives = (count: number): string[] => {
  const folder = scratch()
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `life-${i}`)
    writeFileSync(path, '')
    return path
  })
}

const squares = async (numbers: readonly number[], { spread }: ReturnType<typeof squaring>) => {
  const found: [number, number][] = []
  await inOrder(numbers, spread, ([square], n) => {
    found.push([n, square])
  })
  return found
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('processes that do jobs', { timeout: 60_000 }, () => {
  it('give the results in order, by as many as there are, and end', async () => {
    const work = squaring()
    expect(await squares([1, 2, 3, 4, 5, 6], work)).toEqual([1, 2, 3, 4, 5, 6].map((n) => [n, n ** 2]))
    expect(work.started.length).toBe(2)
    expect(work.pool.workers()).toEqual({ workers: 2, running: 0, waiting: 0 })
    await work.spread.release()
    expect(work.started.filter(isAlive)).toEqual([])
  })

  it('are no more than the jobs', async () => {
    const work = squaring()
    expect(await squares([3], work)).toEqual([[3, 9]])
    expect(work.started.length).toBe(1)
  })

  it('are replaced when they die, and the job is done again', async () => {
    const work = squaring(lives(2))
    expect(await squares([6, 7, 8], work)).toEqual([6, 7, 8].map((n) => [n, n ** 2]))
    expect(work.started.length).toBe(4)
  })

  it('give up on a job of which three die, by its name', async () => {
    await expect(squares([6, 7, 8], squaring(lives(3)))).rejects.toMatchObject({
      code: 'io',
      message: 'number 7 failed 3 times, last: a worker was lost (SIGKILL)',
    })
  })

  it('say at once what others would say too', async () => {
    const work = squaring()
    await expect(squares([13, 1], work)).rejects.toMatchObject({
      code: 'numeric',
      message: '13 is not finite',
    })
    expect(work.started.length).toBe(2)
    await expect(squares([1], squaring(['unable']))).rejects.toMatchObject({
      code: 'input',
      message: 'nothing to begin with',
    })
  })

  it('stop with an interrupt', async () => {
    const controller = new AbortController()
    const work = squaring([], controller.signal)
    const all = squares([1, 99], work)
    while (work.pool.workers().running === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    controller.abort('SIGINT')
    await expect(all).rejects.toMatchObject({ code: 'interrupted', message: 'it was interrupted' })
    await work.pool.stop()
    expect(work.started.filter(isAlive)).toEqual([])
  })
})
