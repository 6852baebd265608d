export { poolSpread, type SpreadJobs } from './pool-spread.ts'
export { type ProcessPool, processPool } from './process-pool.ts'
export { type DoJob, serveJobs } from './serve-jobs.ts'
