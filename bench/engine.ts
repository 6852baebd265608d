/** `npm run bench -- engine`: matrix products, convolutions and the frozen U-Net, against PyTorch. */
import { normal, stream } from '../src/random/index.ts'
import { conv2d, jit, matmul, type NdArray, type Tensor } from '../src/tensor/index.ts'
import { flopsOf } from './flops.ts'
import { unetForward } from './networks.ts'
import { type Case, race } from './race.ts'

const key = stream(0, 'bench')

const pair = (
  about: Pick<Case, 'name' | 'what' | 'calls'>,
  fn: (a: Tensor, b: Tensor) => Tensor,
  a: NdArray,
  b: NdArray,
) => {
  return async (threads: number): Promise<Case> => {
    const program = jit(fn, { threads })
    return { ...about, flops: flopsOf(fn, [a, b]), call: () => program(a, b), release: program.release }
  }
}

const product = (n: number) =>
  pair(
    { name: `matmul-${n}`, what: `matrix product ${n}³`, calls: 20 },
    matmul,
    normal(key, [n, n]),
    normal(key, [n, n]),
  )

/** @returns the exit code */
export const run = (args: readonly string[]): Promise<number> =>
  race(args, [
    product(256),
    product(512),
    product(1024),
    pair(
      { name: 'conv', what: '3×3 convolution, 64 → 64, 32², batch 16', calls: 20 },
      (x, w) => conv2d(x, w, { padding: 1 }),
      normal(key, [16, 64, 32, 32]),
      normal(key, [64, 64, 3, 3]),
    ),
    unetForward,
  ])
