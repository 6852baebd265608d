import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeArrays } from '../../../src/formats/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { tweedie } from '../../e2e/built.ts'
import { makeLongRun } from '../../studio/make-run.ts'

/** Fills a folder with results to look at: draws, their diagnosis, a comparison, two runs with losses. */
export const makeResults = (folder: string): void => {
  writeArrays(join(folder, 'truth.npz'), { x: normal(stream(0, 'x'), [30, 1, 4, 4]) })
  writeArrays(join(folder, 'exact.npz'), { draws: normal(stream(0, 'draws'), [19, 30, 1, 4, 4]) })
  const made = tweedie([
    'diagnose',
    join(folder, 'exact.npz'),
    '--truth',
    join(folder, 'truth.npz'),
    '--json',
  ])
  writeFileSync(join(folder, 'exact-diagnosis.json'), made.stdout)
  const cell = { method: 'mmps', task: 'box', steps: 10, images: 2, draws: 3, psnr: 20, crps: 0.1 }
  const cells = [cell, { ...cell, method: 'dps', psnr: 18 }]
  writeFileSync(join(folder, 'comparison.json'), JSON.stringify({ command: 'tweedie compare', cells }))
  makeLongRun(folder, 'long', 1e5)
  makeLongRun(folder, 'other', 100)
}
