/**
 * Resident memory while an MLP trains: `npx tsx bench/step-memory.ts [steps]`.
 *
 * Each step feeds the parameters and gets new ones back, so 17 arrays of ONNX Runtime's memory come into
 * JavaScript a step; they must go again as fast. Prints RSS by step and the growth from step 500 to the last.
 */
import {
  add,
  jit,
  matmul,
  mean,
  mul,
  type NdArray,
  ndarray,
  silu,
  square,
  sub,
  type Tensor,
  valueAndGrad,
  zeros,
} from '../src/tensor/index.ts'

const WIDTHS = [5, 256, 256, 256, 5]
const BATCH = 64

interface Layer<T> {
  readonly w: T
  readonly b: T
}

const network = (layers: readonly Layer<Tensor>[], x: Tensor): Tensor =>
  layers.reduce((h, { w, b }, i) => {
    const y = add(matmul(h, w), b)
    return i === layers.length - 1 ? y : silu(y)
  }, x)

/** One step of gradient descent with momentum: parameters and velocities go in and come out. */
const memoryStep = () =>
  jit((layers: readonly Layer<Tensor>[], velocity: readonly Layer<Tensor>[], x: Tensor, y: Tensor) => {
    const loss = (p: readonly Layer<Tensor>[]) => mean(square(sub(network(p, x), y)))
    const [value, gradient] = valueAndGrad(loss)(layers)
    const next = (key: 'w' | 'b', i: number) => add(mul(velocity[i][key], 0.9), gradient[i][key])
    const velocities = layers.map((_, i) => ({ w: next('w', i), b: next('b', i) }))
    const moved = layers.map(({ w, b }, i) => ({
      w: sub(w, mul(velocities[i].w, 1e-3)),
      b: sub(b, mul(velocities[i].b, 1e-3)),
    }))
    return { value, layers: moved, velocities }
  })

const wave = (shape: readonly number[], seed: number): NdArray => {
  const size = shape.reduce((n, d) => n * d, 1)
  return ndarray(
    Array.from({ length: size }, (_, i) => Math.sin(seed + 12.9898 * i) / Math.sqrt(shape[0])),
    shape,
  )
}

const rss = (): number => process.memoryUsage().rss / 2 ** 20

/** RSS in MiB at some steps of a training run. */
const memoryCurve = async (steps: number, at: readonly number[]): Promise<Map<number, number>> => {
  const step = memoryStep()
  let layers = WIDTHS.slice(1).map((n, i) => ({ w: wave([WIDTHS[i], n], i), b: wave([n], i) }))
  let velocity = layers.map(({ w, b }) => ({ w: zeros(w.shape), b: zeros(b.shape) })) as typeof layers
  const curve = new Map<number, number>()
  for (let i = 1; i <= steps; i++) {
    const out = await step(layers, velocity, wave([BATCH, 5], i), wave([BATCH, 5], -i))
    layers = [...out.layers]
    velocity = [...out.velocities]
    if (at.includes(i)) curve.set(i, rss())
  }
  await step.release()
  return curve
}

const steps = Number(process.argv[2] ?? 10_500)
const thousands = Array.from({ length: Math.floor(steps / 1000) }, (_, i) => 1000 * (i + 1))
const start = performance.now()
const curve = await memoryCurve(steps, [1, 100, 500, ...thousands, steps])
for (const [i, mib] of curve) console.log(`step ${String(i).padStart(6)}  ${mib.toFixed(0)} MiB`)
const growth = (curve.get(steps) ?? 0) - (curve.get(500) ?? 0)
const seconds = (performance.now() - start) / 1000
console.log(`growth from step 500 to ${steps}: ${growth.toFixed(1)} MiB, ${seconds.toFixed(0)} s`)
