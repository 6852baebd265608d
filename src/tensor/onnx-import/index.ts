export { decodeModel, type OnnxModel } from './decode.ts'
export { checkOps, reachable, readGraph } from './read.ts'
export { batchShape, encodeGraph, type Separated, separateWeights } from './separate.ts'
