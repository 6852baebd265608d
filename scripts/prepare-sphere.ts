/**
 * Winds and ocean temperatures on the 46×90 grid of the paper on amortized posterior sampling.
 *
 *   apt-get download ferret-datasets libncarg-data
 *   dpkg -x ferret-datasets_*.deb ferret && dpkg -x libncarg-data_*.deb ncarg
 *   npx tsx scripts/prepare-sphere.ts ferret/usr/share/ferret-vis/data ncarg/usr/share/ncarg/data/cdf
 *
 * Writes data/sphere.npz, uint8 [N, 46, 90], and data/sea.npz; the same bytes everywhere.
 * data/README.md says what is in them.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NetCDFReader } from 'netcdfjs'
import {
  SPHERE,
  sphereLatitudes,
  sphereLongitudes,
  TEMPERATURE_RANGE,
  WIND_RANGES,
} from '../src/datasets/index.ts'
import { TweedieError } from '../src/error.ts'
import { encodeNpz, readBytes, writeAtomic } from '../src/formats/index.ts'
import { permutation, stream } from '../src/random/index.ts'
import { NdArray } from '../src/tensor/ndarray.ts'

/** Equidistant values: the first and the distance, in degrees. */
interface Spacing {
  readonly from: number
  readonly step: number
  readonly count: number
}

interface Fields {
  readonly latitude: Spacing
  readonly longitude: Spacing
  /** Each [latitude, longitude]; NaN where there are no data. */
  readonly fields: readonly Float32Array[]
}

const spacing = (values: readonly number[], path: string): Spacing => {
  const [from, second] = values
  const step = second - from
  if (values.some((v, i) => Math.abs(v - from - i * step) > 1e-3))
    throw new TweedieError('input', `${path}: latitudes and longitudes must be evenly spaced`)
  return { from, step, count: values.length }
}

/** A variable as fields over its last two axes. */
const readFields = (
  path: string,
  { variable, latitude, longitude }: { variable: string; latitude: string; longitude: string },
): Fields => {
  const file = new NetCDFReader(readBytes(path))
  const numbers = (name: string) => file.getDataVariable(name).flat().map(Number)
  const [rows, columns] = [spacing(numbers(latitude), path), spacing(numbers(longitude), path)]
  const values = numbers(variable)
  const size = rows.count * columns.count
  const fields = Array.from({ length: values.length / size }, (_, i) =>
    Float32Array.from(values.slice(i * size, (i + 1) * size), (v) => (Math.abs(v) < 90 ? v : Number.NaN)),
  )
  return { latitude: rows, longitude: columns, fields }
}

/** The two places around a value on an axis, and the share of the second. */
const around = (
  value: number,
  { from, step, count }: Spacing,
  periodic: boolean,
): [number, number, number] => {
  const at = (value - from) / step
  if (periodic) {
    const turn = Math.round(360 / step) // a column at 360° repeats the first
    const wrapped = ((at % turn) + turn) % turn
    return [Math.floor(wrapped), Math.floor(wrapped + 1) % turn, wrapped % 1]
  }
  const inside = Math.min(count - 1, Math.max(0, at))
  return [Math.floor(inside), Math.min(count - 1, Math.floor(inside) + 1), inside % 1]
}

/**
 * Bilinear between the four points around, of which those without data count nothing; NaN where
 * they weigh more than half.
 */
const regridded = ({ latitude, longitude, fields }: Fields): Float64Array[] => {
  const columns = sphereLongitudes.map((l) => around(l, longitude, true))
  const rows = sphereLatitudes.map((l) => around(l, latitude, false))
  return fields.map((field) => {
    const at = (i: number, j: number) => field[i * longitude.count + j]
    return Float64Array.from(
      rows.flatMap(([north, south, a]) =>
        columns.map(([west, east, b]) => {
          const corners = [
            [at(north, west), (1 - a) * (1 - b)],
            [at(north, east), (1 - a) * b],
            [at(south, west), a * (1 - b)],
            [at(south, east), a * b],
          ].filter(([value]) => !Number.isNaN(value))
          const weight = corners.reduce((sum, [, w]) => sum + w, 0)
          return weight < 0.5 ? Number.NaN : corners.reduce((sum, [v, w]) => sum + w * v, 0) / weight
        }),
      ),
    )
  })
}

/** Fields that belong together, in a fixed random order of the groups: any beginning is a fair sample. */
const shuffled = <T>(groups: readonly T[][], name: string): T[] =>
  Array.from(permutation(stream(0, `sphere ${name}`), groups.length).data).flatMap((i) => groups[Number(i)])

const scaled = (field: Float64Array, [low, high]: readonly [number, number]): Float64Array =>
  field.map((v) => (v - low) / (high - low))

const worst = { outside: 0, rounding: 0 }

/** Values of [0, 1] as bytes; NaN becomes 0. */
const packed = (fields: readonly Float64Array[]): NdArray<'uint8'> => {
  const bytes = Uint8Array.from(
    fields.flatMap((field) =>
      Array.from(field, (v) => {
        const byte = Math.min(255, Math.max(0, Math.round(255 * v))) || 0
        if (v < 0 || v > 1) worst.outside++
        worst.rounding = Math.max(worst.rounding, Math.abs(byte / 255 - v) || 0)
        return byte
      }),
    ),
  )
  return new NdArray('uint8', [fields.length, SPHERE.rows, SPHERE.columns], bytes)
}

/** Zonal and meridional wind of each month of the years from … to. */
const winds = (folder: string) => {
  const path = join(folder, 'monthly_navy_winds.cdf')
  const component = (variable: string, range: readonly [number, number]) =>
    regridded(readFields(path, { variable, latitude: 'FNOCY', longitude: 'FNOCX' })).map((f) =>
      scaled(f, range),
    )
  const zonal = component('UWND', WIND_RANGES.zonal)
  const meridional = component('VWND', WIND_RANGES.meridional)
  if (zonal.length !== 132 || zonal.some((f) => f.some(Number.isNaN)))
    throw new TweedieError('input', `${path}: expected 132 months, 1982 to 1992, without gaps`)
  const years = (name: string, from: number, to: number) =>
    packed(
      shuffled(
        zonal.map((field, m) => [field, meridional[m]]).slice(12 * (from - 1982), 12 * (to - 1981)),
        name,
      ),
    )
  return {
    winds_train: years('winds train', 1982, 1990),
    winds_val: years('winds val', 1991, 1991),
    winds_test: years('winds test', 1992, 1992),
  }
}

/** Depths in metres; those that are in no part lie beside those of `val` and `test`. */
const DEPTHS = [0, 10, 20, 30, 50, 75, 100, 125, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 1000]
const PARTS = { train: [0, 10, 20, 30, 50, 75, 200, 500, 900, 1000], val: [700], test: [125, 300] }

const temperatures = (ferret: string, ncarg: string) => {
  const ocean = regridded(
    readFields(join(ferret, 'ocean_atlas_subset.nc'), {
      variable: 'TEMP',
      latitude: 'YAX_SUBSET',
      longitude: 'XAX_SUBSET',
    }),
  )
  const surface = regridded(
    readFields(join(ncarg, 'sstdata_netcdf.nc'), { variable: 'sst', latitude: 'lat', longitude: 'lon' }),
  )
  const sea = ocean[0].map((_, i) => (ocean.every((field) => !Number.isNaN(field[i])) ? 1 : 0))
  const atSea = (field: Float64Array) =>
    scaled(field, TEMPERATURE_RANGE).map((v, i) => (sea[i] === 1 ? v : 0))
  const months = (depth: number) =>
    Array.from({ length: 12 }, (_, m) => [atSea(ocean[m * DEPTHS.length + DEPTHS.indexOf(depth)])])
  const part = (name: keyof typeof PARTS) =>
    packed(shuffled(PARTS[name].flatMap(months), `temperatures ${name}`))
  const fields = {
    temperatures_train: part('train'),
    temperatures_val: part('val'),
    temperatures_test: part('test'),
    surface: packed(surface.map(atSea)),
  }
  return { sea: new NdArray('uint8', [1, SPHERE.rows, SPHERE.columns], Uint8Array.from(sea)), fields }
}

const write = (name: string, arrays: Readonly<Record<string, NdArray>>): void => {
  const bytes = encodeNpz(arrays, { level: 9 })
  writeAtomic(fileURLToPath(new URL(`../data/${name}`, import.meta.url)), bytes)
  console.log(`data/${name}: ${(bytes.length / 1e6).toFixed(3)} MB`)
  for (const [key, { shape }] of Object.entries(arrays)) console.log(`  ${key} [${shape}]`)
}

const [ferret, ncarg] = process.argv.slice(2)
if (ferret === undefined || ncarg === undefined)
  throw new TweedieError(
    'input',
    'which folders? npx tsx scripts/prepare-sphere.ts …/ferret-vis/data …/ncarg/data/cdf',
  )
const { sea, fields } = temperatures(ferret, ncarg)
write('sphere.npz', { ...winds(ferret), ...fields })
write('sea.npz', { sea }) // apart: operators read it without the fields
const wet = sea.data.reduce((sum, v) => sum + v, 0)
const rounding = `rounding at most ${worst.rounding.toFixed(4)}`
console.log(`${wet} of ${SPHERE.points} points are sea; ${worst.outside} values cut; ${rounding}`)
