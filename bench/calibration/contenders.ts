/** Who is compared, at equal evaluations of the denoiser: for one draw of one observation. */
import { adams, ddpm, type SamplerOptions, startEvaluations } from '../../src/diffusion/index.ts'
import { cg } from '../../src/linalg/index.ts'
import { methods, mmps, type PosteriorMethod } from '../../src/posterior/index.ts'

/** A method with the options of its sampler. */
export interface Contender {
  readonly name: string
  readonly method: PosteriorMethod
  readonly options: SamplerOptions
  /** Particles of one draw: each takes the evaluations of a draw. */
  readonly evaluations: number
}

/** Methods of the list that take any linear operator with noise, each with its defaults. */
const rivals = ['dps', 'pigdm', 'tmpd', 'diffpir']
const particles = ['tds', 'smc-mmps']

/** The default sampler in so many evaluations. */
const ours = (evaluations: number): SamplerOptions => ({
  step: adams(),
  steps: evaluations - 1 - startEvaluations('informed'),
})

/** MMPS by iterations, and the rivals that are `wanted`. */
const approximate = (evaluations: number, wanted: readonly string[]): Contender[] => {
  const ancestral = { step: ddpm(), start: 'plain', steps: evaluations - 1 } as const
  return [
    { name: 'MMPS(5)', method: mmps(), options: ours(evaluations), evaluations },
    { name: 'MMPS(1)', method: mmps({ iterations: 1 }), options: ours(evaluations), evaluations },
    { name: 'MMPS(1), DDPM', method: mmps({ iterations: 1 }), options: ancestral, evaluations },
    ...wanted.flatMap((name) => {
      const entry = methods.find((m) => m.name === name)
      if (!entry) return []
      const spent = evaluations * Number(entry.settings.particles?.default ?? 1)
      return [{ name: entry.title, method: entry.make(), options: ancestral, evaluations: spent }]
    }),
  ]
}

const ofExact = (method: PosteriorMethod, name: string, evaluations: number): Contender => ({
  name,
  method,
  options: ours(evaluations),
  evaluations,
})

/**
 * The exact denoiser, MMPS by iterations, and the rivals.
 *
 * @param exact - the method that uses E[x | xt, y]
 * @param evaluations - of one particle; methods with many take as many times that
 */
export const contendersFor = (exact: PosteriorMethod, evaluations: number): Contender[] => [
  ofExact(exact, 'exact', evaluations),
  ...approximate(evaluations, [...rivals, ...particles]),
]

/** The same without particles, which would take an hour where a denoiser takes a tenth of a second. */
export const singleContenders = (exact: PosteriorMethod, evaluations: number): Contender[] => [
  ofExact(exact, 'exact', evaluations),
  ...approximate(evaluations, rivals),
]

/** Of a Gaussian field: MMPS is exact there once its solver is. Particles would take minutes each. */
export const fieldContenders = (evaluations: number): Contender[] => [
  ofExact(mmps({ solve: cg({ iterations: 40 }) }), 'MMPS(40) = exact', evaluations),
  ...approximate(evaluations, rivals),
]
