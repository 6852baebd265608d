import { z } from 'zod'

const number = z.number().or(z.nan())

/** What is read off a method on a problem, as it comes from a process. */
export const readingSchema = z.object({
  problem: z.string(),
  method: z.string(),
  /** Denoiser evaluations of one draw, of all particles. */
  evaluations: number,
  /** Distance to the exact posterior, in the problem's own measure; that of exact draws is `floor`. */
  distance: number,
  floor: number,
  /** Shares of truths in central 50 % and 90 % intervals, and in the 90 % highest-density region. */
  half: number.optional(),
  most: number.optional(),
  region: number.optional(),
  /** Mean energy score over that of exact draws, minus 1: 0 is best. */
  score: number.optional(),
  /** By how many dB the mean of the draws is worse than E[x | y] (Lévy signals). */
  gap: number.optional(),
  /** Wall-clock milliseconds of one draw. */
  milliseconds: number,
  /** Why there are no figures. */
  failed: z.string().optional(),
})

export type Reading = z.output<typeof readingSchema>

/** The reading of a method that does not take the problem, or diverges. */
export const failure = (
  base: Pick<Reading, 'problem' | 'method' | 'evaluations' | 'floor'>,
  error: unknown,
): Reading => ({
  ...base,
  distance: Number.NaN,
  milliseconds: Number.NaN,
  failed: error instanceof Error ? error.message : String(error),
})
