/** The server of `tweedie studio` as an application: requests in, answers out; it listens to nothing. */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type Door, guarded, UPLOADS } from './door.ts'
import { withHeaders } from './headers.ts'
import { Refusal, refusalOf } from './refusal.ts'
import type { Shared, Studio } from './routes/family.ts'
import { families } from './routes.ts'
import { runTable } from './run-table.ts'
import { journalWatches } from './watches.ts'
import { studioWork } from './work.ts'

/** Most bytes of a request's body: configurations are short. */
const BODY = 2 ** 20

/**
 * The application of a studio.
 *
 * @param door - who may ask
 * @example
 * ```ts
 * import { doorOf, studioApp } from 'tweedie/studio'
 *
 * const studio = { folder: 'runs', page: 'dist/web', command: ['tweedie'], schemas: 'experiments' }
 * const app = studioApp(studio, doorOf('127.0.0.1'))
 * const answer = await app.request('http://localhost/api/runs', { headers: { host: 'localhost' } })
 * ```
 */
export const studioApp = (studio: Studio, door: Door): Hono => {
  const app = new Hono()
  app.use(withHeaders)
  app.use(guarded(door))
  const limit = bodyLimit({
    maxSize: BODY,
    onError: () => {
      throw new Refusal(413, `a request has at most ${BODY} bytes`)
    },
  })
  app.use((c, next) => (c.req.path === UPLOADS ? next() : limit(c, next)))
  app.onError((error, c) => {
    const { status, message } = refusalOf(error)
    return c.json({ error: message }, status)
  })
  app.notFound((c) => c.json({ error: `there is nothing at ${c.req.path}` }, 404))
  const shared: Shared = {
    ...studio,
    table: runTable(studio.folder),
    watches: journalWatches(),
    work: studioWork(studio.folder, studio.command),
  }
  for (const family of families) family(app, shared)
  return app
}
