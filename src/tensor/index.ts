export { withinElements } from './allocation.ts'
export { batchInputs } from './batch-inputs.ts'
export { type Batch, batchesOf, eachBatch } from './batching.ts'
export { bytesOf, type GraphCost, graphCost } from './cost.ts'
export { type Data, type DataOf, type DType, isFloat } from './dtype.ts'
export type { Device, ExecuteOptions } from './execute/device.ts'
export { defaultThreads } from './execute/device.ts'
export { free, type Holder, type Holding, holder, holding } from './execute/holding.ts'
export { frozen, jit, loadProgram, onnxOf, type Program } from './execute/program.ts'
export type { Session } from './execute/session.ts'
export { grad, jvp, topological, valueAndGrad, vjp } from './gradient.ts'
export { type HeldSpread, inOrder, type Spread, withSpread } from './in-order.ts'
export * from './ndarray.ts'
export * from './onnx-import/index.ts'
export * from './ops/index.ts'
export { average, median } from './statistics.ts'
export { type Constant, constant, input, Tensor } from './tensor.ts'
export {
  type Arrays,
  type Feeds,
  flatten,
  type Held,
  leavesOf,
  mapArrays,
  mapTensors,
  type Tensors,
  type Tree,
  toTensors,
  unflatten,
  type Value,
  valuesOf,
  walk,
  withValues,
  zerosLike,
} from './tree.ts'
