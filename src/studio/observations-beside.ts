/** The observations of the run whose draws a file holds. */
import { realpathSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { isRecord } from '../json.ts'
import { isRunFolder, layoutOf, readConfig } from '../run/index.ts'
import { inside } from './inside.ts'
import { Refusal } from './refusal.ts'

/** What the configuration of a run names as its observations. */
const namedIn = (run: string): readonly string[] => {
  const { data } = readConfig(run)
  return isRecord(data) && typeof data.observations === 'string' ? [resolve(data.observations)] : []
}

/**
 * Where the observations of a run lie below the folder, if they do: those that it has simulated, or those that
 * its configuration names. Draws do not say of which observations they are: that is for the reader to know.
 *
 * @param path of a file of draws, relative to the folder
 */
export const observationsBeside = (folder: string, path: string): string | undefined => {
  const [name, ...rest] = path.split('/draws/')
  if (rest.length !== 1) return undefined
  const run = inside(folder, name)
  if (!isRunFolder(run)) return undefined
  const root = realpathSync(folder)
  for (const file of [layoutOf(run).observations, ...namedIn(run)]) {
    const below = relative(root, file).split(sep).join('/')
    try {
      inside(root, below)
      return below
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause // not there, or elsewhere
    }
  }
  return undefined
}
