/** A shard to be drawn, as it comes from elsewhere. */
import { z } from 'zod'

/** Of a lap's name no path can be made that leaves the folder of draws. */
export const shardJobSchema = z.object({
  lap: z.string().regex(/^(lap-\d+|all)$/),
  prior: z.string(),
  shard: z.int().nonnegative(),
  from: z.int().nonnegative(),
  to: z.int().positive(),
})
