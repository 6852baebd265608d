export { type BallCoverage, type BallCoverageOptions, ballCoverage } from './ball-coverage.ts'
export { buresWasserstein, gaussianMoments, type Moments } from './bures.ts'
export { type C2st, type C2stOptions, c2st } from './c2st.ts'
export { classScore } from './class-score.ts'
export { type Coverage, type CoverageOptions, coverage } from './coverage.ts'
export {
  type Diagnosis,
  type DiagnosisInput,
  diagnosis,
  type Residuals,
  type TruthDiagnosis,
} from './diagnosis.ts'
export { energyDistance } from './energy-distance.ts'
export {
  type FeatureNetwork,
  type FeatureNetworkOptions,
  type Features,
  featureNetwork,
  featuresOf,
} from './features.ts'
export type { Finding, Verdict } from './findings.ts'
export { frechetDistance, frechetFeatureDistance, type Labelled } from './frechet.ts'
export { type MmdOptions, mmd } from './mmd.ts'
export { meanOverDraws, stdOverDraws } from './moments.ts'
export { nmse } from './nmse.ts'
export { perceptualDistance } from './perceptual.ts'
export { type Pit, type PitOptions, pit } from './pit.ts'
export { psnr } from './psnr.ts'
export { type Quantity, signalQuantities } from './quantities.ts'
export { type RankBand, type RankUniformity, rankBand, rankUniformity } from './rank-uniformity.ts'
export {
  type Autocorrelation,
  type ResidualOptions,
  type ResidualWhiteness,
  residualWhiteness,
} from './residuals.ts'
export {
  GREY_LEVEL,
  type RestorationFigures,
  type RestorationOptions,
  restorationFigures,
} from './restoration.ts'
export { type Calibration, type RankTest, type SbcOptions, sbc } from './sbc.ts'
export { type SinkhornOptions, sinkhorn, type Transport } from './sinkhorn.ts'
export { sinkhornDivergence, sinkhornExcess } from './sinkhorn-divergence.ts'
export { type SlicedOptions, slicedWasserstein } from './sliced-wasserstein.ts'
export { type SpreadSkill, spreadSkill } from './spread-skill.ts'
export { ssim } from './ssim.ts'
export { type SteinOptions, steinDiscrepancy } from './stein.ts'
export { type TarpOptions, tarp } from './tarp.ts'
export type { PermutationOptions, TwoSampleTest } from './two-sample.ts'
