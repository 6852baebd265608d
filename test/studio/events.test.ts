import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openRun } from '../../src/run/index.ts'
import { asking } from './asking.ts'
import { laps } from './make-run.ts'

/** Events of a stream, one after the other. */
const eventsOf = (response: Response) => {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (wanted: string): Promise<unknown> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end >= 0) {
        const message = text.slice(0, end)
        text = text.slice(end + 2)
        const event = /^event: (.*)$/m.exec(message)?.[1]
        if (event === wanted) return JSON.parse(/^data: (.*)$/m.exec(message)?.[1] ?? 'null')
        continue
      }
      const read = await reader?.read()
      if (!read || read.done) throw new Error(`the stream ended before '${wanted}'`)
      text += read.value
    }
  }
  return { next, cancel: () => reader?.cancel() }
}

describe('events of a run', () => {
  it('tell its story, then each line as it is written, then that it has stopped', async () => {
    const { folder, get } = asking()
    const run = openRun(join(folder, 'live'), { config: laps })
    run.journal.append({ event: 'loss', lap: 1, step: 1, loss: 3 })
    const response = await get('/api/runs/live/events')
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const { next, cancel } = eventsOf(response)
    expect(await next('detail')).toMatchObject({ row: { state: 'running', loss: 3 }, config: laps })
    expect(await next('story')).toMatchObject({ lines: 1, curves: { loss: { x: [1], y: [3] } } })
    run.journal.append({ event: 'loss', lap: 1, step: 2, loss: 2 })
    expect(await next('more')).toMatchObject({ lines: 2, curves: { loss: { x: [2], y: [2] } } })
    run.journal.append({ event: 'lap', lap: 1 })
    expect(await next('more')).toMatchObject({ marks: [{ event: 'lap', figures: { lap: 1 } }] })
    run.close()
    let detail = await next('detail')
    while ((detail as { row: { state: string } }).row.state === 'running') detail = await next('detail')
    expect(detail).toMatchObject({ row: { state: 'stopped', lap: 1 } })
    await cancel()
  })

  it('tell every line once to each of several pages', async () => {
    const { folder, get } = asking()
    const run = openRun(join(folder, 'live'), { config: laps })
    run.journal.append({ event: 'loss', lap: 1, step: 1, loss: 3 })
    const one = eventsOf(await get('/api/runs/live/events'))
    await one.next('story')
    run.journal.append({ event: 'loss', lap: 1, step: 2, loss: 2 })
    // These look at the journal too, at the same time.
    const others = await Promise.all([1, 2, 3].map(async () => eventsOf(await get('/api/runs/live/events'))))
    for (const other of others) expect(await other.next('story')).toMatchObject({ lines: 2 })
    run.journal.append({ event: 'loss', lap: 1, step: 3, loss: 1 })
    expect(await one.next('more')).toMatchObject({ lines: 2, curves: { loss: { x: [2] } } })
    for (const { next } of [one, ...others])
      expect(await next('more')).toMatchObject({ lines: 3, curves: { loss: { x: [3], y: [1] } } })
    run.close()
    for (const { cancel } of [one, ...others]) await cancel()
  })

  it('tell the story anew when the journal was cut back', async () => {
    const { folder, get } = asking()
    const run = openRun(join(folder, 'live'), { config: laps })
    for (const step of [1, 2, 3]) run.journal.append({ event: 'loss', lap: 1, step, loss: step })
    const { next, cancel } = eventsOf(await get('/api/runs/live/events'))
    await next('story')
    run.journal.cut(1)
    run.journal.append({ event: 'loss', lap: 1, step: 2, loss: 9 })
    expect(await next('story')).toMatchObject({ curves: { loss: { x: [1, 2], y: [1, 9] } } })
    run.close()
    await cancel()
  })

  it('are refused of what is no run', async () => {
    const { folder, get } = asking()
    writeFileSync(join(folder, 'file'), '')
    expect((await get('/api/runs/none/events')).status).toBe(404)
    expect((await get('/api/runs/file/events')).status).toBe(404)
  })
})
