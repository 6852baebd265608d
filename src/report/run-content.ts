/** The content of a run folder, ready for a report: curves from its journal, samples of its prior by lap. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readArrays } from '../formats/index.ts'
import { plainView } from '../observations/index.ts'
import { layoutOf, readJournal } from '../run/index.ts'
import { NdArray, rows } from '../tensor/index.ts'
import { learningCurves } from './learning-curves.ts'
import type { RunReport } from './run-report.ts'
import { type SampleLook, samplesTile } from './views/prior-samples.ts'

/** Most samples of a lap that a page shows. */
const SHOWN = 64

const lapsOf = (folder: string): { label: string; x: NdArray<'float32'> }[] =>
  readdirSync(folder)
    .filter((name) => /^prior-lap-\d+\.npz$/.test(name))
    .sort()
    .flatMap((name) => {
      const { x } = readArrays(join(folder, name))
      const lap = Number(/\d+/.exec(name)?.[0])
      if (!(x?.data instanceof Float32Array)) return []
      return [
        { label: lap === 0 ? 'Gaussian start' : `lap ${lap}`, x: new NdArray('float32', x.shape, x.data) },
      ]
    })

/** The start, the end, and a few laps between. */
const fewOf = <T>(items: readonly T[], most: number): T[] =>
  items.filter((_, i) => {
    const slot = (j: number) => Math.floor((j * (most - 1)) / Math.max(1, items.length - 1))
    return i === 0 || i === items.length - 1 || slot(i) !== slot(i - 1)
  })

/** The parts of a report that come from a run folder. */
export type RunContent = Pick<RunReport, 'curves' | 'priorSamplesByLap' | 'priorTilesByLap' | 'corners'>

/** What is known of the data that a run learned from. */
export interface RunData extends Partial<SampleLook> {
  /** So many clean low-dimensional points to draw beside those of the prior. */
  readonly reference?: (count: number) => Promise<NdArray | undefined>
  /** Whether the loss is that of denoising (default), and no other objective's. */
  readonly denoising?: boolean
}

/** Most coordinates of vectors of which every pair is drawn; longer ones are curves. */
const PAIRS = 6

/** What points of the shipped manifold lie in. */
const PLANE = [-2.5, 2.5] as const

/** The interval of values [low, high] in which 99 % of them lie. */
const middle = ({ data }: NdArray<'float32'>): readonly [number, number] => {
  const sorted = data.toSorted()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]
  return at(0.005) < at(0.995) ? [at(0.005), at(0.995)] : [at(0) - 0.5, at(0) + 0.5]
}

/** The parts of a report that a run folder alone can fill. */
export const runContent = async (path: string, data: RunData = {}): Promise<RunContent> => {
  const { journal, draws } = layoutOf(path)
  const curves = learningCurves(readJournal(journal), data.denoising ?? true)
  const laps = existsSync(draws) ? lapsOf(draws) : []
  const last = laps.at(-1)
  if (last === undefined) return { curves }
  const [count, ...event] = last.x.shape
  if (event.length === 1 && event[0] <= PAIRS) {
    const reference = await data.reference?.(count)
    const range = data.range ?? (reference ? PLANE : middle(last.x))
    const byLap = fewOf(laps, 6).map(({ label, x }) => ({ label, samples: x }))
    return { curves, corners: { byLap, reference, range } }
  }
  const view = data.view ?? plainView(event)
  const shown = fewOf(laps, 8)
  if (view.kind === 'image') {
    const range = data.range ?? ([0, 1] as const)
    const priorSamplesByLap = shown.map(({ label, x }) => ({
      label,
      images: rows(x, 0, Math.min(SHOWN, x.shape[0])),
      range,
    }))
    return { curves, priorSamplesByLap }
  }
  const look = { ...data, view, range: data.range ?? middle(last.x) }
  const priorTilesByLap = shown.map(({ label, x }) => ({ label, body: samplesTile(x, look, label) }))
  return { curves, priorTilesByLap }
}
