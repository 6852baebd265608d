/**
 * Which files of a run's folder the drawing of a shard reads, and which it writes: what goes between machines
 * without one. Rounds of replicas read a whole lap's samples: they stay where these are.
 */
import { join } from 'node:path'
import { TweedieError } from '../../error.ts'
import { layoutOf } from '../layout.ts'
import type { Job } from './job.ts'
import { lapFile } from './lap-file.ts'
import { shardFile } from './shard-file.ts'

/** A file that a job reads. */
interface ReadFile {
  /** Below the run's folder. */
  readonly path: string
  /** Digest of the file, where the job names it. */
  readonly digest?: string
}

/** The files of a shard. Those of one lap read the same. */
export interface JobFiles {
  readonly reads: readonly ReadFile[]
  /** Below the run's folder. */
  readonly writes: readonly string[]
}

/** Paths below the run's folder. */
const { marker, config, draws } = layoutOf('')

/** @throws TweedieError `input` for a round of replicas */
export const jobFiles = (job: Job): JobFiles => {
  if (job.kind !== 'shard')
    throw new TweedieError('input', 'rounds of replicas read the samples of a lap, which are not shared')
  const { lap, prior, shard } = job
  const folder = join(draws, lap)
  return {
    reads: [{ path: marker }, { path: config }, { path: lapFile(folder), digest: prior }],
    writes: [shardFile(folder, shard)],
  }
}
