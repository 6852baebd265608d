/**
 * Every look of restorations. Reports know them from this list alone: a new kind of view is a file, and a
 * line here.
 */
import type { View } from '../../observations/index.ts'
import type { Restoration } from '../strip.ts'
import { globeLook } from './globe.ts'
import { imageLook } from './image.ts'
import { meshLook } from './mesh.ts'
import { seriesLook } from './series.ts'
import type { RestoredPart } from './view-look.ts'

/**
 * Restorations as a part of a page, as their view has them: pictures of images, globes and surfaces, fan
 * charts of vectors and series.
 *
 * @throws TweedieError `shape` when arrays do not fit
 *
 * @example
 * ```ts
 * const { body } = restoredPart(plainView([2, 48]), { y, mask, draws, mean: meanOverDraws(draws) })
 * ```
 */
export const restoredPart = (view: View, restoration: Restoration): RestoredPart => {
  switch (view.kind) {
    case 'image':
      return imageLook(restoration, view)
    case 'globe':
      return globeLook(restoration, view)
    case 'mesh':
      return meshLook(restoration, view)
    case 'signal':
      return seriesLook(restoration, view)
  }
}
