/** Who is compared, at equal evaluations of the denoiser: for one draw of one observation. */
import { adams, ddpm, type SamplerOptions, startEvaluations } from '../../src/diffusion/index.ts'
import { cg } from '../../src/linalg/index.ts'
import { exact, type KnownPrior, methods, mmps, type PosteriorMethod } from '../../src/posterior/index.ts'

/** A method with the options of its sampler. */
export interface Contender {
  readonly name: string
  readonly method: PosteriorMethod
  readonly options: SamplerOptions
  /** Particles of one draw: each takes the evaluations of a draw. */
  readonly evaluations: number
}

/** Methods of the list that take any linear operator with noise, each with its defaults. */
const rivals = ['dps', 'pigdm', 'tmpd', 'diffpir', 'tds', 'smc-mmps']

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
 * @param evaluations - of one particle; methods with many take as many times that
 */
export const contendersFor = (prior: KnownPrior, evaluations: number): Contender[] => [
  ofExact(exact(prior), 'exact', evaluations),
  ...approximate(evaluations, rivals),
]

/** Of a Gaussian field: MMPS is exact there once its solver is. Particles would take minutes each. */
export const fieldContenders = (evaluations: number): Contender[] => [
  ofExact(mmps({ solve: cg({ iterations: 40 }) }), 'MMPS(40) = exact', evaluations),
  ...approximate(evaluations, ['dps', 'pigdm', 'tmpd', 'diffpir']),
]
