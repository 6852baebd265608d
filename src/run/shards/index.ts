export {
  type Executor,
  type ShardJob,
  type SharedDrawing,
  WaitingForShards,
  type Workers,
} from './executor.ts'
export { fileExecutor } from './file-executor.ts'
export { laterExecutor } from './later-executor.ts'
export { type ShardRequest, type ShardWorker, shardWorker } from './shard-worker.ts'
export { openLaps, waitingShards } from './waiting-shards.ts'
export { type FromWorker, toldOf, workerPool } from './worker-pool.ts'
