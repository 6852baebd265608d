/** The table of runs. */
import type { Family } from './family.ts'
import { naturalOf } from './query.ts'

export const runs: Family = (app, { table }) => {
  app.get('/api/here', (c) => c.json({ here: true }))
  app.get('/api/runs', (c) =>
    c.json(
      table.page(
        naturalOf(c.req.query('from'), 'from', 0),
        naturalOf(c.req.query('count'), 'count', 50),
        c.req.query('text') ?? '',
      ),
    ),
  )
}
