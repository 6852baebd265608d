/** What is read off a method on a problem. */
export interface Reading {
  readonly problem: string
  readonly method: string
  /** Denoiser evaluations of one draw, of all particles. */
  readonly evaluations: number
  /** Distance to the exact posterior, in the problem's own measure; that of exact draws is `floor`. */
  readonly distance: number
  readonly floor: number
  /** Shares of truths in central 50 % and 90 % intervals, and in the 90 % highest-density region. */
  readonly half?: number
  readonly most?: number
  readonly region?: number
  /** Mean energy score over that of exact draws, minus 1: 0 is best. */
  readonly score?: number
  /** By how many dB the mean of the draws is worse than E[x | y] (Lévy signals). */
  readonly gap?: number
  /** Wall-clock milliseconds of one draw. */
  readonly milliseconds: number
  /** Why there are no figures. */
  readonly failed?: string
}

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
