/** Comparisons that `tweedie compare` has written: `comparison.json` beside the page of each. */
import { existsSync, statSync } from 'node:fs'
import { z } from 'zod'
import { filesBelow } from '../find-files.ts'
import { inside } from '../inside.ts'
import { jsonBelow } from '../json-file.ts'
import type { Family } from './family.ts'
import { sandboxed } from './run.ts'

const figure = z.union([z.number(), z.null()])

/** A cell: who made it, of which task, and its figures. */
const cell = z.looseObject({
  method: z.string(),
  task: z.string(),
  steps: z.number().optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  images: z.number(),
  draws: z.number(),
  psnr: figure.optional(),
  psnrMean: figure.optional(),
  ssim: figure.optional(),
  ssimMean: figure.optional(),
  crps: figure.optional(),
  perceptual: figure.optional(),
  residual: figure.optional(),
  perMeasurement: figure.optional(),
  coverage: z.object({ level: z.number(), share: figure }).optional(),
})

const comparisonSchema = z.object({
  command: z.string().optional(),
  wins: z.array(z.string()).optional(),
  leftOut: z.array(z.string()).optional(),
  cells: z.array(cell).max(10_000),
})

export const comparisons: Family = (app, { folder }) => {
  app.get('/api/comparisons', (c) =>
    c.json({
      found: filesBelow(folder, (name) => name === 'comparison.json').map((path) => ({
        path,
        changed: statSync(inside(folder, path)).mtimeMs,
      })),
    }),
  )
  app.get('/api/comparison', (c) => {
    const path = c.req.query('path') ?? ''
    const comparison = jsonBelow(folder, path, comparisonSchema, 'a comparison')
    return c.json({ ...comparison, page: existsSync(`${folder}/${pagePath(path)}`) })
  })
  // The page of a comparison or a diagnosis, as it was written.
  app.get('/api/page', (c) => sandboxed(c, inside(folder, pagePath(c.req.query('path') ?? ''))))
}

/** The page beside a file of figures. */
const pagePath = (path: string): string =>
  path.endsWith('comparison.json')
    ? path.replace(/comparison\.json$/, 'report.html')
    : path.replace(/\.json$/, '.html')
