/** Statistics of images in a file, to be used again: they name the network that they belong to. */
import { z } from 'zod'
import { TweedieError } from '../../error.ts'
import { type Arrays, namesArrays, openArrays, readArrays, writeArrays } from '../../formats/index.ts'
import { parseJson } from '../../json.ts'
import { float32, NdArray, ndarray, toNumbers } from '../../tensor/index.ts'
import { finiteValues } from '../values.ts'
import type { FeatureStatistics } from './feature-statistics.ts'
import type { FeatureNetwork } from './features.ts'

const header = z.object({
  name: z.string(),
  digest: z.string(),
  preparation: z.string(),
  count: z.int().min(2),
})

const FIELD = 'network'

/** Whether a path names statistics of images rather than images. */
export const holdsStatistics = (path: string): boolean => {
  if (!namesArrays(path)) return false
  const { fields, close } = openArrays(path)
  close()
  const names = Object.keys(fields)
  if (names.includes('mu') && names.includes('sigma'))
    throw new TweedieError(
      'input',
      `${path}: statistics of another program (mu, sigma), which do not say of which network; ` +
        "make them anew with 'tweedie score --save-stats'",
    )
  return names.includes(FIELD) && names.includes('covariance')
}

/** Writes statistics in the features of a network. @throws TweedieError `io` when the system refuses */
export const writeStatistics = (
  path: string,
  { name, digest, preparation }: FeatureNetwork,
  { count, moments, features }: FeatureStatistics,
): void => {
  const text = new TextEncoder().encode(
    JSON.stringify({ name, digest, preparation, count } satisfies z.output<typeof header>),
  )
  writeArrays(path, {
    [FIELD]: new NdArray('uint8', [text.length], text),
    mean: moments.mean,
    covariance: moments.covariance,
    ...(features ? { features } : {}),
  })
}

const wrong = (path: string, what: string): TweedieError => new TweedieError('input', `${path}: ${what}`)

const headerOf = (arrays: Arrays, path: string): z.output<typeof header> => {
  const { data } = arrays[FIELD] ?? ndarray([], [0])
  if (!(data instanceof Uint8Array)) throw wrong(path, `field '${FIELD}' of statistics must be text (uint8)`)
  const parsed = header.safeParse(parseJson(new TextDecoder().decode(data), `${path}: field '${FIELD}'`))
  if (parsed.success) return parsed.data
  throw wrong(path, `field '${FIELD}' does not say of which network the statistics are`)
}

const float64 = (
  arrays: Arrays,
  name: string,
  shape: readonly number[],
  path: string,
): NdArray<'float64'> => {
  const array = arrays[name]
  if (!array || String(array.shape) !== String(shape))
    throw wrong(path, `field '${name}' must be [${shape}], got ${array ? `[${array.shape}]` : 'none'}`)
  finiteValues(array, `${path}: field '${name}'`)
  return new NdArray('float64', array.shape, Float64Array.from(toNumbers(array)))
}

/**
 * Reads statistics, and refuses those of another network: its file, and what is done to images before
 * it, must be the same.
 *
 * @throws TweedieError `input` for a damaged file and statistics of another network
 */
export const readStatistics = (path: string, network: FeatureNetwork): FeatureStatistics => {
  const arrays = readArrays(path)
  const { count, ...of } = headerOf(arrays, path)
  if (of.digest !== network.digest)
    throw wrong(
      path,
      `statistics of the network '${of.name}' (${of.digest}), not of '${network.name}' (${network.digest})`,
    )
  if (of.preparation !== network.preparation)
    throw wrong(path, `statistics of images as ${of.preparation}; here they are ${network.preparation}`)
  const [length = 0] = arrays.mean?.shape ?? []
  const moments = {
    mean: float64(arrays, 'mean', [length], path),
    covariance: float64(arrays, 'covariance', [length, length], path),
  }
  const { features } = arrays
  if (!features) return { count, moments }
  if (features.dtype !== 'float32' || String(features.shape) !== String([count, length]))
    throw wrong(path, `field 'features' must be float32 [${count}, ${length}], got [${features.shape}]`)
  finiteValues(features, `${path}: field 'features'`)
  return { count, moments, features: float32(features) }
}
