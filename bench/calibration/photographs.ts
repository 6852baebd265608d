/**
 * The empirical prior of 256 photographs, whose posteriors are weights on them for any operator: exact truth
 * at the scale of images. Noise is large enough that several photographs explain an observation.
 */
import { loadPhotos } from '../../src/datasets/index.ts'
import { empiricalDenoiser, exponentialSchedule, type Prior } from '../../src/diffusion/index.ts'
import { type ObservationSet, observe, residualProgram } from '../../src/observations/index.ts'
import { exact, posteriorDraws } from '../../src/posterior/index.ts'
import { stream, uniform } from '../../src/random/index.ts'
import { itemAt, NdArray, rowsAt, sizeOf, toNumbers, zeros } from '../../src/tensor/index.ts'
import { contendersFor } from './contenders.ts'
import { failure, type Reading } from './reading.ts'

const [COUNT, TRUTHS, DRAWS] = [256, 12, 32] as const

/** Operators with the noise at which some five photographs of 256 are likely. */
const tasks = {
  deletion: { operator: { name: 'mask', settings: { keep: 0.02 } }, noise: 0.2 },
  blur: { operator: { name: 'blur', settings: { sigma: 3 } }, noise: 1.5 },
  '×2': { operator: { name: 'pool', settings: { factor: 2 } }, noise: 1.5 },
  fourier: { operator: { name: 'fourier', settings: { acceleration: 8 } }, noise: 1.5 },
} as const

/** Grey photographs [256, 1, 32, 32] in [0, 1]. */
const photographs = (): NdArray<'float32'> => {
  const colour = loadPhotos('train')
  const [, channels, h, w] = colour.shape
  const grey = zeros([COUNT, 1, h, w])
  const size = h * w
  for (let i = 0; i < COUNT; i++)
    for (let c = 0; c < channels; c++)
      for (let j = 0; j < size; j++)
        grey.data[i * size + j] += colour.data[(i * channels + c) * size + j] / channels
  return grey
}

/** p(photograph | y) [N][256], from the residuals of every photograph. */
const weightsOf = async (set: ObservationSet, images: NdArray<'float32'>): Promise<number[][]> => {
  const program = residualProgram(set)
  const energies = Array.from({ length: TRUTHS }, () => new Array<number>(COUNT).fill(0))
  for (let i = 0; i < COUNT; i++) {
    const one = itemAt(images, i)
    const data = new Float32Array(TRUTHS * one.size)
    for (let t = 0; t < TRUTHS; t++) data.set(one.data, t * one.size)
    const r = await program.of(new NdArray('float32', [TRUTHS, ...one.shape], data))
    const size = r.size / TRUTHS
    for (let j = 0; j < r.size; j++) energies[Math.floor(j / size)][i] -= r.data[j] ** 2 / 2
  }
  await program.release()
  return energies.map((own) => {
    const top = Math.max(...own)
    const raw = own.map((e) => Math.exp(e - top))
    const total = raw.reduce((a, b) => a + b)
    return raw.map((v) => v / total)
  })
}

/** Half the sum of |share − weight|, averaged over observations. */
const totalVariation = (
  shares: readonly (readonly number[])[],
  weights: readonly (readonly number[])[],
): number =>
  weights.reduce(
    (sum, own, t) => sum + own.reduce((s, w, i) => s + Math.abs(w - shares[t][i]), 0) / (2 * weights.length),
    0,
  )

/** Shares of the draws [K, N, ...] that are nearest to each photograph. */
const nearest = (draws: NdArray<'float32'>, images: NdArray<'float32'>): number[][] => {
  const [k, n, ...event] = draws.shape
  const size = sizeOf(event)
  const shares = Array.from({ length: n }, () => new Array<number>(COUNT).fill(0))
  for (let r = 0; r < k * n; r++) {
    let [best, which] = [Infinity, 0]
    for (let i = 0; i < COUNT; i++) {
      let square = 0
      for (let j = 0; j < size && square < best; j++)
        square += (draws.data[r * size + j] - images.data[i * size + j]) ** 2
      if (square < best) [best, which] = [square, i]
    }
    shares[r % n][which] += 1 / k
  }
  return shares
}

/** Shares of as many exact draws: what chance alone makes of the distance. */
const exactShares = (weights: readonly (readonly number[])[]): number[][] =>
  weights.map((own, t) => {
    const shares = new Array<number>(COUNT).fill(0)
    for (const u of toNumbers(uniform(stream(t, 'exact photograph'), [DRAWS]))) {
      let [left, i] = [u, 0]
      while (i + 1 < COUNT && left >= own[i]) left -= own[i++]
      shares[i] += 1 / DRAWS
    }
    return shares
  })

/** Every task, every contender. */
export const onPhotographs = async (
  evaluations: number,
  onReading: (reading: Reading) => void,
): Promise<void> => {
  const images = photographs()
  const points = new NdArray(
    'float32',
    images.shape,
    images.data.map((v) => 4 * v - 2),
  )
  const truth = rowsAt(
    images,
    Array.from({ length: TRUTHS }, (_, i) => 21 * i),
  )
  const prior: Prior = {
    denoiser: empiricalDenoiser({ points }),
    event: images.shape.slice(1),
    mean: zeros(images.shape.slice(1)),
    schedule: exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 100 }),
    range: [0, 1],
  }
  for (const [name, { operator, noise }] of Object.entries(tasks)) {
    const set = await observe(truth, { operator, noise, seed: 3 })
    const weights = await weightsOf(set, images)
    const floor = totalVariation(exactShares(weights), weights)
    for (const contender of contendersFor(exact({ points }), evaluations)) {
      const base = { problem: name, method: contender.name, evaluations: contender.evaluations, floor }
      try {
        const from = performance.now()
        const draws = await posteriorDraws(prior, set, {
          ...contender.options,
          ...{ method: contender.method, draws: DRAWS, batch: 96, seed: 1 },
        })
        const milliseconds = (performance.now() - from) / (DRAWS * TRUTHS)
        onReading({ ...base, milliseconds, distance: totalVariation(nearest(draws, images), weights) })
      } catch (error) {
        onReading(failure(base, error))
      }
    }
  }
}
