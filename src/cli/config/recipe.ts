/** The recipe for a set of observations: a configuration that ships, by what they are of. */
import type { ObservationFrame, Shaped } from '../../observations/index.ts'
import { sizeOf } from '../../tensor/index.ts'

/** Operators of complex images. */
const KSPACE = new Set(['fourier', 'coils', 'phase'])

/**
 * The configuration to learn with from a set, and the fields of it that follow from the set alone.
 *
 * @returns path in the package, and overrides as `key=value`
 */
export const recipeOf = ({
  y,
  operator: { name, event },
  view,
}: Pick<ObservationFrame<Shaped>, 'y' | 'operator' | 'view'>): {
  path: string
  fields: readonly string[]
} => {
  const part = y.shape[0] * sizeOf(event) < FEW_NUMBERS ? 0.5 : 1
  const recipe = (kind: string, ...fields: readonly string[]) => ({
    path: `experiments/own-${kind}.yaml`,
    fields,
  })
  if (view?.kind === 'globe') return recipe('sphere', `net.grid=[${view.rows},${view.columns}]`)
  if (view?.kind === 'mesh')
    return recipe('mesh', `net.mesh=${view.mesh}`, ...meshLevels(event[event.length - 1]))
  if (event.length === 3) {
    const levels = imageLevels(Math.max(event[1], event[2]), part)
    return KSPACE.has(name) ? recipe('kspace', ...levels) : recipe('images', ...levels)
  }
  if (event.length === 2) return recipe('series', ...seriesLevels(event[1], part))
  return recipe('vectors')
}

/**
 * Numbers in all x together below which networks of signals and images are half as wide: wider ones know the
 * observations that they learned from by heart, and restore them with intervals that are too narrow.
 */
const FEW_NUMBERS = 2e5

const levels = (channels: readonly number[], part: number, unshuffle: number): string[] => [
  `net.channels=[${channels.map((width) => part * width)}]`,
  `net.blocks=[${channels.map(() => 1)}]`,
  `net.unshuffle=${unshuffle}`,
]

/** Levels for images of a longer side: the coarsest sees the whole image, the finest costs the most. */
const imageLevels = (side: number, part: number): string[] => {
  if (side < 16) return levels([32, 64], part, 1)
  if (side < 48) return levels([32, 64], part, 2)
  if (side < 128) return levels([32, 64, 64], part, 2)
  return levels([32, 64, 96], part, 4)
}

/** Levels for signals of a length. */
const seriesLevels = (length: number, part: number): string[] => {
  if (length < 64) return levels([32, 64], part, 1)
  if (length < 256) return levels([32, 64, 64], part, 1)
  return levels([32, 64, 64], part, length < 1024 ? 2 : 4)
}

/** One level, and as many neighbours as there are, where a second level would have too few points. */
const meshLevels = (points: number): string[] =>
  points > FEW_POINTS ? [] : ['net.channels=[64]', 'net.blocks=[1]', `net.k=${Math.min(8, points - 1)}`]

/** Of which a fourth, those of a second level, are no more than the 8 neighbours of a point. */
const FEW_POINTS = 32
