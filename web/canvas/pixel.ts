/** A pixel. */
export interface Pixel {
  readonly row: number
  readonly column: number
}
