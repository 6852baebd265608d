import { TweedieError } from '../error.ts'
import { NdArray, reshaped } from '../tensor/ndarray.ts'
import { type CleanData, type CleanSource, UNIT, viewedItems } from './data-set.ts'
import { firstPoints, padPoints } from './points.ts'

/**
 * Fields on the sphere at 46×90 points four degrees apart, the grid of ERA5 as GASP has it (Dupont, Teh &
 * Doucet 2022): rows from the north pole to the south pole, columns eastward from Greenwich, row-major in the
 * list of vertices.
 */

/** The grid, its points, and those with the vertices that pad them to a multiple of 8. */
export const SPHERE = { rows: 46, columns: 90, step: 4, points: 4140, length: 4144 } as const

/** Latitudes of the rows in degrees: 90, 86, … −90. */
export const sphereLatitudes: readonly number[] = Array.from(
  { length: SPHERE.rows },
  (_, i) => 90 - SPHERE.step * i,
)

/** Longitudes of the columns in degrees east: 0, 4, … 356. */
export const sphereLongitudes: readonly number[] = Array.from(
  { length: SPHERE.columns },
  (_, j) => SPHERE.step * j,
)

/**
 * Points of the grid on the unit sphere, in the order of the vertices: (cos lat cos lon, cos lat sin lon, sin
 * lat).
 *
 * @returns [4140, 3].
 * @example
 * ```ts
 * const places = spherePoints() // row 0 … 89 are the north pole, [0, 0, 1]
 * ```
 */
export const spherePoints = (): NdArray<'float32'> => {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const points = sphereLatitudes.flatMap((latitude) =>
    sphereLongitudes.flatMap((longitude) => {
      const [phi, lambda] = [radians(latitude), radians(longitude)]
      return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)]
    }),
  )
  return new NdArray('float32', [SPHERE.points, 3], Float32Array.from(points))
}

/**
 * Fields as lists of vertices, with the zeros that pad them.
 *
 * @param fields [..., 46, 90].
 * @returns [..., 4144].
 * @throws TweedieError `shape` for another grid.
 * @example
 * ```ts
 * const x = sphereVector(images) // [N, 1, 46, 90] → [N, 1, 4144]
 * ```
 */
export const sphereVector = (fields: NdArray<'float32'>): NdArray<'float32'> => {
  const grid = fields.shape.slice(-2)
  if (String(grid) !== `${SPHERE.rows},${SPHERE.columns}`)
    throw new TweedieError('shape', `sphere: expected fields [..., 46, 90], got [${fields.shape}]`)
  return padPoints(reshaped(fields, [...fields.shape.slice(0, -2), SPHERE.points]), SPHERE.length)
}

/**
 * Lists of vertices as fields: undoes {@link sphereVector}.
 *
 * @param x [..., 4144].
 * @returns [..., 46, 90].
 * @throws TweedieError `shape` for another length.
 * @example
 * ```ts
 * const fields = sphereGrid(draws) // [K, N, 1, 4144] → [K, N, 1, 46, 90]
 * ```
 */
export const sphereGrid = (x: NdArray<'float32'>): NdArray<'float32'> => {
  if (x.shape[x.shape.length - 1] !== SPHERE.length)
    throw new TweedieError('shape', `sphere: expected vertices [..., ${SPHERE.length}], got [${x.shape}]`)
  const lists = x.size / SPHERE.length
  const data = new Float32Array(lists * SPHERE.points)
  for (let i = 0; i < lists; i++)
    data.set(x.data.subarray(i * SPHERE.length, i * SPHERE.length + SPHERE.points), i * SPHERE.points)
  return new NdArray('float32', [...x.shape.slice(0, -1), SPHERE.rows, SPHERE.columns], data)
}

/** [4144]: 1 for the points of the grid, 0 for the padding. */
export const sphereValid = (): NdArray<'float32'> => firstPoints(SPHERE.points, SPHERE.length)

/**
 * Lists of vertices in [0, 1] as clean data. @param valid - default the points of the grid, without the
 * padding
 */
export const onSphere = (x: NdArray<'float32'>, valid = sphereValid()): CleanData => ({
  x,
  ...sphereUnits(valid),
})

/** What is known of fields on the sphere beside their values. */
export const sphereUnits = (valid = sphereValid()): Omit<CleanData, 'x'> => ({
  range: UNIT,
  view: { kind: 'globe', rows: SPHERE.rows, columns: SPHERE.columns },
  valid,
})

/** Fields on the sphere as images: `grid:SOURCE`. */
export const asGrid = (source: CleanSource): CleanSource => ({
  ...viewedItems(source, sphereGrid),
  view: { kind: 'image' },
  ...(source.valid ? { valid: sphereGrid(source.valid) } : {}),
})
