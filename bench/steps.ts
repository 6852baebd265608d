/**
 * Samplers by evaluations of the denoiser: what a kind of step, a start and the iterations of MMPS cost in
 * accuracy. The defaults of samplers are chosen from these tables.
 *
 *   npm run bench -- steps [--only gaussians,iterations,mixtures,photos,digits,blurred] [--prior runs/demo]
 *       [--images 64] [--draws 20] [--evaluations 16,32,64] [--json]
 *
 * Exact problems: relative Bures error / ratio of variances, distance to draws of an exact solve, and sliced
 * Wasserstein distance. Images: PSNR of mean / draw, coverage of 50 / 90 % intervals, spread over error.
 * Digits need a learned prior (`--prior`); blurred are photographs out of focus and shaken, by MMPS's solver.
 */
import { parseArgs } from 'node:util'
import { formatTable } from '../src/cli/table.ts'
import { loadMnist, loadPhotos, shippedPath } from '../src/datasets/index.ts'
import { TweedieError } from '../src/error.ts'
import { loadPrior } from '../src/run/index.ts'
import { rows } from '../src/tensor/index.ts'
import { type CloudReading, onMixtures } from './steps/clouds.ts'
import { contenders } from './steps/contenders.ts'
import { byEvaluations, type GaussianReading } from './steps/gaussians.ts'
import { type ImageProblem, type ImageReading, observed, onImages } from './steps/images.ts'
import { byIterations, type SolverReading } from './steps/solvers.ts'

const parts = ['gaussians', 'iterations', 'mixtures', 'photos', 'digits', 'blurred'] as const

const percent = (share: number): string => (100 * share).toFixed(1)

const imageCells = (r: ImageReading): string =>
  `${r.psnrMean.toFixed(2)} / ${r.psnrDraw.toFixed(2)}, ${percent(r.half)} / ${percent(r.most)}, ` +
  `${r.spreadSkill.toFixed(2)}`

const gaussianCell = ({ distance, ratio }: GaussianReading): string =>
  `${distance.toFixed(4)} / ${ratio.toFixed(3)}`

/** Rows by sampler, columns by a key of the readings. */
const grid = <R extends { readonly step: string; readonly start: string }>(
  readings: readonly R[],
  column: (reading: R) => string,
  cell: (reading: R) => string,
): string => {
  const columns = [...new Set(readings.map(column))]
  const names = [...new Set(readings.map(({ step, start }) => `${step}, ${start}`))]
  const body = names.map((name) => {
    const own = readings.filter(({ step, start }) => `${step}, ${start}` === name)
    return [name, ...columns.map((c) => own.filter((r) => column(r) === c).map(cell)[0] ?? '')]
  })
  return formatTable(['step, start', ...columns], body)
}

const imageProblem = (
  name: 'photos' | 'digits',
  prior: string,
  images: number,
  draws: number,
): ImageProblem =>
  name === 'photos'
    ? {
        name,
        prior: loadPrior(shippedPath('photos-prior.safetensors')),
        truth: rows(loadPhotos('test'), 0, images),
        draws,
        ...observed.masked,
      }
    : {
        name,
        prior: loadPrior(prior),
        truth: loadMnist({ split: 'test', count: images }).images,
        draws,
        ...observed.masked,
      }

const countOf = (text: string, option: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new TweedieError('input', `--${option}: expected a positive integer, got '${text}'`)
}

/** Kinds of steps that images are restored with: all would take hours. */
const ofImages = ['ddpm', 'ddim', 'adams:stochasticity=0', 'adams:stochasticity=0.9']

/** @returns the exit code */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: 'gaussians,iterations,mixtures,photos' },
      prior: { type: 'string', default: 'runs/demo' },
      images: { type: 'string', default: '64' },
      draws: { type: 'string', default: '20' },
      evaluations: { type: 'string', default: '16,32,64' },
      json: { type: 'boolean', default: false },
    },
  })
  const wanted = values.only.split(',')
  const strange = wanted.find((name) => !parts.some((part) => part === name))
  if (strange !== undefined)
    throw new TweedieError('input', `--only: expected some of ${parts.join(', ')}, got '${strange}'`)
  const say = (text: string): void => {
    if (!values.json) console.log(`${text}\n`)
  }
  const gaussians: GaussianReading[] = []
  const solvers: SolverReading[] = []
  const clouds: CloudReading[] = []
  const images: ImageReading[] = []
  if (wanted.includes('gaussians')) {
    await byEvaluations(contenders, [16, 32, 64, 128, 256], (r) => gaussians.push(r))
    say(grid(gaussians, (r) => String(r.evaluations), gaussianCell))
  }
  if (wanted.includes('iterations')) {
    const [best] = contenders.filter(({ text }) => text === 'adams:stochasticity=0')
    await byIterations(best, 32, (r) => solvers.push(r))
    say(
      formatTable(
        ['problem', 'iterations', 'distance', 'without preconditioner'],
        solvers.map((r) => [r.problem, r.iterations, r.distance.toFixed(4), r.plain.toFixed(4)]),
      ),
    )
  }
  if (wanted.includes('mixtures')) {
    await onMixtures(contenders, [16, 32, 64, 128], (r) => clouds.push(r))
    for (const name of new Set(clouds.map(({ problem, method }) => `${problem}, ${method}`))) {
      const own = clouds.filter(({ problem, method }) => `${problem}, ${method}` === name)
      say(
        `${name} (another exact sample: ${own[0].floor.toFixed(4)})\n` +
          grid(
            own,
            (r) => String(r.evaluations),
            (r) => r.distance.toFixed(4),
          ),
      )
    }
  }
  for (const name of ['photos', 'digits'] as const) {
    if (!wanted.includes(name)) continue
    const [count, draws] = [countOf(values.images, 'images'), countOf(values.draws, 'draws')]
    const budgets = values.evaluations.split(',').map((text) => countOf(text, 'evaluations'))
    const problem = imageProblem(name, values.prior, count, draws)
    const own: ImageReading[] = []
    for (const contender of contenders.filter((c) => ofImages.includes(c.text)))
      for (const evaluations of budgets)
        own.push(await onImages(problem, contender, evaluations, { iterations: 1 }))
    const [best] = contenders.filter(({ text }) => text === 'adams:stochasticity=0.9')
    for (const iterations of [3, 5]) own.push(await onImages(problem, best, 32, { iterations }))
    images.push(...own)
    say(`${name}\n${grid(own, (r) => `${r.evaluations} (${r.iterations} it.)`, imageCells)}`)
  }
  if (wanted.includes('blurred')) {
    const [count, draws] = [countOf(values.images, 'images'), countOf(values.draws, 'draws')]
    const [best] = contenders.filter(({ text }) => text === 'adams:stochasticity=0.9')
    for (const name of ['blurred', 'shaken'] as const) {
      const problem = { ...imageProblem('photos', values.prior, count, draws), ...observed[name], name }
      const own: ImageReading[] = []
      for (const iterations of [1, 2, 5])
        for (const preconditioned of [true, false])
          own.push(await onImages(problem, best, 32, { iterations, preconditioned }))
      images.push(...own)
      say(
        formatTable(
          [`photographs, ${name}: iterations`, 'preconditioned', 'figures'],
          own.map((r) => [r.iterations, r.preconditioned ? 'yes' : 'no', imageCells(r)]),
        ),
      )
    }
  }
  if (values.json) console.log(JSON.stringify({ gaussians, solvers, clouds, images }, null, 2))
  return 0
}
