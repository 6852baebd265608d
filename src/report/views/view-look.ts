/** How one kind of view shows restorations. */
import type { View } from '../../observations/index.ts'
import type { Html } from '../html.ts'
import type { Restoration } from '../strip.ts'

/** Restorations as a part of a page. */
export interface RestoredPart {
  /** In the plural, for headings: `images`. */
  readonly things: string
  readonly body: Html
}

/** The look of the views of a kind. */
export type ViewLook<K extends View['kind']> = (
  restoration: Restoration,
  view: Extract<View, { readonly kind: K }>,
) => RestoredPart
