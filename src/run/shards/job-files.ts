/** Which files of a run's folder a job reads, and which it writes: what goes between machines without one. */
import { join } from 'node:path'
import { layoutOf } from '../layout.ts'
import type { ShardJob } from './executor.ts'
import { lapFile } from './lap-file.ts'
import { shardFile } from './shard-file.ts'

/** A file that a job reads. */
interface ReadFile {
  /** Below the run's folder. */
  readonly path: string
  /** Digest of the file, where the job names it. */
  readonly digest?: string
}

/** The files of a job. Those of one lap read the same. */
export interface JobFiles {
  readonly reads: readonly ReadFile[]
  /** Below the run's folder. */
  readonly writes: readonly string[]
}

/** Paths below the run's folder. */
const { marker, config, draws } = layoutOf('')

export const jobFiles = ({ lap, prior, shard }: ShardJob): JobFiles => {
  const folder = join(draws, lap)
  return {
    reads: [{ path: marker }, { path: config }, { path: lapFile(folder), digest: prior }],
    writes: [shardFile(folder, shard)],
  }
}
