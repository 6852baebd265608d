/** The flow that `tweedie distill` takes without a choice, for a mixture: one pass a draw. */
import { Matrix } from 'ml-matrix'
import type { FlowParams } from '../../src/flows/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { jit, type NdArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { flowOfVectors, SAMPLES, TRAINING } from '../../test/exact/parting.ts'
import type { MixtureProblem } from '../../test/exact/smc.ts'
import { trainedFlow } from '../../test/exact/trained-flow.ts'

/** Samples of the mixture [N, n]. */
const samplesOf = ({ means, variance }: MixtureProblem): NdArray<'float32'> => {
  const n = means.columns
  const which = toNumbers(uniform(stream(3, 'one pass mode'), [SAMPLES]))
  const z = toNumbers(normal(stream(3, 'one pass x'), [SAMPLES, n]))
  const rows = which.flatMap((u, i) =>
    means.getRow(Math.floor(u * means.rows)).map((c, j) => c + Math.sqrt(variance) * z[i * n + j]),
  )
  return ndarray(rows, [SAMPLES, n])
}

/** Draws [R, n] for rows of y [R, m], and how to be done with it. */
export interface OnePass {
  draw(y: Matrix, seed: number): Promise<Matrix>
  release(): Promise<void>
}

/** Trains the flow: minutes. */
export const onePassOf = async (problem: MixtureProblem): Promise<OnePass> => {
  const { A, noise } = problem
  const [m, n] = [A.rows, A.columns]
  const flow = flowOfVectors(n, m)
  const transposed = ndarray(A.transpose().to1DArray(), [n, m])
  const params = await trainedFlow(flow, samplesOf(problem), { transposed, noise }, TRAINING)
  const sample = jit((p: FlowParams<Tensor>, y: Tensor, z: Tensor) => flow.sample(p, y, z).x)
  return {
    draw: async (y, seed) => {
      const z = normal(stream(seed, 'one pass z'), [y.rows, n])
      const x = await sample(params, ndarray(y.to1DArray(), [y.rows, m]), z)
      return Matrix.from1DArray(y.rows, n, toNumbers(x))
    },
    release: () => sample.release(),
  }
}
