import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type JournalEvent, layoutOf, openRun } from '../../src/run/index.ts'
import type { RunRow, RunsPage } from '../../src/studio/index.ts'
import { asking, said } from './asking.ts'
import { laps, makeLongRun, makeRun } from './make-run.ts'

const table = async ({ get }: ReturnType<typeof asking>, query = ''): Promise<RunsPage> =>
  said(await get(`/api/runs${query}`))

const rowOf = async (studio: ReturnType<typeof asking>, name: string): Promise<RunRow | undefined> =>
  (await table(studio)).rows.find((row) => row.name === name)

const half: readonly JournalEvent[] = [
  { event: 'held', of: 'gaussian', lap: 0, rmse: 0.3, crps: 0.2, coverage90: 0.9 },
  { event: 'lap', lap: 0 },
  { event: 'loss', lap: 1, step: 100, loss: 0.9 },
  { event: 'lap', lap: 1 },
  { event: 'held', of: 'network', lap: 1, rmse: 0.2, crps: 0.1, coverage90: 0.88 },
  { event: 'loss', lap: 2, step: 50, loss: 0.8 },
]

describe('the table of runs', () => {
  it('of a folder that is not there has none', async () => {
    expect(await table(asking(undefined, '/nowhere/at/all'))).toMatchObject({ total: 0, rows: [] })
  })

  it('says where each is, with its last figures', async () => {
    const studio = asking()
    makeRun(studio.folder, 'half', half)
    expect(await rowOf(studio, 'half')).toMatchObject({
      state: 'stopped',
      kind: 'learn',
      lap: 2,
      laps: 4,
      step: 50,
      steps: 100,
      loss: 0.8,
      figures: { rmse: 0.2, crps: 0.1, coverage90: 0.88 },
    })
  })

  it('counts no lap beyond the last: what follows is one more training on all observations', async () => {
    const studio = asking()
    const past = { event: 'loss', lap: 5, step: 460, loss: 0.7 } as const
    makeRun(studio.folder, 'past', [...half, { event: 'lap', lap: 4 }, past])
    const row = await rowOf(studio, 'past')
    expect(row).toMatchObject({ lap: 4, laps: 4, step: 460, loss: 0.7 })
    expect(row?.steps).toBeUndefined()
  })

  it('tells running, finished and stopped runs apart, and what another machine holds', async () => {
    const studio = asking()
    const open = openRun(join(studio.folder, 'open'), { config: laps })
    makeRun(studio.folder, 'stopped', half)
    makeRun(studio.folder, 'done', half)
    writeFileSync(join(studio.folder, 'done/checkpoints/prior.safetensors'), 'x')
    makeRun(studio.folder, 'away', half)
    writeFileSync(layoutOf(join(studio.folder, 'away')).lock, JSON.stringify({ pid: 1, host: 'elsewhere' }))
    makeRun(studio.folder, 'gone', half)
    writeFileSync(
      layoutOf(join(studio.folder, 'gone')).lock,
      JSON.stringify({ pid: process.pid, started: 1, host: hostname() }), // an earlier process of this id
    )
    const states = Object.fromEntries((await table(studio)).rows.map(({ name, state }) => [name, state]))
    open.close()
    expect(states).toEqual({
      open: 'running',
      stopped: 'stopped',
      done: 'finished',
      away: 'away',
      gone: 'stopped',
    })
  })

  it('says how much time is left by what was done: the other half takes as long', async () => {
    const studio = asking()
    let seconds = 0
    const run = openRun(join(studio.folder, 'open'), { config: laps, now: () => seconds })
    run.journal.append({ event: 'lap', lap: 0 })
    seconds = 100
    run.journal.append({ event: 'lap', lap: 2 })
    expect((await rowOf(studio, 'open'))?.left).toBeCloseTo(100)
    seconds = 150
    run.journal.append({ event: 'loss', lap: 3, step: 50, loss: 1 })
    expect((await rowOf(studio, 'open'))?.left).toBeCloseTo((150 * 1.5) / 2.5)
    run.close()
    expect((await rowOf(studio, 'open'))?.left).toBeUndefined()
  })

  it('knows training and distilling, whose steps are all of it', async () => {
    const studio = asking()
    const loss = [{ event: 'loss', lap: 0, step: 30, loss: 2 }]
    makeRun(studio.folder, 'train', loss, { data: { clean: 'mnist' }, train: { steps: 60 } })
    makeRun(studio.folder, 'distill', loss, { prior: 'runs/x', train: { steps: 60 } })
    expect(await rowOf(studio, 'train')).toMatchObject({ kind: 'train', step: 30, steps: 60 })
    expect(await rowOf(studio, 'distill')).toMatchObject({ kind: 'distill', step: 30, steps: 60 })
  })

  it('shows a damaged run as one, with the line of the command line, and the others', async () => {
    const studio = asking()
    makeRun(studio.folder, 'sound', half)
    makeRun(studio.folder, 'damaged', half)
    writeFileSync(join(studio.folder, 'damaged/run.json'), '{"format":"tweedie-run","version":99}')
    makeRun(studio.folder, 'garbled', half)
    writeFileSync(join(studio.folder, 'garbled/journal.jsonl'), `\0\xff{"event":1}\n[]\n{"event":"loss"}\n`)
    const damaged = await rowOf(studio, 'damaged')
    expect(damaged?.state).toBe('damaged')
    expect(damaged?.problem).toMatch(/version 99, this tweedie reads version 1/)
    expect((await rowOf(studio, 'garbled'))?.state).toBe('stopped')
    expect((await rowOf(studio, 'sound'))?.loss).toBe(0.8)
  })

  it('gives pages, the last changed first, and finds by name and one folder deeper', async () => {
    const studio = asking()
    mkdirSync(join(studio.folder, 'group'))
    for (const [i, name] of ['a1', 'a2', 'group/a3', 'b4'].entries()) {
      const path = makeRun(studio.folder, name, half)
      for (const file of ['journal.jsonl', 'run.json']) utimesSync(join(path, file), 1000 + i, 1000 + i)
    }
    expect((await table(studio)).rows.map(({ name }) => name)).toEqual(['b4', 'group/a3', 'a2', 'a1'])
    const second = await table(studio, '?from=1&count=2')
    expect([second.total, second.rows.map(({ name }) => name)]).toEqual([4, ['group/a3', 'a2']])
    expect((await table(studio, '?text=a')).total).toBe(3)
    expect((await studio.get('/api/runs/group%2Fa3')).status).toBe(200)
    expect((await studio.get('/api/runs?from=-1')).status).toBe(400)
    expect((await studio.get('/api/runs?count=x')).status).toBe(400)
  })

  it('reads the end of a journal only: a hole of gigabytes before it costs nothing', async () => {
    const studio = asking()
    const path = makeRun(studio.folder, 'long', [])
    const { open } = await import('node:fs/promises')
    const file = await open(join(path, 'journal.jsonl'), 'r+')
    const line = `\n${JSON.stringify({ event: 'loss', lap: 3, step: 7, loss: 0.5, seconds: 9 })}\n`
    await file.write(line, 8 * 2 ** 30)
    await file.close()
    expect(await rowOf(studio, 'long')).toMatchObject({ lap: 3, step: 7, loss: 0.5, seconds: 9 })
  })

  it('shows a row of 10⁵ lines', async () => {
    const studio = asking()
    makeLongRun(studio.folder, 'long', 1e5)
    expect(await rowOf(studio, 'long')).toMatchObject({ step: 1e5, loss: 1 + Math.sin(99_999) })
  })
})
