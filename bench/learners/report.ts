/** The table of the learners, the strip of their prior samples, and their distance by lap. */
import { join } from 'node:path'
import { formatTable } from '../../src/cli/table.ts'
import { frechetLabel } from '../../src/diagnose/images/frechet.ts'
import { clip01 } from '../../src/diagnose/images/psnr.ts'
import {
  enoughImages,
  type FeatureNetwork,
  featuresOf,
  frechetDistance,
  meanOverDraws,
  psnr,
  shippedFeatures,
} from '../../src/diagnose/index.ts'
import { writeAtomic } from '../../src/formats/index.ts'
import { enlarged, imageGrid, lineChart, pngOf, standaloneSvg } from '../../src/report/index.ts'
import { average, NdArray, rows, sizeOf } from '../../src/tensor/index.ts'
import type { LearnerKind } from './learners.ts'
import type { Plan } from './plan.ts'
import { subjects } from './subjects.ts'

/** Prior samples after a lap, 0 for the Gaussian start. */
export interface LapSamples {
  readonly lap: number
  /** [N, C, H, W]. */
  readonly samples: NdArray<'float32'>
}

/** Samples and restorations of one learner, in [0, 1] units. */
export interface LearnerResult {
  readonly kind: LearnerKind
  /** Seconds of learning. */
  readonly seconds: number
  /** [N, C, H, W]. */
  readonly samples: NdArray<'float32'>
  /** [K, N, C, H, W]. */
  readonly restored: NdArray<'float32'>
  /** Of a learner of laps: all of them. */
  readonly laps: readonly LapSamples[]
}

/** Figures of one learner. */
interface LearnerFigures {
  readonly learner: string
  readonly seconds: number
  /** Fréchet feature distance of prior samples to real images; absent of fewer than features. */
  readonly distance?: number
  readonly psnrMean: number
  /** Absent for a learner that restores without drawing. */
  readonly psnrDraw?: number
  /** Distances by lap, of a learner of laps. */
  readonly laps?: readonly { readonly lap: number; readonly distance: number }[]
}

/** As an image file would hold them. */
const clipped = (images: NdArray<'float32'>): NdArray<'float32'> =>
  new NdArray('float32', images.shape, images.data.map(clip01))

/** Distances to real images, by what they may be called; none of too few samples. */
interface Judge {
  readonly label: string
  distance(samples: NdArray<'float32'>): Promise<number>
}

const judgeOf = async (network: FeatureNetwork, { data, samples }: Plan): Promise<Judge | undefined> => {
  const { images, reference } = subjects[data]
  const real = await featuresOf(network, images(reference.split, reference.count))
  const [count, features] = real.shape
  if (!enoughImages(features, samples)) return undefined
  return {
    label: frechetLabel(network, samples, count),
    distance: async (drawn) => frechetDistance(await featuresOf(network, clipped(drawn)), real),
  }
}

const figuresOf = async (
  { kind, seconds, samples, restored, laps }: LearnerResult,
  judge: Judge | undefined,
  { test }: Plan,
): Promise<LearnerFigures> => {
  const byLap: { lap: number; distance: number }[] = []
  if (judge) for (const one of laps) byLap.push({ lap: one.lap, distance: await judge.distance(one.samples) })
  return {
    learner: kind.name,
    seconds,
    ...(judge ? { distance: await judge.distance(samples) } : {}),
    psnrMean: average(psnr(meanOverDraws(restored), test.truth)),
    ...(restored.shape[0] > 1 ? { psnrDraw: average(psnr(restored, test.truth)) } : {}),
    ...(byLap.length > 0 ? { laps: byLap } : {}),
  }
}

const decibels = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(2)} dB`)

/** The first samples of each learner, one row each. */
const strip = (made: readonly LearnerResult[], columns = 16) => {
  const event = made[0].samples.shape.slice(1)
  const data = made.flatMap(({ samples }) => Array.from(rows(samples, 0, columns).data))
  const all = new NdArray('float32', [data.length / sizeOf(event), ...event], Float32Array.from(data))
  return enlarged(imageGrid(all, { columns }), 2)
}

/** Distance by lap of those that have laps, and as lines those of the others; nothing where none has. */
const lapsFigure = (made: readonly LearnerResult[], figures: readonly LearnerFigures[]) => {
  const titled = figures.map((figure, i) => ({ ...figure, name: made[i].kind.title }))
  const series = titled.flatMap(({ name, laps }) =>
    laps ? [{ name, points: laps.map(({ lap, distance }) => [lap, distance] as const) }] : [],
  )
  if (series.length === 0) return undefined
  return standaloneSvg(
    lineChart({
      x: { label: 'lap' },
      y: { label: 'Fréchet feature distance', scale: 'log' },
      series,
      guides: titled.flatMap(({ name, laps, distance }) =>
        laps || distance === undefined ? [] : [{ label: name, y: distance }],
      ),
      width: 640,
      height: 400,
    }),
  )
}

/** Prints the table or JSON; writes `samples.png` and `laps.svg`. */
export const report = async (
  made: readonly LearnerResult[],
  plan: Plan,
  { out, json }: { out: string; json: boolean },
): Promise<void> => {
  const { title, images, reference } = subjects[plan.data]
  const others = images(reference.split === 'test' ? 'train' : 'test', plan.samples)
  const network = await shippedFeatures(plan.event[0], { rounded: true })
  const judge = await judgeOf(network, plan)
  const floor = await judge?.distance(others)
  const figures: LearnerFigures[] = []
  for (const one of made) figures.push(await figuresOf(one, judge, plan))
  await network.release()
  writeAtomic(join(out, 'samples.png'), pngOf(strip(made)))
  const laps = lapsFigure(made, figures)
  if (laps) writeAtomic(join(out, 'laps.svg'), Buffer.from(laps))
  if (json) {
    const { budget, data, keep, steps } = plan
    console.log(
      JSON.stringify({ budget, data, keep, steps, distance: judge?.label, floor, figures }, null, 2),
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
  cells.push([`(${others.shape[0]} other real ${title})`, floor?.toFixed(2) ?? '–', '', '', ''])
  console.log(formatTable(['learner', 'distance', 'PSNR mean', 'PSNR draw', 'learning'], cells))
  const distance = judge?.label ?? 'of fewer samples than features there is none'
  console.log(`distance: ${distance}, prior samples to real ${title}; ${plan.steps} optimiser steps each`)
}
