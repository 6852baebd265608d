/**
 * Accelerated MRI: posterior draws of held-out slices at R = 4, 8, 16 and 32, under a prior that was learned
 * at R = 6 from k-space alone (DiEM, section 5.3 of Rozet et al. 2024).
 *
 *   npm run bench -- mri [--prior runs/mri] [--slices 12] [--draws 10] [--figure FILE.png] [--json]
 *
 * One column of k-space in R, noise as in training; MMPS with three iterations in 64 ancestral
 * steps, as the paper's figures.
 */
import { parseArgs } from 'node:util'
import { formatTable } from '../src/cli/table.ts'
import { loadMri } from '../src/datasets/index.ts'
import { coverage, meanOverDraws, psnr, spreadSkill, ssim, stdOverDraws } from '../src/diagnose/index.ts'
import { ddpm } from '../src/diffusion/index.ts'
import { TweedieError } from '../src/error.ts'
import { writeAtomic } from '../src/formats/index.ts'
import { cg } from '../src/linalg/index.ts'
import { backProjection, type ObservationSet, observe } from '../src/observations/index.ts'
import { mmps, posteriorDraws } from '../src/posterior/index.ts'
import { enlarged, mosaic, type Picture, pngOf, strips } from '../src/report/index.ts'
import { type LearnedPrior, loadPrior } from '../src/run/index.ts'
import { average, NdArray, rows } from '../src/tensor/index.ts'

const ACCELERATIONS = [4, 8, 16, 32] as const
const NOISE = 0.01
const STEPS = 64
const ITERATIONS = 3
const SEED = 0

/** Figures of one acceleration, and the rows of its picture. */
interface Reading {
  readonly acceleration: number
  /** dB: the image whose missing k-space is zero, the mean of the draws, and single draws. */
  readonly zeroFilled: number
  readonly mean: number
  readonly draw: number
  readonly ssim: number
  /** Share of the pixels inside the central intervals, corrected for the number of draws. */
  readonly half: number
  readonly most: number
  readonly spreadSkill: number
  readonly seconds: number
  readonly pictures: readonly (readonly Picture[])[]
}

/** Slices that are far apart in the head. */
const spread = (x: NdArray<'float32'>, count: number): NdArray<'float32'> => {
  const [n, ...event] = x.shape
  const out = new NdArray('float32', [count, ...event], new Float32Array((x.size / n) * count))
  for (let i = 0; i < count; i++) {
    const at = Math.floor(((i + 0.5) * n) / count)
    out.data.set(rows(x, at, at + 1).data, (i * x.size) / n)
  }
  return out
}

const drawsOf = (
  prior: LearnedPrior,
  set: ObservationSet,
  draws: number,
  onProgress: (done: number, total: number) => void,
): Promise<NdArray<'float32'>> =>
  posteriorDraws(prior, set, {
    method: mmps({ solve: cg({ iterations: ITERATIONS }) }),
    steps: STEPS,
    step: ddpm(),
    draws,
    batch: 12,
    seed: SEED,
    onProgress,
  })

/** Mean PSNR of single draws. */
const single = (draws: NdArray<'float32'>, truth: NdArray<'float32'>): number => {
  const [count] = draws.shape
  const flat = new NdArray('float32', [draws.size / truth.size, ...truth.shape], draws.data)
  return average(
    Array.from({ length: count }, (_, k) =>
      average(psnr(new NdArray('float32', truth.shape, rows(flat, k, k + 1).data), truth)),
    ),
  )
}

/** The image whose missing k-space is zero. */
const zeroFilled = async (set: ObservationSet): Promise<NdArray<'float32'>> => {
  const image = await backProjection(set)
  if (image) return image
  throw new TweedieError('input', 'mri: the observations have no back-projection')
}

const read = async (
  prior: LearnedPrior,
  truth: NdArray<'float32'>,
  acceleration: number,
  draws: number,
): Promise<Reading> => {
  const operator = { name: 'fourier', settings: { acceleration } }
  const set = await observe(truth, { operator, noise: NOISE, seed: SEED, range: [0, 1] })
  const started = performance.now()
  const x = await drawsOf(prior, set, draws, (done, total) => {
    console.error(`mri: R = ${acceleration}, ${done} of ${total}`)
  })
  const seconds = (performance.now() - started) / 1000
  const [mean, std, zero] = [meanOverDraws(x), stdOverDraws(x), await zeroFilled(set)]
  const [half, most] = coverage(x, truth, { levels: [0.5, 0.9], range: [0, 1], resolution: 1 / 255 })
  const middle = Math.floor(truth.shape[0] / 3)
  const { rows: shown } = strips({ y: zero, draws: x, mean, std, truth }, { images: [middle], draws: 2 })
  return {
    acceleration,
    zeroFilled: average(psnr(zero, truth)),
    mean: average(psnr(mean, truth)),
    draw: single(x, truth),
    ssim: average(ssim(mean, truth)),
    half: half.observed,
    most: most.observed,
    spreadSkill: spreadSkill(x, truth).ratio,
    seconds,
    pictures: shown.map(({ pictures }) => pictures),
  }
}

const table = (readings: readonly Reading[]): string =>
  formatTable(
    ['R', 'zero-filled', 'mean', 'SSIM', 'draws', '50 %', '90 %', 'spread/skill', 'seconds'],
    readings.map((r) => [
      r.acceleration,
      `${r.zeroFilled.toFixed(2)} dB`,
      `${r.mean.toFixed(2)} dB`,
      r.ssim.toFixed(3),
      `${r.draw.toFixed(2)} dB`,
      `${(100 * r.half).toFixed(1)} %`,
      `${(100 * r.most).toFixed(1)} %`,
      r.spreadSkill.toFixed(2),
      r.seconds.toFixed(0),
    ]),
  )

const countOf = (text: string, option: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new TweedieError('input', `--${option}: expected a positive integer, got '${text}'`)
}

/** @returns the exit code: 2 for bad input */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      prior: { type: 'string', default: 'runs/mri' },
      slices: { type: 'string', default: '12' },
      draws: { type: 'string', default: '10' },
      figure: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  try {
    const prior = loadPrior(values.prior)
    const truth = spread(loadMri('test'), countOf(values.slices, 'slices'))
    const draws = countOf(values.draws, 'draws')
    const readings: Reading[] = []
    for (const acceleration of ACCELERATIONS) readings.push(await read(prior, truth, acceleration, draws))
    if (values.figure !== undefined) {
      const picture = enlarged(mosaic(readings.flatMap(({ pictures }) => pictures.map((row) => [...row]))), 2)
      writeAtomic(values.figure, pngOf(picture))
    }
    const figures = readings.map(({ pictures: _, ...rest }) => rest)
    console.log(values.json ? JSON.stringify({ readings: figures }) : table(readings))
    return 0
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    console.error(`bench: ${error.message}`)
    return 2
  }
}
