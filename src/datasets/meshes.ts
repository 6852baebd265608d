/** Meshes that ship, by name. */
import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import { toNumbers } from '../tensor/index.ts'
import { loadBunny, type Mesh } from './bunny.ts'

const meshes: Readonly<Record<string, () => Mesh>> = { bunny: loadBunny }

/** Names of the meshes that ship. */
export const meshNames: readonly string[] = Object.keys(meshes)

/** A mesh by name. @throws TweedieError `input` for unknown names, with the nearest, and for damaged files */
export const meshNamed = (name: string): Mesh => {
  if (Object.hasOwn(meshes, name)) return meshes[name]()
  throw new TweedieError(
    'input',
    `unknown mesh '${name}', did you mean '${nearestName(name, meshNames)}'? (known: ` +
      `${meshNames.join(', ')})`,
  )
}

/**
 * The vertices of a mesh by name, as a network on it takes them: [V][3].
 *
 * @throws TweedieError as {@link meshNamed}
 */
export const meshPoints = (name: string): readonly (readonly number[])[] => {
  const { vertices } = meshNamed(name)
  const values = toNumbers(vertices)
  return Array.from({ length: vertices.shape[0] }, (_, i) => values.slice(3 * i, 3 * i + 3))
}
