/**
 * What happens in a run, as server-sent events: `story` (told anew), `more` (what is new), `detail` (the row
 * and the files). Only the files of the run are looked at.
 */
import { streamSSE } from 'hono/streaming'
import { layoutOf } from '../../run/index.ts'
import { runDetail } from '../run-detail.ts'
import type { Family } from './family.ts'
import { runIn } from './run.ts'

/** Milliseconds between two looks at the run, and most between two signs of life. */
const [EVERY, ALIVE] = [1000, 15_000] as const

/** Messages that may wait for a slow reader. */
const WAITING = 1000

/** Streams at once; a browser holds one for each tab. */
const MOST = 64

export const events: Family = (app, { folder, table, watches, work }) => {
  let open = 0
  app.get('/api/runs/:name/events', (c) => {
    const { path, name } = runIn(folder, c)
    if (open >= MOST) return c.json({ error: `${MOST} pages are watching already` }, 409)
    return streamSSE(c, async (stream) => {
      open++
      let gone = false
      let wake = (): void => undefined
      stream.onAbort(() => {
        gone = true
        wake()
      })
      const waiting: { event: string; data: string }[] = []
      const tell = (event: string, value: unknown): void => {
        waiting.push({ event, data: JSON.stringify(value) })
        if (waiting.length > WAITING) gone = true // a reader that does not read: it comes back by itself
        wake()
      }
      let said = ''
      /** The state of the run; undefined while its folder goes. */
      const detailNow = () => {
        try {
          return { ...runDetail(path, table.row(path, name)), ...work.of(name) }
        } catch {
          return undefined
        }
      }
      const tellDetail = (detail: ReturnType<typeof detailNow>): void => {
        const text = JSON.stringify(detail)
        if (detail !== undefined && text !== said) tell('detail', detail)
        said = text
      }
      let stop = (): void => undefined
      const { journal } = layoutOf(path)
      // The state is read first and told last: of a run that has finished, all of the journal is told before.
      const look = async (): Promise<void> => {
        const detail = detailNow()
        await watches.look(journal).catch(() => undefined) // one that cannot be read now may be so later
        tellDetail(detail)
      }
      const timer = setInterval(() => void look(), EVERY)
      try {
        tellDetail(detailNow())
        stop = await watches.listen(journal, (more, again) => tell(again ? 'story' : 'more', more))
        while (!gone) {
          const next = waiting.splice(0)
          for (const message of next) await stream.writeSSE(message)
          if (gone || waiting.length > 0) continue
          const isQuiet = await new Promise<boolean>((resolve) => {
            const timer = setTimeout(() => resolve(true), ALIVE)
            wake = () => {
              clearTimeout(timer)
              resolve(false)
            }
          })
          if (isQuiet) await stream.write(': here\n\n')
        }
      } finally {
        clearInterval(timer)
        stop()
        open--
      }
    })
  })
}
