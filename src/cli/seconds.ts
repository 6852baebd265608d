/** A budget in minutes as seconds; none where none is said. */
export const secondsOf = (minutes: number | undefined): number | undefined =>
  minutes === undefined ? undefined : 60 * minutes
