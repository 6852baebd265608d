/** Where the observations of runs are. */
import { realpathSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { TweedieError } from '../error.ts'
import { isRecord, type JsonRecord } from '../json.ts'
import { isRunFolder, layoutOf, readConfig } from '../run/index.ts'
import { inside } from './inside.ts'
import { Refusal } from './refusal.ts'

/** The configuration of a run; of a damaged one nothing, as its own page says. */
const configOf = (run: string): JsonRecord => {
  try {
    return readConfig(run)
  } catch (cause) {
    if (cause instanceof TweedieError) return {}
    throw cause
  }
}

/** What the configuration of a run names as its observations. */
const namedIn = (run: string): readonly string[] => {
  const { data } = configOf(run)
  return isRecord(data) && typeof data.observations === 'string' ? [resolve(data.observations)] : []
}

/**
 * The observations of a run that lie below the folder: those that it has simulated, or those that its
 * configuration names. Paths relative to the folder.
 */
export const observationsOf = (folder: string, run: string): readonly string[] => {
  const root = realpathSync(folder)
  return [layoutOf(run).observations, ...namedIn(run)].flatMap((file) => {
    const below = relative(root, file).split(sep).join('/')
    try {
      inside(root, below)
      return [below]
    } catch (cause) {
      if (cause instanceof Refusal) return [] // not there, or elsewhere
      throw cause
    }
  })
}

/**
 * The observations of the run whose draws a file holds, where they lie below the folder. Draws do not say of
 * which observations they are: that is for the reader to know.
 *
 * @param path of a file of draws, relative to the folder
 */
export const observationsBeside = (folder: string, path: string): string | undefined => {
  const [name, ...rest] = path.split('/draws/')
  if (rest.length !== 1) return undefined
  const run = inside(folder, name)
  return isRunFolder(run) ? observationsOf(folder, run)[0] : undefined
}
