/** Samples of the priors of a run, lap by lap, against the curve; and what 512 points can tell of it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sinkhornDivergence } from '../../src/diagnose/index.ts'
import { readArrays } from '../../src/formats/index.ts'
import { type NdArray, rows } from '../../src/tensor/index.ts'
import { distances, summaryOf } from './distances.ts'

/** Median distance, and share of samples farther than 0.3, by file of the run's `draws/`. */
export const byLap = (run: string, truth: NdArray) => {
  const folder = join(run, 'draws')
  const files = readdirSync(folder).filter((name) => name.startsWith('prior-lap-'))
  return files.sort().map((name) => {
    const { x } = readArrays(join(folder, name))
    return { name, ...summaryOf(distances(x, truth)) }
  })
}

/** Sinkhorn divergences (ε 0.05) of eight sets of 512 true points to another. */
export const floor = (truth: NdArray<'float32'>): number[] =>
  Array.from({ length: 8 }, (_, k) =>
    sinkhornDivergence(rows(truth, 512 * (k + 1), 512 * (k + 2)), rows(truth, 0, 512), {
      reg: 0.05,
      tolerance: 1e-2,
    }),
  )
