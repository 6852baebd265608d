/** Shards that are drawn when nobody waits: between the jobs of a batch system, say. */
import { TweedieError } from '../../error.ts'
import type { Executor } from './executor.ts'

/** Draws nothing: a lap that misses shards is left as it is, ready for `tweedie shard`. */
export const laterExecutor = (): Executor => ({
  isLater: true,
  run: () => Promise.reject(new TweedieError('interrupted', 'shards are drawn later')),
  workers: () => ({}),
  stop: async () => {},
})
