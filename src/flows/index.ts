export { affine } from './affine.ts'
export { type FlowConfig, flowKinds, flowOf, leavesOutside, type TransformConfig } from './config.ts'
export {
  type Flow,
  type FlowMode,
  type FlowParams,
  type Inverted,
  logq,
  logqOf,
  logStandardNormal,
  type Moved,
  type Sampled,
} from './flow.ts'
export { type Arrival, type FoldedCoupling, type FoldedFlow, foldRealNvp } from './fold.ts'
export { foldedSample, type SampleLayout } from './folded-sample.ts'
export { type GaussianFlowOptions, type GaussianFlowParams, gaussianFlow } from './gaussian.ts'
export type { GaussianArrays, GaussianBase } from './gaussian-base.ts'
export { type ImageFlowOptions, type ImageFlowParams, imageFlow } from './image-flow.ts'
export { maskedCondition } from './masked-condition.ts'
export * from './network-flow.ts'
export { type Range, withRange } from './output.ts'
export { apartFrom, insideMask, logOutside, type Outside } from './outside.ts'
export { type RealNvp, type RealNvpOptions, type RealNvpParams, realNvp } from './real-nvp.ts'
export { type SplineOptions, spline } from './spline.ts'
export type { Transform } from './transform.ts'
