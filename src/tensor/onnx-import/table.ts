/** Every op that is read: a new one is a rule in the file of its kind. */
import { activations } from './ops/activations.ts'
import { arithmetic } from './ops/arithmetic.ts'
import { matrices } from './ops/matrices.ts'
import { normalisations } from './ops/normalisations.ts'
import { parts } from './ops/pieces.ts'
import { reductions } from './ops/reductions.ts'
import { resizing } from './ops/resizing.ts'
import { shapes } from './ops/shapes.ts'
import { windows } from './ops/windows.ts'
import type { Rules } from './site.ts'

/** Rules by the name of the op in the standard operator set. */
export const rules: Rules = {
  ...arithmetic,
  ...activations,
  ...matrices,
  ...windows,
  ...normalisations,
  ...reductions,
  ...resizing,
  ...shapes,
  ...parts,
}
