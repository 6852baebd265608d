/**
 * What can be told of observations and their draws without the truth: how masks lie, the noise, how draws fit
 * y, how dense they are. By its ranges an observation finds the cell that it is like, or none.
 */
import { expectedLogq } from '../../amortize/index.ts'
import { placesOf } from '../../em/places.ts'
import {
  keptEntries,
  noiseLevels,
  type ObservationSet,
  plainView,
  residualProgram,
  residualsOfDraws,
} from '../../observations/index.ts'
import { type MaskFigures, type MaskSpace, maskFigures } from '../../operators/index.ts'
import { average, type NdArray, sizeOf } from '../../tensor/index.ts'
import { fitLogq } from './fit-logq.ts'
import type { EvidenceRanges } from './trust-schema.ts'

/** Figures of each observation, [N]. */
export type Evidence = Readonly<Partial<Record<keyof EvidenceRanges, ArrayLike<number>>>>

/** ‖y − A x‖²/(M s²) of each draw, [K · N]. */
export const residualsOf = async (set: ObservationSet, draws: NdArray<'float32'>): Promise<Float64Array> => {
  const program = residualProgram(set)
  try {
    const r = await residualsOfDraws(program, draws)
    const observed = await program.observed()
    const [count, size] = [set.y.shape[0], sizeOf(set.y.shape.slice(1))]
    return Float64Array.from({ length: draws.shape[0] * count }, (_, k) => {
      let [sum, entries] = [0, 0]
      for (let j = 0; j < size; j++) {
        if (observed?.data[(k % count) * size + j] === 0) continue
        sum += r.data[k * size + j] ** 2
        entries++
      }
      return sum / Math.max(1, entries)
    })
  } finally {
    await program.release()
  }
}

/** Where the entries of masks lie. */
interface Masked {
  readonly space: MaskSpace
  /** Entries of one channel, and those of them that there are. */
  readonly entries: number
  readonly at: readonly number[]
}

/** Of images and of points with up to three coordinates. */
const maskedOf = ({ operator, view, mesh, valid }: ObservationSet): Masked | undefined => {
  const { event } = operator
  if (event.length < 1 || event.length > 3) return undefined
  const axes = event.length === 1 ? event : event.slice(1)
  const entries = sizeOf(axes)
  const all = Array.from({ length: entries }, (_, i) => i)
  if ((view ?? plainView(event)).kind === 'image') {
    const [height, width] = axes
    return { space: { kind: 'image', height, width }, entries, at: all }
  }
  const { points } = placesOf({ operator, view, mesh })
  const at = valid ? all.filter((i) => valid.data[i % valid.size] === 1) : all
  const coordinates = Float32Array.from(at.flatMap((i) => [0, 1, 2].map((axis) => points[i][axis] ?? 0)))
  return { space: { kind: 'points', coordinates }, entries, at }
}

/** The masks of a set, where all channels have the same. */
const masksOf = (set: ObservationSet, entries: number): Float32Array[] | undefined => {
  const kept = keptEntries(set)
  if (!kept) return undefined
  const [count, size] = [kept.shape[0], sizeOf(kept.shape.slice(1))]
  const masks = Array.from({ length: set.y.shape[0] }, (_, i) =>
    kept.data.subarray((i % count) * size, ((i % count) + 1) * size),
  )
  const alike = masks.every((mask) => mask.every((m, j) => m === mask[j % entries]))
  return alike ? masks : undefined
}

const ofMasks = (set: ObservationSet): Partial<Record<keyof MaskFigures, number[]>> => {
  const masked = maskedOf(set)
  const masks = masked && masksOf(set, masked.entries)
  if (!masks) return {}
  const figuresOf = maskFigures(masked.space)
  const figures = masks.map((mask) => figuresOf(Float32Array.from(masked.at, (i) => mask[i])))
  return {
    seen: figures.map(({ seen }) => seen),
    hole: figures.map(({ hole }) => hole),
    edges: figures.map(({ edges }) => edges),
  }
}

/** Means over draws [K · N] of each observation. */
const meansOf = (values: ArrayLike<number>, count: number): number[] =>
  Array.from({ length: count }, (_, i) =>
    average(Array.from({ length: values.length / count }, (_, k) => values[k * count + i])),
  )

/** What is told of observations, and how log q is expected from what else is told. */
export interface Told {
  readonly evidence: Evidence
  readonly expectedLogq?: readonly number[]
}

/** @param drawn - residuals of draws [K · N], and their log q [K, N] where it is known */
export const evidenceOf = (
  set: ObservationSet,
  { residuals, logq }: { readonly residuals: Float64Array; readonly logq?: NdArray<'float32'> },
): Told => {
  const [count] = set.y.shape
  const noise = noiseLevels(set)
  const known = { ...ofMasks(set), ...(noise ? { noise: noise.data } : {}) }
  const evidence: Evidence = { ...known, residual: meansOf(residuals, count) }
  if (!logq) return { evidence }
  const at = Array.from({ length: count }, (_, i) => ({ seen: known.seen?.[i], noise: known.noise?.[i] }))
  const means = meansOf(logq.data, count)
  const coefficients = fitLogq(at, means)
  const excess = means.map((q, i) => q - expectedLogq(coefficients, at[i]))
  return { evidence: { ...evidence, excess }, expectedLogq: coefficients }
}

/** Least and largest figures of some observations; of those that are finite. */
export const rangesAt = (evidence: Evidence, at: readonly number[]): EvidenceRanges =>
  Object.fromEntries(
    Object.entries(evidence).flatMap(([name, values]) => {
      const own = at.map((i) => values[i]).filter(Number.isFinite)
      return own.length === 0 ? [] : [[name, { from: Math.min(...own), to: Math.max(...own) }] as const]
    }),
  )
