/** DPS by its evaluations, and by the length of its step: two charts side by side. */
import { type Html, html, lineChart, standaloneSvg } from '../../src/report/index.ts'

/** A sampler at a number of steps. */
export interface DpsReading {
  readonly name: string
  readonly steps: number
  /** Of DPS. */
  readonly zeta?: number
  /** Of single draws and of their mean, dB. */
  readonly psnr: number
  readonly psnrMean: number
  /** Standard deviation of draws over the error of their mean. */
  readonly spread: number
  readonly residual: number
  readonly sound: number
}

/** Below this a draw is no image: it stands in the table alone. */
const LEAST = 5

const WIDTH = 480
const HEIGHT = 300

const sorted = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

/** As the legend names it. */
const titleOf = ({ name, zeta }: DpsReading): string => (zeta === undefined ? name : `ζ = ${zeta}`)

const byEvaluations = (readings: readonly DpsReading[]): Html => {
  const seen = readings.filter(({ psnr }) => psnr > LEAST)
  return lineChart({
    x: { label: 'evaluations', scale: 'log' },
    y: { label: 'PSNR of a draw, dB' },
    series: [...new Set(seen.map(titleOf))].map((name) => ({
      name,
      points: seen
        .filter((reading) => titleOf(reading) === name)
        .map(({ steps, psnr }) => [steps, psnr] as const),
    })),
    width: WIDTH,
    height: HEIGHT,
  })
}

const spreadByStep = (readings: readonly DpsReading[]): Html => {
  const ofDps = readings.flatMap(({ zeta, ...rest }) => (zeta === undefined ? [] : [{ ...rest, zeta }]))
  const seen = ofDps.filter(({ psnr }) => psnr > LEAST)
  return lineChart({
    x: { label: 'step size ζ', scale: 'log' },
    y: { label: 'spread over error, by evaluations' },
    series: sorted(seen.map(({ steps }) => steps)).map((steps) => ({
      name: `${steps}`,
      points: seen
        .filter((reading) => reading.steps === steps)
        .map(({ zeta, spread }) => [zeta, spread] as const),
    })),
    guides: [{ label: 'as far apart as wrong', y: 1 }],
    width: WIDTH,
    height: HEIGHT,
  })
}

/** The drawing as the text of an `.svg` file. */
export const dpsFigure = (readings: readonly DpsReading[]): string => {
  const box = html`width="${2 * WIDTH}" height="${HEIGHT}" viewBox="0 0 ${2 * WIDTH} ${HEIGHT}"`
  return standaloneSvg(html`<svg ${box} role="img" aria-label="DPS by evaluations and by step size">
<g>${byEvaluations(readings)}</g><g transform="translate(${WIDTH} 0)">${spreadByStep(readings)}</g></svg>`)
}
