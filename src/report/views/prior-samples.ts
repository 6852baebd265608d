/** Samples of a prior in the look of their view. */
import type { View } from '../../observations/index.ts'
import type { DataRange } from '../../operators/index.ts'
import { NdArray, rows } from '../../tensor/index.ts'
import { fanChart } from '../charts/fan-chart.ts'
import type { Html } from '../html.ts'
import { type Picture, pixels } from '../png.ts'
import { globeRenderer, type PointRenderer, pointPictures } from '../point-strip.ts'
import { imageGrid, mosaic, type PlacedPoints } from '../strip.ts'
import { byChannel } from './by-channel.ts'
import { meshPictures } from './mesh.ts'
import { SIZE } from './points.ts'
import { asSignals } from './series.ts'

/** How samples look: as the data that the prior learned from. */
export interface SampleLook {
  readonly view: View
  readonly range: DataRange
  /** Last axes of the event: 0 outside the domain. */
  readonly valid?: NdArray
  /** Of views on a mesh that no data set names. */
  readonly mesh?: PlacedPoints
}

/** Images on a tile, the pixels that it is wide, and points and curves on one. */
const [IMAGES, WIDTH, ITEMS, CURVES] = [64, 232, 4, 8] as const

const imagesOf = (x: NdArray, range: DataRange, alt: string): Html => {
  const [count, channels, height, width] = x.shape
  const plain = channels === 1 || channels === 3
  const shown = rows(x, 0, Math.min(count, plain ? IMAGES : Math.ceil(IMAGES / channels)))
  const images = plain
    ? shown
    : new NdArray(x.dtype, [shown.shape[0] * channels, 1, height, width], shown.data)
  const grid = imageGrid(images, {
    columns: plain ? (count > 24 ? 8 : 4) : channels * Math.max(1, Math.floor(8 / channels)),
    range,
  })
  const scale = WIDTH / grid.shape[2]
  return pixels(grid, alt, scale < 1 ? scale : Math.max(1, Math.round(scale)))
}

/** By what values on points become pictures; undefined of views that have no points. */
const rendererOf = ({ view, mesh }: SampleLook): PointRenderer | undefined => {
  if (view.kind === 'globe') return globeRenderer({ size: SIZE, longitude: 200, grid: view })
  return view.kind === 'mesh' ? meshPictures(view.mesh, mesh) : undefined
}

/**
 * The first samples [N, C, V] on a sphere or a mesh as one picture; undefined of other views.
 *
 * @example
 * ```ts
 * surfacePicture(x, { view: { kind: 'globe', rows: 46, columns: 90 }, range: [0, 1] })
 * ```
 */
export const surfacePicture = (x: NdArray, look: SampleLook): Picture | undefined => {
  const render = rendererOf(look)
  if (!render) return undefined
  const [count, channels, length] = x.shape
  const first = new NdArray(x.dtype, [count * channels, 1, length], x.data)
  const own = pointPictures(first, Math.min(ITEMS, count * channels), render, [look.valid], look.range)
  return mosaic([own.slice(0, 2), own.slice(2)].filter((row) => row.length > 0))
}

/** The first samples of the first channel as curves. */
const curvesOf = (x: NdArray, { range, valid }: SampleLook, title: string): Html => {
  const { mean } = byChannel(asSignals({ y: x, draws: x, mean: x })).restoration
  const length = mean.shape[mean.shape.length - 1]
  const channels = mean.shape[0] / x.shape[0]
  const curves = Array.from({ length: Math.min(CURVES, x.shape[0]) }, (_, i) => ({
    name: `sample ${i + 1}`,
    values: Float64Array.from({ length }, (_v, v) => {
      const value = Number(mean.data[i * channels * length + v])
      return valid?.data[v] === 0 ? Number.NaN : Math.min(range[1], Math.max(range[0], value))
    }),
    look: `fine s${i % 6}`,
  }))
  const points = Float64Array.from({ length }, () => Number.NaN)
  return fanChart({ title, x: 'index', bands: [], curves, points, extent: range, width: 300 })
}

/**
 * Samples [N, ...event] of a prior as a tile of a page.
 *
 * @example
 * ```ts
 * samplesTile(x, { view: { kind: 'signal' }, range: [-3, 3] }, 'lap 2')
 * ```
 */
export const samplesTile = (x: NdArray, look: SampleLook, label: string): Html => {
  const { view, range } = look
  const alt = `samples of the prior, ${label}`
  const surface = surfacePicture(x, look)
  if (surface) return pixels(surface, alt, 1)
  if (view.kind === 'image') return imagesOf(x, range, alt)
  return curvesOf(x, look, x.shape.length > 2 && x.shape[1] > 1 ? 'channel 1' : '')
}
