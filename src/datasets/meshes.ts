import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import { loadBunny, type Mesh } from './bunny.ts'

/** The meshes that ship with the package, by the name that views and networks know them by. */
const meshes: Readonly<Record<string, () => Mesh>> = { bunny: loadBunny }

/** The mesh of a name. @throws TweedieError `input` for unknown names, with the nearest */
export const meshNamed = (name: string): Mesh => {
  if (Object.hasOwn(meshes, name)) return meshes[name]()
  throw new TweedieError(
    'input',
    `unknown mesh '${name}'; did you mean '${nearestName(name, Object.keys(meshes))}'?`,
  )
}
