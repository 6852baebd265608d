export { type BallCoverage, type BallCoverageOptions, ballCoverage } from './calibration/ball-coverage.ts'
export { type CellOptions, type CellTest, cellTest } from './calibration/cells.ts'
export {
  type ConformalOptions,
  type ConformalRepair,
  centralInterval,
  conformalRepair,
  type LevelRepair,
  type RegionRepair,
  type RepairsInParts,
  repairsInParts,
  stretchedInterval,
} from './calibration/conformal.ts'
export {
  type Functional,
  functionalIntervals,
  functionalRepairs,
  type RepairedInterval,
} from './calibration/conformal-functional.ts'
export { regionLabels, regionRepairs } from './calibration/conformal-regions.ts'
export { type Coverage, type CoverageOptions, coverage } from './calibration/coverage.ts'
export {
  type Diagnosis,
  type DiagnosisFacts,
  diagnosis,
  diagnosisOfParts,
  type ProblemParts,
} from './calibration/diagnosis.ts'
export { type Finding, type Scope, scopeOf, type Verdict } from './calibration/findings.ts'
export { type Lc2st, type Lc2stOptions, lc2st } from './calibration/lc2st.ts'
export { type Pit, type PitOptions, pit } from './calibration/pit.ts'
export type { DiagnosisInput, DiagnosisPart, ProblemSizes, Residuals } from './calibration/problems.ts'
export { sampleQuantile } from './calibration/quantiles.ts'
export { type Quantity, signalQuantities } from './calibration/quantities.ts'
export { type RankBar, rankHistogram } from './calibration/rank-histogram.ts'
export {
  type RankBand,
  type RankUniformity,
  rankBand,
  rankUniformity,
} from './calibration/rank-uniformity.ts'
export { type AgainstReference, againstReference } from './calibration/reference.ts'
export {
  type RepairedCoverage,
  type RepairedIntervals,
  repairedCoverage,
} from './calibration/repaired.ts'
export {
  type Autocorrelation,
  type ResidualOptions,
  type ResidualWhiteness,
  residualWhiteness,
} from './calibration/residuals.ts'
export { type Calibration, type RankTest, type SbcOptions, sbc } from './calibration/sbc.ts'
export { crps, energyScore } from './calibration/scores.ts'
export { type SpreadSkill, spreadSkill } from './calibration/spread-skill.ts'
export { type TarpOptions, tarp } from './calibration/tarp.ts'
export type { TruthDiagnosis } from './calibration/truth-in-parts.ts'
export { buresWasserstein, gaussianMoments, type Moments } from './distances/bures.ts'
export { type C2st, type C2stOptions, c2st } from './distances/c2st.ts'
export { energyDistance } from './distances/energy-distance.ts'
export { klByQuadrature, type LogDensity, type QuadratureOptions } from './distances/kl-quadrature.ts'
export { type MmdOptions, mmd } from './distances/mmd.ts'
export { type SinkhornOptions, sinkhorn, type Transport } from './distances/sinkhorn.ts'
export { sinkhornDivergence, sinkhornExcess } from './distances/sinkhorn-divergence.ts'
export { type SlicedOptions, slicedWasserstein } from './distances/sliced-wasserstein.ts'
export { type SteinOptions, steinDiscrepancy } from './distances/stein.ts'
export type { PermutationOptions, TwoSampleTest } from './distances/two-sample.ts'
export { classScore } from './images/class-score.ts'
export {
  type FeatureStatistics,
  type FeatureStatisticsOptions,
  featureStatistics,
  type ImageRows,
} from './images/feature-statistics.ts'
export {
  type FeatureNetwork,
  type FeatureNetworkOptions,
  type Features,
  featureNetwork,
  featuresOf,
} from './images/features.ts'
export {
  checkEnough,
  enoughImages,
  frechetDistance,
  frechetFeatureDistance,
  frechetOfMoments,
  type Labelled,
} from './images/frechet.ts'
export { type GreyLevels, greyLevels } from './images/grey-levels.ts'
export {
  type ImageScore,
  type ImageScoreName,
  type ImageScoreOptions,
  imageScoreNames,
  imageScores,
} from './images/image-scores.ts'
export { type KernelDistanceOptions, kernelDistance } from './images/kernel-distance.ts'
export { nmse } from './images/nmse.ts'
export { type PairNetwork, pairDistance, pairNetwork } from './images/pair-network.ts'
export { perceptualDistance } from './images/perceptual.ts'
export { precisionRecall } from './images/precision-recall.ts'
export type { Preparation } from './images/preparation.ts'
export { psnr } from './images/psnr.ts'
export {
  GREY_LEVEL,
  type RestorationFigures,
  type RestorationOptions,
  restorationFigures,
} from './images/restoration.ts'
export { shippedFeatures } from './images/shipped-networks.ts'
export { fitsSsim, SSIM_WINDOW, ssim } from './images/ssim.ts'
export { holdsStatistics, readStatistics, writeStatistics } from './images/statistics-file.ts'
export { meanOverDraws, stdOverDraws } from './moments.ts'
