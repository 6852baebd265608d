/** The jobs of a run, from its folder alone: what every process that does some begins with. */
import { TweedieError } from '../../error.ts'
import { type JobRequest, jobRequest, layoutOf, readConfig } from '../../run/index.ts'
import type { ExecuteOptions } from '../../tensor/index.ts'
import { loadRecord } from '../config/config.ts'
import { experimentSchema } from '../config/schema.ts'
import type { Io } from '../io.ts'
import { observationsForRun } from '../own/run-observations.ts'
import { readVersion } from '../version.ts'
import { diemRequestOf } from './diem-request.ts'

/** Folder of the draws of a run, and what its jobs are done by. */
export interface RunJobs {
  readonly draws: string
  readonly request: JobRequest
}

/**
 * @param path - run folder of `tweedie learn`
 * @throws TweedieError `input` for another folder, and for data that are not where the configuration says
 */
export const runJobs = async (
  path: string,
  execute: ExecuteOptions,
  io: Pick<Io, 'note' | 'progress' | 'signal'>,
): Promise<RunJobs> => {
  const experiment = loadRecord(experimentSchema, readConfig(path), path)
  if (experiment.learner !== undefined && experiment.learner !== 'diem')
    throw new TweedieError('input', `${path}: learner '${experiment.learner}' has no laps, and no shards`)
  const layout = layoutOf(path)
  const observations = await observationsForRun(experiment)
  const set = await observations.inRun(layout, io)
  return {
    draws: layout.draws,
    request: jobRequest(diemRequestOf(experiment, set, execute), readVersion()),
  }
}
