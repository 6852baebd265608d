/** Diagnoses: files that `tweedie diagnose --json` has written, their charts, and new ones. */
import { existsSync, statSync } from 'node:fs'
import { z } from 'zod'
import { writeAtomic } from '../../formats/index.ts'
import { isRunFolder } from '../../run/index.ts'
import { chartNames, diagnosisChart, diagnosisSchema } from '../diagnosis-charts.ts'
import { filesBelow } from '../find-files.ts'
import { PICTURE_POLICY } from '../headers.ts'
import { inside, newInside } from '../inside.ts'
import { jsonBelow } from '../json-file.ts'
import { Refusal } from '../refusal.ts'
import { themedSvg } from '../themed-svg.ts'
import type { Family } from './family.ts'
import { bodyOf } from './work.ts'

/** Names of the files that are listed. */
const isDiagnosis = (name: string): boolean => /(^|-)diagnosis\.json$/.test(name)

/** Seconds that a diagnosis may take. */
const LIMIT = 1800

const asked = z.strictObject({
  draws: z.string(),
  observations: z.string().optional(),
  truth: z.string().optional(),
})

/** A truth is a data set by its name, or a file below the folder. */
const sourceIn = (folder: string, text: string): string =>
  /^[a-z][a-z0-9-]*$/.test(text) ? text : inside(folder, text)

/** Where the result goes: into the run folder, or beside the file of draws. */
const outputOf = (folder: string, draws: string): { readonly json: string; readonly html: string } => {
  const isRun = isRunFolder(inside(folder, draws))
  const stem = isRun ? `${draws}/diagnosis` : `${draws.replace(/\.[^./]*$/, '')}-diagnosis`
  return { json: `${stem}.json`, html: `${stem}.html` }
}

export const diagnoses: Family = (app, { folder, work }) => {
  const read = (path: string) => jsonBelow(folder, path, diagnosisSchema, 'a diagnosis')
  app.get('/api/diagnoses', (c) =>
    c.json({
      found: filesBelow(folder, isDiagnosis).map((path) => ({
        path,
        changed: statSync(inside(folder, path)).mtimeMs,
      })),
    }),
  )
  app.get('/api/diagnosis', (c) => {
    const path = c.req.query('path') ?? ''
    const { ranks, ...figures } = read(path)
    const quantities = Object.keys(ranks?.quantities ?? {})
    const page = path.replace(/\.json$/, '.html')
    return c.json({
      ...figures,
      quantities,
      charts: chartNames({ ...figures, ranks }),
      page: existsSync(`${folder}/${page}`),
    })
  })
  app.get('/api/diagnosis/chart', (c) => {
    const chart = diagnosisChart(read(c.req.query('path') ?? ''), c.req.query('chart') ?? '')
    c.header('content-type', 'image/svg+xml')
    c.header('content-security-policy', PICTURE_POLICY)
    return c.body(themedSvg(chart))
  })
  app.post('/api/diagnoses', async (c) => {
    const { draws, observations, truth } = await bodyOf(c, asked)
    if (observations === undefined && truth === undefined)
      throw new Refusal(400, 'give observations, a truth or both to judge the draws by')
    const { json, html } = outputOf(folder, draws)
    const said = await work.ask(
      [
        'diagnose',
        inside(folder, draws),
        ...(observations === undefined ? [] : ['--observations', inside(folder, observations)]),
        ...(truth === undefined ? [] : ['--truth', sourceIn(folder, truth)]),
        '--output',
        newInside(folder, html),
        '--json',
      ],
      LIMIT,
    )
    writeAtomic(newInside(folder, json), new TextEncoder().encode(said))
    return c.json({ path: json })
  })
}
