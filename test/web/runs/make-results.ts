import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Repair, repairedIntervals } from '../../../src/cli/restored/repair.ts'
import { writeArrays } from '../../../src/formats/index.ts'
import { arraysOf, observe } from '../../../src/observations/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { NdArray } from '../../../src/tensor/index.ts'
import { tweedie } from '../../e2e/built.ts'
import { laps, makeLongRun, makeRun } from '../../studio/make-run.ts'

/** A run on a small sphere: samples of laps, losses near 0, draws, one of them lost, and what was seen. */
const makeSphereRun = async (folder: string): Promise<void> => {
  const loss = (step: number) => ({ event: 'loss', lap: 1, step, loss: 3e-7 * (1 + 9 / step), seconds: step })
  const losses = Array.from({ length: 40 }, (_, i) => loss(i + 1))
  const net = { kind: 'sphere', grid: [6, 8] }
  const path = makeRun(folder, 'sphere', losses, { ...laps, net, range: [-3, 3] })
  for (const lap of ['000', '001'])
    writeArrays(join(path, `draws/prior-lap-${lap}.npz`), { x: normal(stream(0, lap), [4, 1, 48]) })
  const [k, n] = [25, 3]
  const draws = normal(stream(0, 'sphere'), [k, n, 1, 48])
  const repair: Repair = {
    kind: 'calibration',
    from: 'truth',
    problems: 40,
    draws: k,
    event: [1, 48],
    levels: [{ level: 0.9, factor: 1.5, before: 0.8 }],
  }
  const intervals = repairedIntervals(repair, draws)
  draws.data.fill(Number.NaN, 48, 96) // the first draw of the second observation
  const view = new TextEncoder().encode(JSON.stringify({ kind: 'globe', rows: 6, columns: 8 }))
  writeArrays(join(path, 'draws/posterior.npz'), {
    draws,
    ...intervals,
    view: new NdArray('uint8', [view.length], view),
  })
  const operator = { name: 'mask', settings: { keep: 0.5 } }
  const x = normal(stream(0, 'x'), [n, 1, 48])
  const set = await observe(x, { operator, noise: 0.1, range: [-3, 3], seed: 0 })
  writeArrays(join(path, 'observations.safetensors'), arraysOf(set))
}

/** Fills a folder with results to look at: draws, their diagnosis, a comparison, two runs with losses. */
export const makeResults = async (folder: string): Promise<void> => {
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
  await makeSphereRun(folder)
}
