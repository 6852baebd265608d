/** Runs as child processes: real ones, tiny. */

import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { layoutOf, lockOwner, readJournal } from '../../src/run/index.ts'
import type { RunDetail } from '../../src/studio/index.ts'
import { asking, lineOf, said, yaml } from './asking.ts'
import { makeRun } from './make-run.ts'

/** Three laps of a network of a few weights: a second or two. */
const tiny = (steps: number) => ({
  data: {
    clean: 'manifold',
    count: 128,
    observe: { operator: { kind: 'projection', dimension: 2 }, noise: 0.05 },
  },
  net: { kind: 'mlp', hidden: [8], emb: 4 },
  gaussian: { iterations: 1, rank: 1 },
  em: { laps: 2, batch: 128, early: { laps: 0 }, sampling: { steps: 2 } },
  train: { batch: 16, steps },
  monitor: { held: { observations: 0 }, samples: 16, steps: 2 },
})

const detailOf = async ({ get }: ReturnType<typeof asking>, name: string): Promise<RunDetail> =>
  said(await get(`/api/runs/${name}`))

const until = async (
  studio: ReturnType<typeof asking>,
  name: string,
  wanted: (detail: RunDetail) => boolean,
) => {
  for (let i = 0; i < 400; i++) {
    const detail = await detailOf(studio, name)
    if (wanted(detail)) return detail
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`${name}: waited too long: ${JSON.stringify(await detailOf(studio, name))}`)
}

const start = (studio: ReturnType<typeof asking>, name: string, config: object) =>
  studio.post('/api/runs', { kind: 'learn', name, configuration: yaml(config) })

describe('runs that the studio starts', { timeout: 120_000 }, () => {
  it('start, stop with what they have learned, and resume to their end', async () => {
    const studio = asking()
    const started = await start(studio, 'tiny', tiny(3000))
    expect([started.status, await started.json()]).toEqual([200, { name: 'tiny' }])
    await until(studio, 'tiny', ({ row }) => row.state === 'running' && (row.step ?? 0) > 0)
    const again = await studio.post('/api/runs/tiny/resume', {})
    expect([again.status, await lineOf(again)]).toEqual([409, 'tiny: is at work already'])

    expect((await studio.post('/api/runs/tiny/stop', {})).status).toBe(200)
    const stopped = await until(studio, 'tiny', ({ row }) => row.state !== 'running')
    expect(stopped.row.state).toBe('stopped')
    expect(stopped.failed).toBeUndefined()
    const path = join(studio.folder, 'tiny')
    const lines = readJournal(layoutOf(path).journal)
    expect((await studio.post('/api/runs/tiny/stop', {})).status).toBe(409)

    expect((await studio.post('/api/runs/tiny/resume', {})).status).toBe(200)
    const done = await until(studio, 'tiny', ({ row }) => row.state === 'finished')
    expect(done.row).toMatchObject({ lap: 2, laps: 2 })
    expect(done.samples).toEqual([0, 1, 2])
    const after = readJournal(layoutOf(path).journal)
    expect(after.slice(0, lines.length).map(({ seconds: _, ...line }) => line)).toEqual(
      lines.map(({ seconds: _, ...line }) => line),
    )
    const picture = await studio.get('/api/runs/tiny/samples/2')
    expect(picture.headers.get('content-type')).toBe('image/svg+xml')
    expect(picture.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await picture.text()).toMatch(/^<svg xmlns/)
    expect((await studio.get('/api/runs/tiny/samples/9')).status).toBe(404)
  })

  it('are refused with the line of the command, and leave no run', async () => {
    const studio = asking()
    const answer = await start(studio, 'wrong', { net: { kind: 'nothing' } })
    expect([answer.status, await lineOf(answer)]).toEqual([
      400,
      expect.stringMatching(/field 'net.kind': expected one of .* got "nothing"/),
    ])
    expect(existsSync(join(studio.folder, 'wrong'))).toBe(false)
    const unknown = await studio.post('/api/runs', { kind: 'nothing', name: 'x', configuration: '' })
    expect([unknown.status, await lineOf(unknown)]).toEqual([400, expect.stringContaining("field 'kind'")])
    const extra = await studio.post('/api/runs', { kind: 'learn', name: 'x', configuration: '', shell: 'rm' })
    expect(extra.status).toBe(400)
  })

  it('are counted before: the estimate of tweedie plan', async () => {
    const studio = asking()
    const plan = await studio.post('/api/plan', { kind: 'learn', configuration: yaml(tiny(50)) })
    expect(await plan.json()).toMatchObject({
      command: 'learn',
      laps: 2,
      fits: true,
      step: { batch: 16, steps: 100 },
    })
    const refused = await studio.post('/api/plan', { kind: 'learn', configuration: 'net: [' })
    expect([refused.status, await lineOf(refused)]).toEqual([400, expect.stringContaining('not YAML')])
  })
})

describe('stopping', () => {
  it('leaves alone a process that a lock names, but that does not work on the run', async () => {
    const studio = asking()
    const path = makeRun(studio.folder, 'copied', [])
    const bystander = spawn('sleep', ['60'])
    onTestFinished(() => void bystander.kill('SIGKILL'))
    writeFileSync(layoutOf(path).lock, JSON.stringify({ pid: bystander.pid, host: hostname() }))
    expect(lockOwner(layoutOf(path).lock)?.state).toBe('here')
    const answer = await studio.post('/api/runs/copied/stop', {})
    expect([answer.status, await lineOf(answer)]).toEqual([
      409,
      expect.stringContaining('cannot be seen to work on it'),
    ])
    expect(bystander.exitCode).toBeNull()
  })

  it('reaches a process that was started elsewhere and has the journal open', async () => {
    const studio = asking()
    const path = makeRun(studio.folder, 'terminal', [])
    const { journal, lock } = layoutOf(path)
    const worker = spawn(process.execPath, [
      '-e',
      `require('fs').openSync(${JSON.stringify(journal)}, 'a')
      process.on('SIGINT', () => process.exit(130))
      console.log('on')
      setInterval(() => {}, 1000)`,
    ])
    onTestFinished(() => void worker.kill('SIGKILL'))
    await new Promise((resolve) => worker.stdout.once('data', resolve))
    writeFileSync(lock, JSON.stringify({ pid: worker.pid, host: hostname() }))
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    expect((await studio.post('/api/runs/terminal/stop', {})).status).toBe(200)
    expect(await ended).toBe(130)
  })

  it('keeps what it wrote for itself out of the table and out of reach', async () => {
    const studio = asking()
    await start(studio, 'wrong', { net: 1 })
    expect(readFileSync(join(studio.folder, '.studio/wrong.yaml'), 'utf8')).toContain('net: 1')
    expect((await said(await studio.get('/api/runs'))).total).toBe(0)
    expect((await studio.get('/api/page?path=.studio/wrong.yaml')).status).toBe(400)
  }, 60_000)
})
