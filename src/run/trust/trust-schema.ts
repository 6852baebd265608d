/** What a manifest says of trust. */
import { z } from 'zod'

const share = z.number().min(0).max(1)
const range = z.object({ from: z.number(), to: z.number() })
const count = z.int().positive()

const held = z.object({
  /** Nominal level of central intervals, and the share of the entries that they hold: of hidden ones. */
  level: share,
  observed: share,
  /** Of `observed`, items being independent and observations of one alike; absent for one item. */
  standardError: z.number().nonnegative().optional(),
})

const worth = z.object({
  coverage: z.array(held),
  /** Decibels, for data of the sampler's range; averages over observations. */
  psnrMean: z.number(),
  psnrDraw: z.number(),
})

const which = z.object({
  /** Of masks of this kind; absent: of all. */
  masks: z.string().optional(),
  /** Of noise between these, in the units of the data; absent: of all. */
  noise: range.optional(),
})

const evidence = z.object({
  /** Of the masks, by `maskFigures`: of operators that delete entries alike in all channels. */
  seen: range.optional(),
  hole: range.optional(),
  edges: range.optional(),
  /** Standard deviation, in the units of the data; absent where it differs between the entries of one. */
  noise: range.optional(),
  /** Mean over the draws of ‖y − A x‖²/(M s²). */
  residual: range.optional(),
  /** Mean over the draws of log q(x | y), less what is expected of such a mask and such noise; nats. */
  excess: range.optional(),
})

const cell = which.extend({
  observations: count,
  /** Items that these are of, where some were observed more than once; absent of earlier versions. */
  items: count.optional(),
  ...worth.shape,
  /** Least and largest of what can be told of each observation and its draws without the truth. */
  evidence: evidence.optional(),
})

const beside = z.object({
  method: z.string(),
  /** Draws of each observation: of the method, and as many of the sampler. */
  draws: count,
  /** Observations left out because draws of the method were not finite. */
  lost: z.int().nonnegative(),
  /** The method and the sampler on the same observations; in the order of the other cells. */
  cells: z.array(which.extend({ observations: count, ...worth.shape, sampler: worth })),
})

/** What a manifest says of trust. */
export const trustSchema = z.object({
  /** Draws of each observation. */
  draws: count,
  /** 1 % and 99 % quantiles over all draws. */
  residual: range,
  /** Of log q(x | y), nats, where the sampler knows it. */
  logq: range.optional(),
  /** Coefficients of `expectedLogq`, fitted to the means over the draws. */
  expectedLogq: z.array(z.number()).min(1).max(4).optional(),
  /** All observations first, then by kind of mask, then by thirds of the noise's range, on a log scale. */
  cells: z.array(cell),
  /** Another method on some of these observations. */
  beside: beside.optional(),
})

/** How far a sampler can be trusted; see `trustOf`. */
export type Trust = z.infer<typeof trustSchema>
export type Worth = z.infer<typeof worth>
export type Beside = z.infer<typeof beside>
export type EvidenceRanges = z.infer<typeof evidence>

/** Observations of a set, and what they have in common. */
export type Which = z.infer<typeof which> & { readonly at: readonly number[] }
