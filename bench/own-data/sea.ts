/** A climatology of the surface of the sea, of which clouds hide a part. */
import { join } from 'node:path'
import { NetCDFReader } from 'netcdfjs'
import { TweedieError } from '../../src/error.ts'
import { readBytes } from '../../src/formats/index.ts'
import { stream, uniform } from '../../src/random/index.ts'
import { NdArray } from '../../src/tensor/index.ts'
import { masked, noisy } from './masked.ts'
import { type Item, type OwnSet, shuffled, stacked } from './own-set.ts'
import { debianPackage } from './packages.ts'

/** Variables of COADS, and what of them is 0 and 1: °C, °C, hPa, m/s, m/s. */
const VARIABLES = {
  SST: [-2, 32],
  AIRT: [-20, 32],
  SLP: [970, 1030],
  UWND: [-12, 12],
  VWND: [-12, 12],
} as const

const MONTHS = 12

/** The grid of the file, 2°, of which 2×2 make a cell; the southernmost row of cells is land. */
const [ROWS, COLUMNS] = [90, 180]
const [HEIGHT, WIDTH] = [44, 90]

/** Share of the sea that is hidden, by discs of so many cells' radius. */
const HIDDEN = 0.4
const RADIUS = { least: 1.5, most: 5 } as const

const NOISE = 0.02
const JUDGED = 30

/** Means of the cells, north at the top; NaN where nothing was measured. */
const coarse = (field: readonly number[]): Float32Array =>
  Float32Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const [row, column] = [Math.floor(i / WIDTH), i % WIDTH]
    const [top, left] = [ROWS - 2 - 2 * row, 2 * column]
    const own = [0, 1, COLUMNS, COLUMNS + 1]
      .map((step) => field[top * COLUMNS + left + step])
      .filter((v) => Math.abs(v) < 1e10)
    return own.length === 0 ? Number.NaN : own.reduce((a, b) => a + b, 0) / own.length
  })

/** Every month of every variable in [0, 1]. */
const readFields = (): Item[] => {
  const path = join(debianPackage('ferret-datasets'), 'usr/share/ferret-vis/data/coads_climatology.cdf')
  const file = new NetCDFReader(readBytes(path))
  return Object.entries(VARIABLES).flatMap(([name, [low, high]]) => {
    const values = file.getDataVariable(name).flat().map(Number)
    if (values.length !== MONTHS * ROWS * COLUMNS)
      throw new TweedieError('input', `${path}: expected ${MONTHS} fields of ${ROWS}×${COLUMNS} of ${name}`)
    return Array.from({ length: MONTHS }, (_, m) => ({
      values: coarse(values.slice(m * ROWS * COLUMNS, (m + 1) * ROWS * COLUMNS)).map(
        (v) => (v - low) / (high - low),
      ),
      part: `${name} ${m}`,
    }))
  })
}

/** Discs on the grid, round as east meets west, until enough of the sea is hidden. */
const clouded = (sea: Float32Array, observation: number): Float32Array => {
  const seen = Float32Array.from(sea)
  const total = sea.reduce((a, b) => a + b, 0)
  for (let k = 0, left = total; left > (1 - HIDDEN) * total; k++) {
    const [u, v, w] = uniform(stream(0, 'sea clouds'), [3], { observation, draw: k }).data
    const radius = RADIUS.least + (RADIUS.most - RADIUS.least) * w
    for (let i = 0; i < seen.length; i++) {
      const down = Math.floor(i / WIDTH) - u * HEIGHT
      const right = Math.abs((i % WIDTH) - v * WIDTH)
      if (Math.hypot(down, Math.min(right, WIDTH - right)) < radius) seen[i] = 0
    }
    left = seen.reduce((a, b) => a + b, 0)
  }
  return seen
}

export const sea: OwnSet = {
  name: 'sea',
  summary:
    '60 fields of a climatology of the sea (COADS: two temperatures, pressure and winds by month, 4°, each ' +
    'in a range of [0, 1]), 40 % of the sea under clouds, land never seen, noise 0.02; deb ferret-datasets',
  unit: '',
  cut: async () => {
    const fields = shuffled(readFields(), 'sea')
    const wet = Float32Array.from({ length: HEIGHT * WIDTH }, (_, i) =>
      fields.some(({ values }) => Number.isNaN(values[i])) ? 0 : 1,
    )
    const items = fields.map(({ values, part }) => ({
      values: Float32Array.from(wet, (v, i) => (v === 0 ? 0 : values[i])),
      part,
    }))
    const event = [1, HEIGHT, WIDTH]
    const truth = stacked(items, event)
    const clouds = items.map(({ part }, i) => ({ values: clouded(wet, i), part }))
    const judged = items.slice(-JUDGED)
    return {
      set: masked(noisy(truth, NOISE), {
        mask: stacked(clouds, event),
        noise: NOISE,
        range: [0, 1],
        valid: new NdArray('float32', [HEIGHT, WIDTH], wet),
      }),
      learned: items.length,
      truth: stacked(judged, event),
      parts: judged.map(({ part }) => part),
    }
  },
}
