/**
 * Priors of signals larger than those that were learned: a large x is covered by overlapping tiles of the
 * size that the prior knows, and its denoiser is the average of the tiles' own with smooth weights (as
 * MultiDiffusion averages steps; Bar-Tal et al. 2023),
 *
 *   D(xt, σ) = Σ_t w_t ∘ D_tile(xt on tile t, σ),   Σ_t w_t = 1.
 *
 * It is one denoiser of the whole: every method and operator goes with it, and draws agree where tiles
 * overlap. Of a stationary prior it knows what lies within a tile, and nothing of relations further apart.
 */
import { TweedieError } from '../error.ts'
import { constantLike } from '../linalg/index.ts'
import {
  broadcastTo,
  concat,
  matmul,
  NdArray,
  rematerialise,
  reshape,
  type Shape,
  slice,
  type Tensor,
  toNumbers,
  transpose,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import type { Prior } from './prior.ts'

/** How tiles lie. */
export interface TileOptions {
  /** Entries that neighbouring tiles share at least, along each axis; default a quarter of the tile. */
  readonly overlap?: number
  /**
   * Tiles denoised at once (memory, not result), default 128. More of them than that are computed again for
   * gradients instead of being kept.
   */
  readonly batch?: number
}

/** One axis: where tiles of a length begin, and their weights. */
interface Axis {
  readonly length: number
  readonly size: number
  readonly starts: readonly number[]
}

/** Tiles that cover an axis, evenly, with no less than the overlap. */
const axisOf = (length: number, size: number, overlap = Math.floor(size / 4)): Axis => {
  if (length < size) throw new TweedieError('input', `tiles of ${size} do not fit into a side of ${length}`)
  if (!(Number.isInteger(overlap) && overlap >= 0 && (overlap < size || size === 1)))
    throw new TweedieError('input', `tiles of ${size} cannot overlap by ${overlap}`)
  const stride = Math.max(1, size - overlap)
  const count = Math.ceil((length - size) / stride) + 1
  const starts = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (length - size)) / (count - 1)),
  )
  return { length, size, starts }
}

/** A raised cosine, positive everywhere. */
const windowAt = (i: number, size: number): number => Math.sin((Math.PI * (i + 0.5)) / size) ** 2

/** [tiles · size, length]: 1 where an entry of a tile is one of the whole; its rows cut the tiles out. */
const cutting = ({ length, size, starts }: Axis): NdArray<'float32'> => {
  const data = new Float32Array(starts.length * size * length)
  starts.forEach((start, t) => {
    for (let i = 0; i < size; i++) data[(t * size + i) * length + start + i] = 1
  })
  return new NdArray('float32', [starts.length * size, length], data)
}

/** [tiles · size, length]: the weight of an entry of a tile in the whole; columns sum to 1. */
const blending = (axis: Axis): NdArray<'float32'> => {
  const { length, size, starts } = axis
  const totals = new Float64Array(length)
  for (const start of starts) for (let i = 0; i < size; i++) totals[start + i] += windowAt(i, size)
  const { shape, data } = cutting(axis)
  const weight = (k: number) => windowAt(Math.floor(k / length) % size, size) / totals[k % length]
  return new NdArray(
    'float32',
    shape,
    data.map((there, k) => (there === 0 ? 0 : weight(k))),
  )
}

/** Signals [C, V] are images of one row. */
const asImage = ([channels, ...space]: Shape): readonly [number, number, number] =>
  space.length === 1 ? [channels, 1, space[0]] : [channels, space[0], space[1]]

/** One row of an axis, the same tile everywhere, blended. */
const blendedRow = (values: ArrayLike<number>, { size, starts }: Axis, weights: NdArray): Float64Array => {
  const length = weights.shape[1]
  const out = new Float64Array(length)
  starts.forEach((start, t) => {
    for (let i = 0; i < size; i++)
      out[start + i] += Number(weights.data[(t * size + i) * length + start + i]) * values[i]
  })
  return out
}

/** The mean of a tile [C, h, w] everywhere, blended: [C, H, W]. */
const blendedMean = (mean: NdArray, [down, across]: readonly [Axis, Axis]): Float32Array => {
  const [wy, wx] = [blending(down), blending(across)]
  const values = toNumbers(mean)
  const channels = values.length / (down.size * across.size)
  const out = new Float32Array(channels * down.length * across.length)
  for (let c = 0; c < channels; c++) {
    const rows = Array.from({ length: down.size }, (_, i) => {
      const from = (c * down.size + i) * across.size
      return blendedRow(values.slice(from, from + across.size), across, wx)
    })
    for (let j = 0; j < across.length; j++) {
      const column = blendedRow(
        rows.map((row) => row[j]),
        down,
        wy,
      )
      column.forEach((v, i) => {
        out[(c * down.length + i) * across.length + j] = v
      })
    }
  }
  return out
}

/** A cover of events by tiles. */
interface Cover {
  readonly count: number
  /** The mean of one tile everywhere. */
  mean(tile: NdArray): NdArray<'float32'>
  /** [B, ...event] as [tiles · B, ...tile], all samples of the first tile first. */
  cut(x: Tensor): Tensor
  /** The average of tiles, back. */
  blend(tiles: Tensor): Tensor
}

const coverOf = (tile: Shape, event: Shape, overlap: number | undefined): Cover => {
  const fits =
    tile.length === event.length && (tile.length === 2 || tile.length === 3) && tile[0] === event[0]
  if (!fits)
    throw new TweedieError(
      'input',
      `tiles [${tile}] do not cover [${event}]: they need images or series of the same channels`,
    )
  const [channels, h, w] = asImage(tile)
  const [, height, width] = asImage(event)
  const [down, across] = [axisOf(height, h, h === 1 ? 0 : overlap), axisOf(width, w, overlap)]
  const [m, n] = [down.starts.length, across.starts.length]
  const [cutY, cutX, blendY, blendX] = [cutting(down), cutting(across), blending(down), blending(across)]
  return {
    count: m * n,
    mean: (one) => new NdArray('float32', event, blendedMean(one, [down, across])),
    cut: (x) => {
      const image = reshape(x, [x.shape[0], channels, height, width])
      const rows = matmul(constantLike(cutY, x), image)
      const all = matmul(rows, constantLike(cutX, x), { transB: true })
      const grid = transpose(reshape(all, [x.shape[0], channels, m, h, n, w]), [2, 4, 0, 1, 3, 5])
      return reshape(grid, [m * n * x.shape[0], ...tile])
    },
    blend: (tiles) => {
      const batch = tiles.shape[0] / (m * n)
      const grid = transpose(reshape(tiles, [m, n, batch, channels, h, w]), [2, 3, 0, 4, 1, 5])
      const all = reshape(grid, [batch, channels, m * h, n * w])
      const rows = matmul(constantLike(blendY, tiles), all, { transA: true })
      return reshape(matmul(rows, constantLike(blendX, tiles)), [batch, ...event])
    },
  }
}

/** A denoiser of many rows, some at once. */
const inParts = (denoiser: Denoiser, rows: Tensor, sigma: Tensor, batch: number): Tensor => {
  const count = rows.shape[0]
  if (count <= batch) return denoiser(rows, sigma)
  const parts = Array.from({ length: Math.ceil(count / batch) }, (_, i) => {
    const [from, to] = [i * batch, Math.min(count, (i + 1) * batch)]
    return rematerialise(([x, s]) => denoiser(x, s), [slice(rows, [from], [to]), slice(sigma, [from], [to])])
  })
  return concat(parts, 0)
}

/**
 * The prior of larger signals, made of overlapping tiles of those that a prior knows.
 *
 * @param prior - of images [C, h, w] or series [C, t], without a domain
 * @param event - [C, H, W] with H ≥ h and W ≥ w, or [C, T] with T ≥ t
 * @throws TweedieError `input` for other shapes, overlaps as long as a tile, and priors with a domain
 *
 * @example
 * ```ts
 * const prior = tiledPrior(loadPrior('runs/photos'), [3, 256, 256])
 * const draws = await posteriorDraws(prior, readObservations('large.npz'), { seed: 0 })
 * ```
 */
export const tiledPrior = (prior: Prior, event: Shape, { overlap, batch = 128 }: TileOptions = {}): Prior => {
  if (prior.domain)
    throw new TweedieError('input', 'tiles of a prior with a domain would all have this domain')
  const cover = coverOf(prior.event, event, overlap)
  return {
    ...prior,
    event,
    mean: cover.mean(prior.mean),
    denoiser: (xt, sigma) => {
      const each = reshape(broadcastTo(sigma, [cover.count, ...sigma.shape]), [-1])
      return cover.blend(inParts(prior.denoiser, cover.cut(xt), each, batch))
    },
  }
}

/** How many tiles {@link tiledPrior} makes. */
export const tilesOf = (tile: Shape, event: Shape, { overlap }: TileOptions = {}): number =>
  coverOf(tile, event, overlap).count
