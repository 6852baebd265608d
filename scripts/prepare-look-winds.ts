/**
 * Draws of the posterior of one month's zonal wind from 200 stations, noise 0.02: the second example of the
 * page 'Look'. The prior is the Gaussian of the winds of 1982–1990, 30 components and what they leave
 * of the winds of 1991; draws are exact (conditioning by kriging: G. Matheron, 1963). Kept as the nearest of
 * 256 levels. Writes `web/public/examples/winds.npz`.
 *
 *     npx tsx scripts/prepare-look-winds.ts
 */
import { loadWinds, SPHERE } from '../src/datasets/index.ts'
import { encodeNpz, writeAtomic } from '../src/formats/index.ts'
import { denseCholesky } from '../src/linalg/index.ts'
import { normal, permutation, stream } from '../src/random/index.ts'
import { NdArray, ndarray, toNumbers } from '../src/tensor/index.ts'
import { addGram, componentsOf, emptyGram } from '../web/posterior/components.ts'
import type { Draws } from '../web/posterior/draws.ts'
import { meanOf } from '../web/posterior/signals.ts'

const [STATIONS, NOISE, DRAWS, SEED, RANK] = [200, 0.02, 24, 15, 30]
const P = SPHERE.points

/** Zonal fields without padding, one after the other: every second of these is meridional. */
const zonal = (split: 'train' | 'val' | 'test'): Float32Array[] => {
  const { data, shape } = loadWinds(split)
  return Array.from({ length: shape[0] / 2 }, (_, i) => data.subarray(2 * i * SPHERE.length).subarray(0, P))
}

const train = zonal('train')
const years: Draws = {
  name: 'winds',
  look: { kind: 'series', channels: 1, length: P },
  count: train.length,
  size: P,
  values: Float32Array.from(train.flatMap((field) => [...field])),
}
const mean = meanOf(years)
const gram = emptyGram(years.count)
addGram(gram, years, mean, [0, P])
const components = componentsOf(years, mean, gram, RANK)

/** Variance that the components leave of the winds of another year, by place. */
const left = new Float64Array(P)
const others = zonal('val')
for (const field of others) {
  const rest = field.map((v, p) => v - mean[p])
  for (const { pattern, deviation } of components) {
    const score = rest.reduce((sum, v, p) => sum + v * pattern[p], 0) / deviation ** 2
    for (let p = 0; p < P; p++) rest[p] -= score * pattern[p]
  }
  for (let p = 0; p < P; p++) left[p] += rest[p] ** 2 / others.length
}

const truth = zonal('test')[4]
const places = toNumbers(permutation(stream(SEED, 'stations'), P)).slice(0, STATIONS)
const covariance = (p: number, q: number): number =>
  components.reduce((sum, { pattern }) => sum + pattern[p] * pattern[q], p === q ? left[p] : 0)
const noise = (draw: number) => toNumbers(normal(stream(SEED, 'noise'), [STATIONS], { draw }))
const { solve } = denseCholesky(
  Float64Array.from({ length: STATIONS ** 2 }, (_, i) => {
    const [a, b] = [Math.floor(i / STATIONS), i % STATIONS]
    return covariance(places[a], places[b]) + (a === b ? NOISE ** 2 : 0)
  }),
  STATIONS,
)
const seen = noise(DRAWS)
const y = places.map((p, i) => truth[p] + NOISE * seen[i])

const drawn = (draw: number): Float64Array => {
  const z = toNumbers(normal(stream(SEED, 'components'), [components.length], { draw }))
  const e = toNumbers(normal(stream(SEED, 'rest'), [P], { draw }))
  const prior = Float64Array.from(mean, (m, p) =>
    components.reduce((sum, { pattern }, j) => sum + z[j] * pattern[p], m + Math.sqrt(left[p]) * e[p]),
  )
  const own = noise(draw)
  const weights = solve(Float64Array.from(places, (p, i) => y[i] - prior[p] - NOISE * own[i]))
  return prior.map((x, p) => places.reduce((sum, q, i) => sum + covariance(p, q) * weights[i], x))
}

/** The nearest of 256 levels. */
const levels = (values: ArrayLike<number>): number[] =>
  Array.from(values, (v) => Math.round(255 * Math.min(1, Math.max(0, v))))

const placed = (values: readonly number[]): number[] => {
  const field = new Array<number>(P).fill(0)
  places.forEach((p, i) => {
    field[p] = values[i]
  })
  return field
}
const view = new TextEncoder().encode(
  JSON.stringify({ kind: 'globe', rows: SPHERE.rows, columns: SPHERE.columns }),
)
const draws = Array.from({ length: DRAWS }, (_, k) => levels(drawn(k))).flat()
const arrays = {
  draws: ndarray(draws, [DRAWS, 1, 1, P], 'uint8'),
  truth: ndarray(levels(truth), [1, 1, P], 'uint8'),
  y: ndarray(placed(levels(y)), [1, 1, P], 'uint8'),
  mask: ndarray(placed(places.map(() => 1)), [1, 1, P], 'bool'),
  view: new NdArray('uint8', [view.length], view),
}
writeAtomic('web/public/examples/winds.npz', encodeNpz(arrays, { level: 9 }))
