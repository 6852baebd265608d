/** Lévy signals with Gaussian increments, every entry seen with noise: the posterior is a Gaussian. */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { coverage, energyScore } from '../../src/diagnose/index.ts'
import { exponentialSchedule, gaussianDenoiser } from '../../src/diffusion/index.ts'
import { identity, isotropicNoise } from '../../src/operators/index.ts'
import { compileMethod } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { average, type NdArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { LENGTH, NOISE, regionShare, walkPosterior, walkPrior, walks } from '../../test/exact/levy.ts'
import { contendersFor } from './contenders.ts'
import { failure, type Reading } from './reading.ts'

const [SIGNALS, DRAWS] = [200, 39] as const

/** Exact draws [K, N, 64]. */
const exactDraws = (y: readonly number[]): NdArray<'float32'> => {
  const { G, C } = walkPosterior()
  const half = new CholeskyDecomposition(C).lowerTriangularMatrix
  const mean = Matrix.from1DArray(SIGNALS, LENGTH, [...y]).mmul(G.transpose())
  const draws = Array.from({ length: DRAWS }, (_, k) => {
    const z = toNumbers(normal(stream(7, 'exact walks'), [SIGNALS, LENGTH], { draw: k }))
    return Matrix.add(mean, Matrix.from1DArray(SIGNALS, LENGTH, z).mmul(half.transpose())).to1DArray()
  })
  return ndarray(draws.flat(), [DRAWS, SIGNALS, LENGTH])
}

/** RMS error of the mean of the draws, in posterior standard deviations. */
const meanError = (draws: NdArray, y: readonly number[]): number => {
  const { G, C } = walkPosterior()
  const mean = Matrix.from1DArray(SIGNALS, LENGTH, [...y])
    .mmul(G.transpose())
    .to1DArray()
  const [values, size] = [toNumbers(draws), SIGNALS * LENGTH]
  let sum = 0
  for (let i = 0; i < size; i++) {
    let own = 0
    for (let k = 0; k < DRAWS; k++) own += values[k * size + i] / DRAWS
    sum += (own - mean[i]) ** 2 / C.get(i % LENGTH, i % LENGTH)
  }
  return Math.sqrt(sum / size)
}

/** Every contender. */
export const onWalks = async (evaluations: number, onReading: (reading: Reading) => void): Promise<void> => {
  const { x, y } = walks(SIGNALS)
  const truth = ndarray(x, [SIGNALS, LENGTH])
  const right = exactDraws(y)
  const best = average(energyScore(right, truth))
  const floor = meanError(right, y)
  const prior = gaussianDenoiser(walkPrior())
  const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 100 })
  for (const { name, method, options, evaluations: spent } of contendersFor(walkPrior(), evaluations)) {
    const base = { problem: 'Levy, Gaussian steps', method: name, evaluations: spent, floor }
    try {
      const observationOf = (o: { y: Tensor }) => ({
        y: o.y,
        A: identity([LENGTH]),
        noise: isotropicNoise(NOISE),
      })
      const draw = compileMethod(method, prior, observationOf, { schedule, ...options })
      const from = performance.now()
      const drawn: number[][] = []
      for (let k = 0; k < DRAWS; k++) {
        const request = { shape: [SIGNALS, LENGTH], seed: 1, draw: k }
        drawn.push(toNumbers(await draw({ y: ndarray([...y], [SIGNALS, LENGTH]) }, request)))
      }
      const milliseconds = (performance.now() - from) / (DRAWS * SIGNALS)
      await draw.release()
      const draws = ndarray(drawn.flat(), [DRAWS, SIGNALS, LENGTH])
      const [half, most] = coverage(draws, truth).map((c) => c.observed)
      onReading({
        ...base,
        ...{ half, most, milliseconds },
        distance: meanError(draws, y),
        region: regionShare(drawn, x, y),
        score: average(energyScore(draws, truth)) / best - 1,
      })
    } catch (error) {
      onReading(failure(base, error))
    }
  }
}
