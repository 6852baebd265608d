/** How data are looked at, as the data themselves say it. */
import type { Shape } from '../tensor/index.ts'

/** How items are looked at. */
export type View =
  /** Images [C, H, W]. */
  | { readonly kind: 'image' }
  /**
   * Fields [C, V] on the sphere: rows from pole to pole, columns eastward, row-major in the first entries of
   * V.
   */
  | { readonly kind: 'globe'; readonly rows: number; readonly columns: number }
  /** Values [C, V] on the vertices of a mesh that a data set names. */
  | { readonly kind: 'mesh'; readonly mesh: string }
  /** Anything else, of which no picture is made. */
  | { readonly kind: 'signal' }

/** The view of data that do not say what they are: three axes are an image. */
export const plainView = (event: Shape): View => ({ kind: event.length === 3 ? 'image' : 'signal' })
