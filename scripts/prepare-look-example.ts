/**
 * Draws of the posterior of one test photograph, which the page 'Look' shows before anything is dropped:
 * a third of the pixels and a box are hidden, noise 0.02, the prior that ships, MMPS(3), 64 draws of 32 steps.
 * Kept as the nearest of 256 levels. Writes `web/public/examples/photo.npz`.
 *
 *     npx tsx scripts/prepare-look-example.ts
 */
import { loadPhotos, shippedPath } from '../src/datasets/index.ts'
import { encodeNpz, writeAtomic } from '../src/formats/index.ts'
import { maskedBy } from '../src/observations/index.ts'
import { mmps, posteriorDraws } from '../src/posterior/index.ts'
import { normal, stream, uniform } from '../src/random/index.ts'
import { loadPrior } from '../src/run/index.ts'
import { NdArray, ndarray, rows, toNumbers } from '../src/tensor/index.ts'

const [PHOTO, NOISE, SEED, SIDE] = [22, 0.02, 14, 32]

const truth = rows(loadPhotos('test'), PHOTO, PHOTO + 1)

/** 0 in a box and at a third of the other pixels, the same in all channels. */
const mask = ((): NdArray<'float32'> => {
  const chance = toNumbers(uniform(stream(SEED, 'mask'), [SIDE, SIDE]))
  const boxed = (i: number) => Math.abs(Math.floor(i / SIDE) - 13) < 6 && Math.abs((i % SIDE) - 19) < 6
  return ndarray(
    chance.map((u, i) => (boxed(i) || u < 1 / 3 ? 0 : 1)),
    [1, 1, SIDE, SIDE],
  )
})()

const noise = toNumbers(normal(stream(SEED, 'noise'), truth.shape))
const observed = (i: number): boolean => mask.data[i % (SIDE * SIDE)] === 1
const y = ndarray(
  toNumbers(truth).map((x, i) => (observed(i) ? x + NOISE * noise[i] : 0)),
  truth.shape,
)
const draws = await posteriorDraws(
  loadPrior(shippedPath('photos-prior.safetensors')),
  { y, operator: maskedBy(mask, truth.shape.slice(1)), noise: NOISE, range: [0, 1] },
  {
    method: mmps({ iterations: 3 }),
    draws: 64,
    steps: 32,
    seed: SEED,
    onProgress: (done, total) => done % 8 === 0 && console.error(`${done} of ${total}`),
  },
)

/** The nearest of 256 levels. */
const levels = ({ shape, data }: NdArray<'float32'>): NdArray<'uint8'> =>
  new NdArray(
    'uint8',
    shape,
    Uint8Array.from(data, (v) => Math.round(255 * Math.min(1, Math.max(0, v)))),
  )

const arrays = {
  draws: levels(draws),
  truth: levels(truth),
  y: levels(y),
  mask: ndarray(mask.data, mask.shape, 'bool'),
}
writeAtomic('web/public/examples/photo.npz', encodeNpz(arrays, { level: 9 }))
