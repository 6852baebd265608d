export {
  type Executor,
  type ShardJob,
  type SharedDrawing,
  WaitingForShards,
  type Workers,
} from './executor.ts'
export { fileExecutor } from './file-executor.ts'
export { laterExecutor } from './later-executor.ts'
export { type Broker, type OpenRun, type QueueTimes, queueTimes } from './queue/broker.ts'
export { openBroker } from './queue/open-broker.ts'
export { madeRunId } from './queue/run-id.ts'
export { queueExecutor } from './queue-executor.ts'
export { type QueueWorkerOptions, queueWorker } from './queue-worker.ts'
export { type ShardRequest, type ShardWorker, shardRequest, shardWorker } from './shard-worker.ts'
export { sharedByLearner } from './share/learner-share.ts'
export { openShare } from './share/open-share.ts'
export { type Share, type SharedStore, type ShareTimes, shareTimes } from './share/shared-store.ts'
export { sharedByWorker } from './share/worker-share.ts'
export { openLaps, waitingShards } from './waiting-shards.ts'
export { type FromWorker, toldOf, workerPool } from './worker-pool.ts'
