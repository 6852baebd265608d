/** What draws are worth where the truth is known: what their intervals hold, and how near they come. */
import { createHash } from 'node:crypto'
import { selectPoints } from '../../datasets/index.ts'
import { coverage, greyLevels, meanOverDraws, psnr } from '../../diagnose/index.ts'
import { countedEntries, type ObservationSet, observationsAt } from '../../observations/index.ts'
import { applyAffine, type DataRange } from '../../operators/index.ts'
import { average, itemAt, NdArray, rowsAt, sizeOf } from '../../tensor/index.ts'
import type { Worth } from './trust-schema.ts'

const LEVELS = [0.5, 0.9] as const

const inUnits = (x: NdArray<'float32'>, [low, high]: DataRange): NdArray<'float32'> =>
  applyAffine({ scale: 1 / (high - low), offset: -low / (high - low) }, x)

/** Draws [K, N, ...] of some observations. */
const drawsAt = (draws: NdArray<'float32'>, at: readonly number[]): NdArray<'float32'> => {
  const [K, , ...event] = draws.shape
  const data = new Float32Array(K * at.length * sizeOf(event))
  for (let k = 0; k < K; k++) data.set(rowsAt(itemAt(draws, k), at).data, (k * data.length) / K)
  return new NdArray('float32', [K, at.length, ...event], data)
}

/** How many different items there are among some of them, [N, ...]. */
export const itemsAt = (truth: NdArray<'float32'>, at: readonly number[]): number =>
  new Set(
    at.map((i) =>
      createHash('sha256')
        .update(bytesOf(itemAt(truth, i)))
        .digest('hex'),
    ),
  ).size

const bytesOf = ({ data }: NdArray<'float32'>): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** What draws [K, N, ...] of a set are worth on some of its observations. @param truth - [N, ...] */
export const worthAt = (
  all: ObservationSet,
  everything: { readonly draws: NdArray<'float32'>; readonly truth: NdArray<'float32'> },
  at: readonly number[],
): Worth => {
  const [draws, truth] = [drawsAt(everything.draws, at), rowsAt(everything.truth, at)]
  const set = observationsAt(all, at)
  const items = itemsAt(everything.truth, at)
  // Of one item again and again nothing more is learned of others: the standard error is that of the items.
  const alike = items > 1 ? Math.sqrt(at.length / items) : Number.NaN
  const found = coverage(draws, truth, {
    levels: LEVELS,
    mask: countedEntries(set).entries,
    ...greyLevels(set),
  })
  const inside = (x: NdArray<'float32'>) => inUnits(all.valid ? selectPoints(x, all.valid) : x, all.range)
  const quality = (x: NdArray<'float32'>): number => average(psnr(inside(x), inside(truth)))
  return {
    coverage: found.map(({ level, observed, standardError }) => ({
      level,
      observed,
      ...(Number.isFinite(standardError * alike) ? { standardError: standardError * alike } : {}),
    })),
    psnrMean: quality(meanOverDraws(draws)),
    psnrDraw: quality(draws),
  }
}
