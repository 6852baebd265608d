/** What packed bytes claim, against what a chunk can be. */

/** @throws Error for a size beyond that of a chunk */
export const checkClaim = (claimed: number, most: number): void => {
  if (claimed > most) throw new Error(`claims ${claimed} bytes, more than the ${most} of a chunk`)
}

/** @throws Error for fewer bytes than a header has */
export const checkLong = (bytes: Uint8Array, least: number): void => {
  if (bytes.length < least) throw new Error(`truncated: ${bytes.length} bytes`)
}
