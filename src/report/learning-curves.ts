/** The journal of a run as charts. */
import type { JournalLine } from '../run/index.ts'
import type { LineChart } from './charts/line-chart.ts'

const numberOf = (line: JournalLine, field: string): number | undefined => {
  const value = line[field]
  return typeof value === 'number' ? value : undefined
}

type Points = [number, number][]

/** Loss over the steps of all laps, one lap after the other. */
const lossPoints = (journal: readonly JournalLine[]): Points => {
  let [before, lap, last] = [0, 0, 0]
  return journal.flatMap((line): Points => {
    const [own, step, loss] = ['lap', 'step', 'loss'].map((field) => numberOf(line, field))
    if (line.event !== 'loss' || step === undefined || loss === undefined) return []
    if (own !== undefined && own !== lap) [before, lap] = [before + last, own]
    last = step
    return [[before + step, loss]]
  })
}

/** What a denoising loss of 1 is. */
const WHITE =
  'The loss is (1 + 1/σ²) ‖D(x + σz) − x‖² of an entry, in units in which the data span [−2, 2]: at 1, the ' +
  'network denoises as well as one can who knows nothing but a variance of 1. It has no lowest value that ' +
  'is known beforehand; it tells whether learning goes on, and not how good the prior is.'

const OTHERS = 'It tells whether learning goes on, and not how good the result is.'

const lossChart = (journal: readonly JournalLine[], denoising: boolean): LineChart[] => {
  const points = lossPoints(journal)
  if (points.length < 2) return []
  const laps = journal.some((line) => (numberOf(line, 'lap') ?? 0) > 1)
  const through = laps ? 'Training loss through all laps (EM iterations); it starts anew with each. ' : ''
  return [
    {
      x: { label: laps ? 'step, all laps together' : 'step' },
      y: { label: 'training loss', scale: points.every(([, value]) => value > 0) ? 'log' : 'linear' },
      series: [{ name: 'loss', points }],
      ...(denoising ? { guides: [{ label: 'knows only the variance', y: 1 }] } : {}),
      caption: `${through}${denoising ? WHITE : OTHERS}`,
    },
  ]
}

const divergenceChart = (journal: readonly JournalLine[]): LineChart[] => {
  const points = journal.flatMap((line): Points => {
    const value = numberOf(line, 'sinkhorn')
    return line.event !== 'divergence' || value === undefined ? [] : [[numberOf(line, 'lap') ?? 0, value]]
  })
  if (points.length < 2) return []
  return [
    {
      x: { label: 'lap (0: Gaussian start)' },
      y: { label: 'Sinkhorn divergence', scale: 'log' },
      series: [{ name: 'prior to held-out truth', points }],
      caption: 'Debiased Sinkhorn divergence between samples of the prior and held-out clean points.',
    },
  ]
}

/** Figures of held-out measurements, in their order. */
const heldFigures = [
  ['rmse', 'RMSE of held-out measurements', 'Root mean square error of the posterior mean'],
  ['crps', 'CRPS of held-out measurements', 'Continuous ranked probability score of the draws'],
  ['coverage90', 'share in 90 % intervals', 'Share in the central 90 % intervals of the draws'],
] as const

/** Figures of what learning did not see, by lap: the network's, and the Gaussian's as a line to beat. */
const heldCharts = (journal: readonly JournalLine[]): LineChart[] => {
  const held = journal.filter(({ event }) => event === 'held')
  // A lap that was judged again after a stop counts as it was judged last.
  const of = (who: string, field: string): Points => {
    const byLap = new Map<number, number>()
    for (const line of held) {
      const value = numberOf(line, field)
      if (line.of === who && value !== undefined) byLap.set(numberOf(line, 'lap') ?? 0, value)
    }
    return [...byLap].sort(([a], [b]) => a - b)
  }
  return heldFigures.flatMap(([field, label, caption]): LineChart[] => {
    const [network, gaussian] = [of('network', field), of('gaussian', field)]
    const start = gaussian.at(-1)
    if (network.length === 0) return []
    return [
      {
        x: { label: 'lap' },
        y: { label },
        series: [{ name: 'network', points: network, dots: true }],
        guides: [
          ...(start ? [{ label: 'Gaussian start', y: start[1] }] : []),
          ...(field === 'coverage90' ? [{ label: 'calibrated', y: 0.9 }] : []),
        ],
        caption: `${caption}, of measurements that learning never saw; their noise is in it.`,
      },
    ]
  })
}

/**
 * Charts of what a journal holds: figures of held-out measurements, losses, divergences.
 *
 * @param denoising - whether its loss is that of denoising, of which 1 has a meaning
 */
export const learningCurves = (journal: readonly JournalLine[], denoising: boolean): LineChart[] => [
  ...heldCharts(journal),
  ...lossChart(journal, denoising),
  ...divergenceChart(journal),
]
