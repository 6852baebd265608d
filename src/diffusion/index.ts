export * from './anisotropic.ts'
export * from './denoiser.ts'
export * from './domain.ts'
export * from './dormand-prince.ts'
export * from './elbo.ts'
export * from './empirical.ts'
export * from './gaussian.ts'
export * from './grids/index.ts'
export * from './host-sampler.ts'
export * from './imported/index.ts'
export * from './likelihood.ts'
export * from './loss.ts'
export * from './mixture.ts'
export * from './parameterizations/index.ts'
export * from './precondition.ts'
export * from './prior.ts'
export {
  expectSingleSteps,
  levelsOf,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
  type SamplerState,
  sampler,
  stepsOf,
} from './sampler.ts'
export { addressedNoise, type SamplerNoise } from './sampler-noise.ts'
export * from './schedule.ts'
export { type Start, startEvaluations } from './start.ts'
export { type Levels, type Step, type Stepped, singleStep } from './step.ts'
export * from './steps/index.ts'
export * from './tiled.ts'
export * from './travel.ts'
export * from './unrolled.ts'
export * from './vp.ts'
export * from './vp-coordinates.ts'
export * from './vp-denoiser.ts'
export * from './vp-sde.ts'
