/**
 * Every posterior sampler under one roof: what each needs, what it costs, what it can be tuned by, and how it is
 * compiled. The command line and the benchmarks know the methods from this table alone.
 */

import { timeTravel } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { gmres } from '../linalg/index.ts'
import { nearestName } from '../nearest.ts'
import { ddnm } from './ddnm.ts'
import { diffpir } from './diffpir.ts'
import { dps } from './dps.ts'
import { mcg } from './mcg.ts'
import { guidance, type Method, type MethodName, methodNames, type Setting, standalone } from './method.ts'
import { mmps } from './mmps.ts'
import { noise2scoreSampler } from './noise2score.ts'
import { pigdm } from './pigdm.ts'
import { redDiff } from './red-diff.ts'
import { repaint } from './repaint.ts'
import { smcMmps } from './smc-mmps.ts'
import { tds } from './tds.ts'
import { tmpd } from './tmpd.ts'

/** A step moves M entries by ζ/√M each: many steps, small images and little noise ask for a small ζ. */
const zeta: Setting = { default: 1, range: [0.01, 10], scale: 'log', about: 'length of the gradient step' }

const iterations: Setting = { default: 5, range: [1, 8], scale: 'integer', about: 'vectors of GMRES' }
const particles: Setting = { default: 8, range: [2, 64], scale: 'integer', about: 'particles of each draw' }
const threshold: Setting = {
  default: 0.5,
  range: [0.1, 1],
  scale: 'linear',
  about: 'share of effective particles below which they are resampled',
}

const table: Readonly<Record<MethodName, Method>> = {
  mmps: guidance({
    name: 'mmps',
    title: 'MMPS',
    reference: 'Rozet et al. 2024',
    needs: 'any',
    settings: { iterations },
    guide: (prior, o, { iterations }) => mmps(prior, o, { solve: gmres({ iterations }) }),
    vjps: ({ iterations }) => iterations + 1,
  }),
  dps: guidance({
    name: 'dps',
    title: 'DPS',
    reference: 'Chung et al. 2023',
    needs: 'any',
    settings: { zeta },
    guide: (prior, o, { zeta }) => dps(prior, o, { zeta }),
    vjps: () => 1,
    shifts: true,
  }),
  pigdm: guidance({
    name: 'pigdm',
    title: 'ΠGDM',
    reference: 'Song et al. 2023',
    needs: 'any',
    settings: {
      weight: { default: 1, range: [0.01, 1], scale: 'log', about: 'factor on the shift of the next state' },
    },
    guide: (prior, o, { weight }) => pigdm(prior, o, { weight }),
    vjps: () => 1,
    shifts: true,
  }),
  tmpd: guidance({
    name: 'tmpd',
    title: 'TMPD',
    reference: 'Boys et al. 2023',
    needs: 'any',
    settings: {},
    guide: (prior, o) => tmpd(prior, o),
    vjps: () => 2,
  }),
  diffpir: guidance({
    name: 'diffpir',
    title: 'DiffPIR',
    reference: 'Zhu et al. 2023',
    needs: 'any',
    settings: {
      lambda: {
        default: 8,
        range: [0.5, 64],
        scale: 'log',
        about: 'trust in the prior against the observation',
      },
    },
    guide: (prior, o, { lambda }) => diffpir(prior, o, { lambda }),
    vjps: () => 0,
  }),
  mcg: guidance({
    name: 'mcg',
    title: 'MCG',
    reference: 'Chung et al. 2022',
    needs: 'pinv',
    settings: { zeta },
    guide: (prior, o, { zeta }) => mcg(prior, o, { zeta }),
    vjps: () => 1,
    shifts: true,
  }),
  ddnm: guidance({
    name: 'ddnm',
    title: 'DDNM',
    reference: 'Wang, Yu & Zhang 2023',
    needs: 'pinv',
    settings: {},
    guide: (prior, o) => ddnm(prior, o),
    vjps: () => 0,
  }),
  repaint: guidance({
    name: 'repaint',
    title: 'RePaint',
    reference: 'Lugmayr et al. 2022',
    needs: 'mask',
    settings: {
      repeats: { default: 5, range: [1, 8], scale: 'integer', about: 'times that each step is made' },
    },
    guide: (prior, o) => repaint(prior, o),
    vjps: () => 0,
    step: (asked, { repeats }) => timeTravel(asked, { repeats }),
  }),
  noise2score: standalone({
    name: 'noise2score',
    title: 'Noise2Score',
    reference: 'Kim & Ye 2021',
    needs: 'identity',
    settings: {},
    cost: () => ({ evaluations: 0, vjps: 0 }),
    last: () => ({ evaluations: 1, vjps: 0 }),
    compile: (prior, observationOf, _settings, options) => noise2scoreSampler(prior, observationOf, options),
  }),
  'red-diff': standalone({
    name: 'red-diff',
    title: 'RED-diff',
    reference: 'Mardani et al. 2024',
    needs: 'any',
    settings: {
      rate: { default: 0.2, range: [0.02, 1], scale: 'log', about: "Adam's step in the units of the prior" },
      weight: { default: 0.25, range: [0.01, 4], scale: 'log', about: 'weight of the prior' },
    },
    cost: () => ({ evaluations: 1, vjps: 0 }),
    last: () => ({ evaluations: 0, vjps: 0 }),
    compile: (prior, observationOf, { rate, weight } = {}, options = {}) =>
      redDiff(prior, observationOf, { rate, weight }, options),
  }),
  tds: standalone({
    name: 'tds',
    title: 'TDS',
    reference: 'Wu et al. 2023',
    needs: 'any',
    settings: { particles, threshold },
    cost: ({ particles }) => ({ evaluations: particles, vjps: particles }),
    last: ({ particles }) => ({ evaluations: particles, vjps: 0 }),
    compile: (prior, observationOf, { particles, threshold } = {}, options = {}) =>
      tds(prior, observationOf, { ...options, particles, threshold }),
  }),
  'smc-mmps': standalone({
    name: 'smc-mmps',
    title: 'SMC-MMPS',
    reference: 'Rozet et al. 2024; Wu et al. 2023',
    needs: 'any',
    settings: { particles, threshold, iterations },
    cost: ({ particles, iterations }) => ({ evaluations: particles, vjps: particles * (iterations + 2) }),
    last: ({ particles }) => ({ evaluations: particles, vjps: 0 }),
    compile: (prior, observationOf, { particles, threshold, iterations } = {}, options = {}) => {
      const solve = gmres({ iterations })
      return smcMmps(prior, observationOf, { ...options, particles, threshold, solve, density: 'diagonal' })
    },
  }),
}

/**
 * All methods by name.
 *
 * @example
 * ```ts
 * const draw = methods.dps.compile(prior, (o: { y: Tensor }) => ({ y: o.y, A, noise }), { zeta: 0.6 }, { steps: 1000 })
 * ```
 */
export const methods: Readonly<Record<MethodName, Method>> = table

/** The method of that name. @throws TweedieError `input` for unknown names, with the nearest known one */
export const methodNamed = (name: string): Method => {
  const known = methodNames.find((method) => method === name)
  if (known) return methods[known]
  throw new TweedieError(
    'input',
    `unknown method '${name}', did you mean '${nearestName(name, methodNames)}'? (known: ${methodNames.join(', ')})`,
  )
}
