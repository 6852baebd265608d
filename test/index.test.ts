/** The public face, which is what `import … from 'tweedie'` gives: a new name is added here on purpose. */
import { expect, it } from 'vitest'
import * as face from '../src/index.ts'

/** Names that a program meets, by what they are about; types are free. */
const names = {
  errors: ['TweedieError'],
  data: ['loadMnist', 'readArrays', 'readClean', 'writeArrays'],
  observations: [
    'maskedBy',
    'observationRows',
    'observationsFromArrays',
    'observationsFromImages',
    'observe',
    'readObservations',
    'writeObservations',
  ],
  operators: [
    'compose',
    'defineFamily',
    'identity',
    'makeOperator',
    'mask',
    'projection',
    'scaled',
    'stacked',
  ],
  noise: ['diagonalNoise', 'isotropicNoise', 'lowRankNoise'],
  covariances: ['diagonal', 'fullRank', 'isotropic', 'lowRank'],
  solvers: ['cg', 'exactSolve'],
  priors: ['gaussianDenoiser', 'loadPrior', 'mixtureDenoiser', 'standardGaussian'],
  learning: ['diem', 'gaussianStart'],
  sampling: ['adams', 'ddim', 'ddpm', 'exponentialSchedule', 'heun', 'predictorCorrector', 'sampler'],
  methods: [
    'ddnm',
    'diffpir',
    'dps',
    'mcg',
    'mmps',
    'noise2score',
    'pigdm',
    'redDiff',
    'repaint',
    'smcMmps',
    'tds',
    'tmpd',
  ],
  ownMethods: ['compileMethod', 'guidanceEntry', 'methodEntry', 'update', 'withDefaults'],
  draws: ['posteriorDraws', 'priorDraws'],
  oneStep: ['exportSampler', 'loadSampler', 'restore'],
  judging: ['coverage', 'diagnosis', 'meanOverDraws', 'psnr', 'stdOverDraws'],
  arrays: ['add', 'alignTo', 'average', 'jit', 'mul', 'ndarray', 'square', 'toNumbers', 'vjp'],
  random: ['normal', 'stream'],
}

it('exports the nouns and verbs of the pages, and nothing else', () => {
  expect(Object.keys(face).sort()).toEqual(Object.values(names).flat().sort())
})

it('can be held in the head: 80 names at most', () => {
  expect(Object.keys(face).length).toBeLessThanOrEqual(80)
})
