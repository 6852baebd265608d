/** The content of a run folder, ready for a report: curves from its journal, samples of its prior by lap. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readArrays } from '../formats/index.ts'
import { type JournalLine, layoutOf, readJournal } from '../run/index.ts'
import { NdArray, rows } from '../tensor/index.ts'
import type { LineChart } from './line-chart.ts'
import type { RunReport } from './run-report.ts'

/** Most samples of a lap that a page shows. */
const SHOWN = 64

const numberOf = (line: JournalLine, field: string): number | undefined => {
  const value = line[field]
  return typeof value === 'number' ? value : undefined
}

const points = (
  journal: readonly JournalLine[],
  event: string,
  x: (line: JournalLine, i: number) => number,
  y: string,
) =>
  journal
    .filter((line) => line.event === event)
    .flatMap((line, i): [number, number][] => {
      const value = numberOf(line, y)
      return value === undefined ? [] : [[x(line, i), value]]
    })

/** Loss over all laps, and the divergence by lap where it was measured. */
const curvesOf = (journal: readonly JournalLine[]): LineChart[] => {
  const loss = points(journal, 'loss', (_line, i) => i, 'loss')
  const divergence = points(journal, 'divergence', (line) => numberOf(line, 'lap') ?? 0, 'sinkhorn')
  const charts: LineChart[] = []
  if (loss.length > 1) {
    charts.push({
      x: { label: 'record of the journal (every 20 steps)' },
      y: { label: 'training loss', scale: loss.every(([, value]) => value > 0) ? 'log' : 'linear' },
      series: [{ name: 'loss', points: loss }],
      caption: journal.some((line) => (numberOf(line, 'lap') ?? 0) > 1)
        ? 'Training loss through all laps (EM iterations); it starts anew with each, on new samples.'
        : 'Training loss.',
    })
  }
  if (divergence.length > 1) {
    charts.push({
      x: { label: 'lap (0: Gaussian start)' },
      y: { label: 'Sinkhorn divergence', scale: 'log' },
      series: [{ name: 'prior to held-out truth', points: divergence }],
      caption: 'Debiased Sinkhorn divergence between samples of the prior and held-out clean points.',
    })
  }
  return charts
}

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
export type RunContent = Pick<RunReport, 'curves' | 'priorSamplesByLap' | 'corners'>

/**
 * The parts of a report that a run folder alone can fill.
 *
 * @param reference - so many clean low-dimensional points to draw beside those of the prior
 */
export const runContent = async (
  path: string,
  reference?: (count: number) => Promise<NdArray | undefined>,
): Promise<RunContent> => {
  const { journal, draws } = layoutOf(path)
  const curves = existsSync(journal) ? curvesOf(readJournal(journal)) : []
  const laps = existsSync(draws) ? lapsOf(draws) : []
  const rank = laps[0]?.x.shape.length
  if (rank === undefined || rank === 3) return { curves } // signals [C, V] have no picture here yet
  if (rank === 4) {
    const priorSamplesByLap = fewOf(laps, 8).map(({ label, x }) => ({ label, images: rows(x, 0, SHOWN) }))
    return { curves, priorSamplesByLap }
  }
  const range = [-2.5, 2.5] as const
  return {
    curves,
    corners: {
      byLap: fewOf(laps, 6).map(({ label, x }) => ({ label, samples: x })),
      reference: await reference?.(laps[0].x.shape[0]),
      range,
    },
  }
}
