/** One run: what it is, its journal, pictures of its samples, its report. */
import { createReadStream, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { Context } from 'hono'
import { isRunFolder, layoutOf } from '../../run/index.ts'
import { PICTURE_POLICY, REPORT_POLICY } from '../headers.ts'
import { inside } from '../inside.ts'
import { Refusal } from '../refusal.ts'
import { runDetail, samplesOf } from '../run-detail.ts'
import { checkLinks } from '../run-row.ts'
import { sampleLook } from '../sample-look.ts'
import { samplePicture } from '../sample-picture.ts'
import type { Family } from './family.ts'
import { naturalOf } from './query.ts'

/** The run folder that a request names. @throws Refusal */
export const runIn = (folder: string, c: Context): { readonly path: string; readonly name: string } => {
  const name = c.req.param('name') ?? ''
  const path = inside(folder, name)
  if (!isRunFolder(path)) throw new Refusal(404, `${name}: not a run folder`)
  checkLinks(folder, path)
  return { path, name }
}

export const run: Family = (app, { folder, table, watches, work }) => {
  app.get('/api/runs/:name', (c) => {
    const { path, name } = runIn(folder, c)
    return c.json({ ...runDetail(path, table.row(path, name)), ...work.of(name) })
  })
  app.get('/api/runs/:name/story', async (c) =>
    c.json(await watches.story(layoutOf(runIn(folder, c).path).journal)),
  )
  app.get('/api/runs/:name/samples/:lap', async (c) => {
    const { path, name } = runIn(folder, c)
    const lap = naturalOf(c.req.param('lap'), 'lap')
    const file = samplesOf(path, lap)
    if (file === undefined) throw new Refusal(404, `${name}: no samples of lap ${lap} are kept`)
    const picture = samplePicture(inside(folder, relativeTo(name, file)), (event) =>
      sampleLook(folder, path, event),
    )
    const { type, bytes } = await picture
    c.header('content-type', type)
    c.header('content-security-policy', PICTURE_POLICY)
    return c.body(bytes)
  })
  app.get('/api/runs/:name/report', (c) => {
    const { name } = runIn(folder, c)
    const file = inside(folder, `${name}/report.html`)
    return sandboxed(c, file)
  })
}

/** A page that is a file of the folder, without scripts. */
export const sandboxed = (c: Context, file: string): Response => {
  if (!statSync(file).isFile()) throw new Refusal(404, 'not a file')
  c.header('content-type', 'text/html; charset=utf-8')
  c.header('content-security-policy', REPORT_POLICY)
  return c.body(Readable.toWeb(createReadStream(file)) as ReadableStream)
}

/** The path of a file of the draws of a run below the folder. */
const relativeTo = (name: string, file: string): string => `${name}/draws/${file.split(/[\\/]/).at(-1)}`
