/** The table of the learners, and the strip of their prior samples. */
import { join } from 'node:path'
import { formatTable } from '../../src/cli/table.ts'
import { loadMnist } from '../../src/datasets/index.ts'
import { clip01 } from '../../src/diagnose/images/psnr.ts'
import {
  enoughImages,
  featureNetwork,
  frechetFeatureDistance,
  type Labelled,
  meanOverDraws,
  psnr,
} from '../../src/diagnose/index.ts'
import { writeAtomic } from '../../src/formats/index.ts'
import { enlarged, imageGrid, pngOf } from '../../src/report/index.ts'
import { average, NdArray, rows, sizeOf } from '../../src/tensor/index.ts'
import type { LearnerKind } from './learners.ts'
import type { Plan } from './plan.ts'

/** Samples and restorations of one learner, in [0, 1] units. */
export interface LearnerResult {
  readonly kind: LearnerKind
  /** Seconds of learning. */
  readonly seconds: number
  /** [N, 1, 28, 28]. */
  readonly samples: NdArray<'float32'>
  /** [K, N, 1, 28, 28]. */
  readonly restored: NdArray<'float32'>
}

/** Figures of one learner. */
interface LearnerFigures {
  readonly learner: string
  readonly seconds: number
  /** Fréchet feature distance of prior samples to as many test digits; absent of fewer than features. */
  readonly distance?: number
  readonly psnrMean: number
  /** Absent for a learner that restores without drawing. */
  readonly psnrDraw?: number
}

/** As an image file would hold them. */
const clipped = (images: NdArray<'float32'>): NdArray<'float32'> =>
  new NdArray('float32', images.shape, images.data.map(clip01))

/** Distances to the test digits, of sets [plan.samples, 1, 28, 28]. */
const distances = async ({ samples }: Plan, sets: readonly NdArray<'float32'>[]) => {
  const network = await featureNetwork()
  const reference = loadMnist({ split: 'test', count: samples }).images
  const { features } = await network.run(rows(reference, 0, 1))
  const out: (Labelled | undefined)[] = []
  for (const images of sets)
    out.push(
      enoughImages(features.shape[1], samples)
        ? await frechetFeatureDistance(network, clipped(images), reference)
        : undefined,
    )
  await network.release()
  return out
}

const figuresOf = (
  { kind, seconds, restored }: LearnerResult,
  distance: number | undefined,
  { test }: Plan,
): LearnerFigures => ({
  learner: kind.name,
  seconds,
  ...(distance === undefined ? {} : { distance }),
  psnrMean: average(psnr(meanOverDraws(restored), test.truth)),
  ...(restored.shape[0] > 1 ? { psnrDraw: average(psnr(restored, test.truth)) } : {}),
})

const decibels = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(2)} dB`)

/** The first samples of each learner, one row each. */
const strip = (made: readonly LearnerResult[], columns = 16) => {
  const event = made[0].samples.shape.slice(1)
  const data = made.flatMap(({ samples }) => Array.from(rows(samples, 0, columns).data))
  const all = new NdArray('float32', [data.length / sizeOf(event), ...event], Float32Array.from(data))
  return enlarged(imageGrid(all, { columns }), 2)
}

/** Prints the table or JSON; writes `samples.png`. */
export const report = async (
  made: readonly LearnerResult[],
  plan: Plan,
  { out, json }: { out: string; json: boolean },
): Promise<void> => {
  const clean = loadMnist({ split: 'train', count: plan.samples }).images
  const [floor, ...found] = await distances(plan, [clean, ...made.map(({ samples }) => samples)])
  const figures = made.map((one, i) => figuresOf(one, found[i]?.value, plan))
  writeAtomic(join(out, 'samples.png'), pngOf(strip(made)))
  if (json) {
    const { budget, steps } = plan
    console.log(
      JSON.stringify({ budget, steps, distance: floor?.label, floor: floor?.value, figures }, null, 2),
    )
    return
  }
  const cells = figures.map((f, i) => [
    made[i].kind.title,
    f.distance?.toFixed(2) ?? '–',
    decibels(f.psnrMean),
    decibels(f.psnrDraw),
    `${f.seconds.toFixed(0)} s`,
  ])
  cells.push(['(as many training digits)', floor?.value.toFixed(2) ?? '–', '', '', ''])
  console.log(formatTable(['learner', 'distance', 'PSNR mean', 'PSNR draw', 'learning'], cells))
  const distance = floor?.label ?? 'of fewer samples than features there is none'
  console.log(`distance: ${distance}, prior samples to test digits; ${plan.steps} optimiser steps each`)
}
