export * from './diem.ts'
export type { DiemOptions, EdgesEStep, FirstEStep } from './diem-options.ts'
export * from './diffusion-draw.ts'
export { type EStep, eStep, type LapPrior, lapLayout } from './e-step.ts'
export * from './edges/edge-draw.ts'
export { widthFor } from './eigen.ts'
export * from './exact-draw.ts'
export {
  type GaussianCandidate,
  type GaussianChoice,
  gaussianFinding,
} from './gaussian-choice.ts'
export * from './gaussian-e-step.ts'
export * from './gaussian-start.ts'
export { type KeptSamples, keptSamples } from './lap-samples.ts'
export { type LapData, type LapTraining, lapTraining } from './lap-training.ts'
export { posteriorMoments } from './posterior-moments.ts'
export * from './ppca.ts'
export { type ReplicaRounds, type Round, type RoundWatch, replicaRound } from './replica-rounds.ts'
export type { ResidualKernel } from './residual-kernel.ts'
export * from './spectral-gaussian.ts'
export type { Numbers, StartIteration, StartMemory } from './start-memory.ts'
