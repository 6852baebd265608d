/**
 * Guidance methods. Those of `posterior/methods.ts` are in the list by themselves; other forms of one join
 * it.
 */
import { bicgstab, cg, exactSolve, gmres, type Solver } from '../../../src/linalg/index.ts'
import {
  type GuidanceMethod,
  methods,
  mmps,
  onesCovariance,
  pigdm,
  timeCovariance,
  tmpd,
  zeroCovariance,
} from '../../../src/posterior/index.ts'

/** A guidance method, with what is known of it. Those of `posterior/methods.ts` are all in the list. */
export interface ListedGuidance {
  name: string
  guide: GuidanceMethod
  /** Whether it gives E[x | xt, y] exactly under the Gaussian prior of test/exact/circulant.ts. */
  exact: boolean
  /** Takes y as noiseless, whatever is said of its noise. */
  noiseless: boolean
}

/** Solvers run until they have converged. */
export const enough: Record<string, Solver> = {
  cg: cg({ iterations: 24, tolerance: 1e-13 }),
  gmres: gmres({ iterations: 20, ridge: 1e-14 }),
  bicgstab: bicgstab({ iterations: 24, tolerance: 1e-13 }),
}

/** Every method that makes a denoiser, as it is by default. */
export const registered: ListedGuidance[] = methods.flatMap((entry) => {
  const guide = entry.make()
  if (typeof guide !== 'function' || entry.needs === 'identity' || entry.needs === 'mask') return []
  return [{ name: entry.name, guide, exact: false, noiseless: !entry.usesNoise }]
})

/** Every guidance method, in the forms that it has. */
export const guidanceMethods: readonly ListedGuidance[] = [
  ...registered,
  ...Object.entries({ ...enough, 'exact solve': exactSolve() }).map(([name, solve]) => ({
    name: `mmps, ${name}`,
    guide: mmps({ solve }),
    exact: true,
    noiseless: false,
  })),
  ...Object.entries({
    'mmps, V = 0': mmps({ covariance: zeroCovariance }),
    'mmps, V = (1 + σ⁻²)⁻¹': mmps({ solve: enough.cg, covariance: onesCovariance }),
    'mmps, V = σ²': mmps({ solve: enough.cg, covariance: timeCovariance }),
    'mmps, three iterations': mmps({ iterations: 3 }),
    'tmpd, diagonal': tmpd({ form: 'diagonal' }),
    'pigdm, in the denoiser': pigdm({ form: 'ones' }),
  }).map(([name, guide]) => ({ name, guide, exact: false, noiseless: false })),
  { name: 'pigdm, pinv', guide: pigdm({ form: 'pinv' }), exact: false, noiseless: true },
]
