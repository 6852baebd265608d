export {
  type Executor,
  type SharedWork,
  WaitingForShards,
  type Workers,
} from './executor.ts'
export { fileExecutor } from './file-executor.ts'
export { type Job, jobSchema, type RoundJob, type ShardJob } from './job.ts'
export { type JobRequest, jobRequest, type WorkerOf } from './job-request.ts'
export { jobWorker } from './job-worker.ts'
export { laterExecutor } from './later-executor.ts'
export { type Broker, type OpenRun, type QueueTimes, queueTimes } from './queue/broker.ts'
export { openBroker } from './queue/open-broker.ts'
export { madeRunId } from './queue/run-id.ts'
export { queueExecutor } from './queue-executor.ts'
export { type QueueWorkerOptions, queueWorker } from './queue-worker.ts'
export { sharedByLearner } from './share/learner-share.ts'
export { openShare } from './share/open-share.ts'
export { type Share, type SharedStore, type ShareTimes, shareTimes } from './share/shared-store.ts'
export { sharedByWorker } from './share/worker-share.ts'
export { openLaps, waitingJobs } from './waiting-jobs.ts'
export { workerPool } from './worker-pool.ts'
