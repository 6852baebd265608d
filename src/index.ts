/**
 * The nouns and verbs of the pages: observation sets, operators, priors, methods, draws, what judges them.
 * Everything else is reached by the subpath of its folder, such as `tweedie/tensor` or `tweedie/posterior`.
 * test/index.test.ts holds the list.
 */

// One-step samplers: to load, draw with and export.
export {
  type AmortizedSampler,
  exportSampler,
  type Restored,
  type RestoreOptions,
  restore,
  type SamplerManifest,
} from './amortize/index.ts'
// Clean data.
export { type CleanData, type Digits, loadMnist, type MnistOptions, readClean } from './datasets/index.ts'
// Judging draws.
export {
  type Coverage,
  type CoverageOptions,
  coverage,
  type Diagnosis,
  type DiagnosisInput,
  diagnosis,
  meanOverDraws,
  psnr,
  stdOverDraws,
} from './diagnose/index.ts'
// Priors in closed form; noise levels, steps, samplers.
export {
  adams,
  type Denoiser,
  ddim,
  ddpm,
  exponentialSchedule,
  type Gaussian,
  gaussianDenoiser,
  heun,
  type Mixture,
  mixtureDenoiser,
  type Prior,
  predictorCorrector,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
  type Schedule,
  type Step,
  sampler,
  standardGaussian,
} from './diffusion/index.ts'
// Learning a prior from observations.
export {
  type DiemHooks,
  type DiemOptions,
  type DiemState,
  diem,
  type GaussianStartOptions,
  gaussianStart,
} from './em/index.ts'
// Errors on purpose.
export { type ErrorCode, TweedieError } from './error.ts'
// Files of named arrays.
export { type Arrays, readArrays, writeArrays } from './formats/index.ts'
// Covariances, of noise and of Gaussian priors; solvers of the system in a method.
export {
  type Covariance,
  cg,
  diagonal,
  exactSolve,
  fullRank,
  isotropic,
  lowRank,
  type Solver,
} from './linalg/index.ts'
// Observation sets: read, written, simulated, made of one's own data.
export {
  maskedBy,
  type ObservationSet,
  type ObservedOperator,
  type ObserveOptions,
  type OperatorSetting,
  observationRows,
  observationsFromArrays,
  observationsFromImages,
  observe,
  readObservations,
  writeObservations,
} from './observations/index.ts'
// Operators, by name and in code; noise.
export {
  compose,
  type DataRange,
  defineFamily,
  diagonalNoise,
  type Family,
  identity,
  isotropicNoise,
  type LinearOperator,
  lowRankNoise,
  makeOperator,
  mask,
  type NonlinearOperator,
  type Observation,
  type Operator,
  type OperatorSpec,
  type Parameters,
  projection,
  scaled,
  stacked,
} from './operators/index.ts'
// Posterior methods, draws under them, and what a method of one's own is made of.
export {
  compileMethod,
  type DrawOptions,
  ddnm,
  diffpir,
  dps,
  type GuidanceMethod,
  guidanceEntry,
  type MethodEntry,
  mcg,
  methodEntry,
  mmps,
  noise2score,
  type PosteriorMethod,
  pigdm,
  posteriorDraws,
  priorDraws,
  redDiff,
  repaint,
  type SamplerMethod,
  smcMmps,
  tds,
  tmpd,
  update,
  withDefaults,
} from './posterior/index.ts'
// Long calls.
export type { LongCall, Progress, ProgressEvent } from './progress.ts'
// Random numbers with an address.
export { type At, normal, type Stream, stream } from './random/index.ts'
// What a run has learned.
export { loadPrior, loadSampler, type SavedSampler } from './run/index.ts'
// Named values with defaults and bounds.
export type { SettingSpec, SettingSpecs, Settings } from './settings.ts'
// Arrays; expressions that are compiled into programs.
export {
  add,
  alignTo,
  average,
  type Device,
  type DType,
  type ExecuteOptions,
  jit,
  mul,
  type NdArray,
  ndarray,
  type Program,
  type Shape,
  square,
  type Tensor,
  toNumbers,
  vjp,
} from './tensor/index.ts'
