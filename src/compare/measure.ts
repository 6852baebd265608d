/** Measures a cell: draws from the posterior of what was observed, and takes the figures. */

import { TweedieError } from '../error.ts'
import {
  batchedObservations,
  type ObservationBatch,
  type ObservationSet,
  observedMask,
} from '../observations/index.ts'
import { toPrior } from '../operators/index.ts'
import { itemAt, jit, type NdArray, sizeOf, sub, type Tensor } from '../tensor/index.ts'
import { baselineDraws } from './baseline-draws.ts'
import type { Cell } from './cell.ts'
import type { CostedDraws } from './costed-draws.ts'
import { distilledDraws, type SamplerEntry } from './distilled.ts'
import type { Figures } from './figures.ts'
import { type Guidance, guidedDraws } from './guided.ts'
import { type Judge, meritOf } from './merit.ts'
import type { Sets } from './sets.ts'

/** The setup that cells are measured with. */
export interface Bench extends Guidance, Judge {
  /** [N, ...event] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  /** Its observations, in the units of the data. */
  readonly sets: Sets
  /** Distilled samplers that cells name. */
  readonly samplerEntries?: readonly SamplerEntry[]
}

/** Figures, and the draws [K, N, ...event] in [0, 1] that they are of. */
export interface CellResult {
  readonly figures: Figures
  readonly draws: NdArray<'float32'>
}

/** Values beyond this, in prior units where data are within ±2, mean that the sampler has diverged. */
const BOUND = 1000

/** Mid-grey. */
const MIDDLE = 0.5

/**
 * Share of the draws that are numbers of a sane size; the others are set to mid-grey, so that every figure
 * exists.
 */
const sanitised = (draws: NdArray<'float32'>, event: number): number => {
  const { data } = draws
  const most = BOUND / toPrior([0, 1]).scale
  let sound = 0
  for (let from = 0; from < data.length; from += event) {
    const draw = data.subarray(from, from + event)
    if (draw.every((v) => Math.abs(v - MIDDLE) < most)) sound++
    else draw.fill(MIDDLE)
  }
  return (sound * event) / data.length
}

/** ‖y − A x‖²/(M s²), averaged over draws; M counts what was observed (elsewhere y is 0, and so is A x). */
const residualOf = async (draws: NdArray<'float32'>, set: ObservationSet): Promise<number> => {
  const batched = batchedObservations(set)
  const residual = jit((x: Tensor, batch: ObservationBatch<Tensor>) => {
    const { y, A } = batched.raw(batch)
    return sub(y, A.apply(x))
  })
  const batch = batched.batch(0, batched.count)
  let sum = 0
  for (let k = 0; k < draws.shape[0]; k++) {
    const { data } = await residual(itemAt(draws, k), batch)
    for (let i = 0; i < data.length; i++) sum += Number(data[i]) ** 2
  }
  await residual.release()
  const mask = await observedMask(set)
  const observed = mask ? mask.data.reduce((n, v) => n + v, 0) : set.y.size
  return sum / (draws.shape[0] * observed * set.noise ** 2)
}

const drawn = (cell: Cell, bench: Bench): Promise<CostedDraws> => {
  if (cell.kind === 'guided') return guidedDraws(cell, bench.sets.known, bench)
  if (cell.kind === 'baseline') return baselineDraws(cell, bench.sets.known, bench)
  const entry = bench.samplerEntries?.find(({ digest }) => digest === cell.sampler.digest)
  if (!entry) throw new TweedieError('input', `no sampler '${cell.sampler.name}' in this comparison`)
  return distilledDraws(cell, entry, bench.sets, bench)
}

/**
 * Runs a cell.
 *
 * @throws TweedieError `input` when method or sampler do not take the operator; `interrupted`
 */
export const measure = async (cell: Cell, bench: Bench): Promise<CellResult> => {
  const { draws, mean, cost } = await drawn(cell, bench)
  const sound = sanitised(draws, sizeOf(draws.shape.slice(2)))
  const residual = await residualOf(draws, bench.sets.known)
  const merit = await meritOf(draws, bench.truth, bench, mean)
  return { draws, figures: { ...merit, residual, sound, ...cost } }
}
