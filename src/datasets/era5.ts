import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { TweedieError } from '../error.ts'
import { readArrays } from '../formats/index.ts'
import { firstNotFinite, NdArray } from '../tensor/ndarray.ts'
import { type CleanSource, type SourceLayout, unitSource } from './data-set.ts'
import type { Items } from './joined-items.ts'
import { keptItems } from './kept-items.ts'
import { SPHERE, sphereLatitudes, sphereLongitudes, sphereUnits, sphereVector } from './sphere.ts'

/**
 * Temperatures of ERA5 two metres above the ground, in the layout of GASP (E. Dupont, Y. W. Teh, A. Doucet,
 * "Generative Models as Distributions of Functions", AISTATS 2022): a folder of `.npz` files, one map each,
 * with `latitude` [46] from 90 to −90, `longitude` [90] from 0 to 356 and `temperature` [46, 90] in kelvin.
 * Its parts are folders `era5_temp2m_16x_train`, `…_val` and `…_test`.
 */

/** Kelvin that are 0 and 1: GASP's, the extremes of its training part. */
export const ERA5_RANGE = [202.66, 320.93] as const

const mapsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.toLowerCase().endsWith('.npz'))
    .sort()
    .map((name) => join(folder, name))

/** The folder of a part: a folder of maps itself, or that whose name ends in the part's. */
const partFolder = (folder: string, split: string): string | undefined => {
  if (mapsIn(folder).length > 0) return folder
  return readdirSync(folder)
    .filter((name) => name.startsWith('era5') && name.endsWith(`_${split}`))
    .map((name) => join(folder, name))
    .find((path) => statSync(path).isDirectory())
}

/**
 * Whether a path is in the layout of GASP: a file that it calls one of its maps, or a folder of them or of
 * its parts.
 */
export const isEra5Folder = (folder: string): boolean =>
  existsSync(folder) &&
  statSync(folder).isDirectory() &&
  ['train', 'val', 'test'].some((split) => partFolder(folder, split) !== undefined)

/** The values of a field. @throws TweedieError `input` naming file, field, and what was expected */
const field = (path: string, arrays: Readonly<Record<string, NdArray>>, name: string, shape: string) => {
  const array = arrays[name]
  if (array && ['float32', 'float64'].includes(array.dtype) && String(array.shape) === shape)
    return Float64Array.from(array.data, Number)
  const found = array ? `${array.dtype} [${array.shape}]` : 'none'
  throw new TweedieError(
    'input',
    `${path}: field '${name}' must be float32 or float64 [${shape}], got ${found}`,
  )
}

const checkAxis = (path: string, name: string, found: Float64Array, wanted: readonly number[]): void => {
  const bad = found.findIndex((value, i) => !(Math.abs(value - wanted[i]) < 1e-3))
  if (bad < 0) return
  const steps = `from ${wanted[0]} to ${wanted[wanted.length - 1]} by ${SPHERE.step}`
  throw new TweedieError('input', `${path}: field '${name}' must run ${steps}, got ${found[bad]} at ${bad}`)
}

/** One map, kelvin scaled to [0, 1]. */
const readMap = (path: string): Float64Array => {
  const arrays = readArrays(path)
  checkAxis(path, 'latitude', field(path, arrays, 'latitude', `${SPHERE.rows}`), sphereLatitudes)
  checkAxis(path, 'longitude', field(path, arrays, 'longitude', `${SPHERE.columns}`), sphereLongitudes)
  const kelvin = field(path, arrays, 'temperature', `${SPHERE.rows},${SPHERE.columns}`)
  const bad = firstNotFinite({ data: kelvin })
  if (bad >= 0)
    throw new TweedieError('input', `${path}: field 'temperature' is not finite at flat index ${bad}`)
  const [low, high] = ERA5_RANGE
  return kelvin.map((value) => (value - low) / (high - low))
}

/**
 * Reads maps of ERA5 as GASP has them.
 *
 * @param folder holds the maps, or the folders `era5_…_train`, `era5_…_val`, `era5_…_test`.
 * @param split which of those folders (default `train`); maps that lie in `folder` itself are taken whole.
 * @param most maps to stop after; default all.
 * @returns [N, 1, 46, 90], (K − 202.66)/(320.93 − 202.66): [0, 1] and a little beyond outside the training
 * part.
 * @throws TweedieError `input` naming the file and the field when one is damaged or on another grid.
 * @example
 * ```ts
 * const maps = readEra5('era5_temp2m_16x', { split: 'test' })
 * ```
 */
export const readEra5 = (
  folder: string,
  { split = 'train', most }: { split?: string; most?: number } = {},
): NdArray<'float32'> => {
  const { count, rows } = mapItems(folder, { split, most })
  return rows(0, count)
}

/** Maps as items, each read when it is asked for. @throws TweedieError `input` when there are none */
const mapItems = (folder: string, { split, most }: { split: string; most?: number }): Items => {
  const part = partFolder(folder, split)
  const paths = part === undefined ? [] : mapsIn(part).slice(0, most)
  if (paths.length === 0)
    throw new TweedieError('input', `${folder}: no maps for '${split}' in ${basename(part ?? folder)}`)
  return {
    count: paths.length,
    rows: (from, to) => {
      const data = new Float32Array((to - from) * SPHERE.points)
      for (const [i, path] of paths.slice(from, to).entries()) data.set(readMap(path), i * SPHERE.points)
      return new NdArray('float32', [to - from, 1, SPHERE.rows, SPHERE.columns], data)
    },
  }
}

/** Maps on the sphere, of which as many stay in memory as of pictures. */
const openEra5 = (folder: string, split: string, most?: number): CleanSource => {
  const maps = mapItems(folder, { split, most })
  const onVertices = { ...maps, rows: (from: number, to: number) => sphereVector(maps.rows(from, to)) }
  const event = [1, SPHERE.length]
  return { ...unitSource(keptItems(onVertices, event), event), ...sphereUnits() }
}

export const era5Layout: SourceLayout = {
  form: 'folder with `.npz` maps, or `era5_…_train` …',
  summary: 'ERA5 temperatures as GASP has them, on the sphere',
  matches: isEra5Folder,
  open: openEra5,
}
