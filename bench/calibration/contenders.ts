/** Who is compared, at equal evaluations of the denoiser: for one draw of one observation. */
import { adams, ddpm, type SamplerOptions, startEvaluations } from '../../src/diffusion/index.ts'
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

/**
 * The exact denoiser, MMPS by iterations, and the rivals.
 *
 * @param evaluations - of one particle; methods with many take as many times that
 */
export const contendersFor = (prior: KnownPrior, evaluations: number): Contender[] => {
  const steps = evaluations - 1 - startEvaluations('informed')
  const ours = { step: adams(), steps }
  const ancestral = { step: ddpm(), start: 'plain', steps: evaluations - 1 } as const
  return [
    { name: 'exact', method: exact(prior), options: ours, evaluations },
    { name: 'MMPS(5)', method: mmps(), options: ours, evaluations },
    { name: 'MMPS(1)', method: mmps({ iterations: 1 }), options: ours, evaluations },
    { name: 'MMPS(1), DDPM', method: mmps({ iterations: 1 }), options: ancestral, evaluations },
    ...rivals.flatMap((name) => {
      const entry = methods.find((m) => m.name === name)
      if (!entry) return []
      const particles = Number(entry.settings.particles?.default ?? 1)
      return [
        {
          name: entry.title,
          method: entry.make(),
          options: ancestral,
          evaluations: evaluations * particles,
        },
      ]
    }),
  ]
}
