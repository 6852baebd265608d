/** Starting, stopping and resuming of runs, and what a configuration would take. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from 'hono'
import { z } from 'zod'
import { parseJson } from '../../json.ts'
import { Refusal } from '../refusal.ts'
import type { Family } from './family.ts'
import { runIn } from './run.ts'

const kind = z.enum(['learn', 'train', 'distill'])
const configuration = z.string().max(2 ** 19)

const newRun = z.strictObject({
  name: z.string(),
  kind,
  configuration,
  minutes: z.number().min(0.1).max(1e6).optional(),
})

const planned = z.strictObject({ kind, configuration })

/** The body of a request. @throws Refusal 400 that names the field */
export const bodyOf = async <T>(c: Context, schema: z.ZodType<T>): Promise<T> => {
  let body: unknown
  try {
    body = await c.req.json()
  } catch {
    throw new Refusal(400, 'the request is not JSON')
  }
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [{ path, message }] = parsed.error.issues
  throw new Refusal(400, `field '${path.join('.')}': ${message}`)
}

/** Seconds that an estimate may take: it times a few steps. */
const ESTIMATE = 180

const schemaFiles = { experiment: 'schema.json', distill: 'distill-schema.json' } as const

export const work: Family = (app, { folder, schemas, work }) => {
  app.get('/api/schemas/:name', (c) => {
    const name = c.req.param('name')
    if (name !== 'experiment' && name !== 'distill') throw new Refusal(404, `there is no schema ${name}`)
    return c.body(readFileSync(join(schemas, schemaFiles[name]), 'utf8'), 200, {
      'content-type': 'application/json',
    })
  })
  app.get('/api/examples', (c) => {
    const inFolder = (below: string) =>
      readdirSync(join(schemas, below))
        .filter((name) => name.endsWith('.yaml'))
        .sort()
        .map((name) => ({
          name: `${below === '' ? '' : `${below}/`}${name.slice(0, -5)}`,
          text: readFileSync(join(schemas, below, name), 'utf8'),
        }))
    return c.json({ experiment: inFolder(''), distill: inFolder('distill') })
  })
  app.post('/api/plan', async (c) => {
    const { kind, configuration } = await bodyOf(c, planned)
    const said = await work.withConfiguration(configuration, (file) =>
      work.ask(['plan', file, '--command', kind, '--run', folder, '--json'], ESTIMATE),
    )
    return c.json(parseJson(said, 'tweedie plan'))
  })
  app.post('/api/runs', async (c) => {
    const run = await bodyOf(c, newRun)
    await work.start(run)
    return c.json({ name: run.name })
  })
  app.post('/api/runs/:name/stop', async (c) => {
    const { path, name } = runIn(folder, c)
    work.stop(path, name)
    return c.json({ name })
  })
  app.post('/api/runs/:name/resume', async (c) => {
    const { path, name } = runIn(folder, c)
    await work.resume(path, name)
    return c.json({ name })
  })
}
