/**
 * Kernels of a camera that shakes: a random smooth walk, drawn as a line. The generator of the benchmarks of
 * DPS and MMPS (Borodenko, `motionblur`): on a canvas of twice the size with diagonal d, for an intensity I,
 *
 *     length ≤ ¾ d (U(0,1) + U(0,I²)),   steps ~ Beta(1,30) (1.1 − I) d,
 *     angles: |first| < a ~ U(0, πI), then Triangular(0, I a, a + 0.1),
 *     whose sign flips with probability Beta(2,20).
 *
 * The line is ⌊d/150⌋ wide (at least 1), blurred by a Gaussian of ⌊d/100⌋ and made half as large by Lanczos.
 * It is drawn with smooth edges here.
 */
import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { beta, stream, uniform } from '../../random/index.ts'
import { NdArray } from '../../tensor/index.ts'
import { type PlanePoint, segmentDistance } from './segment.ts'

/** Options of {@link motionKernels}. */
export interface MotionOptions {
  /** Side of a kernel, odd; 61 for images of 256×256 in the benchmark. */
  readonly size: number
  /** 0 (straight) to 1 (erratic), default 0.5. */
  readonly intensity?: number
  /** Seed of all kernels: kernel i depends on it and on i only. */
  readonly seed: number
  /** Number of the first kernel, default 0. */
  readonly first?: number
}

/** More steps than any walk takes: the longest is 1.5 d, a step 0.003 d at least on average. */
const STEPS = 2048

/** The random numbers of one kernel. */
const draws = (seed: number, observation: number) => {
  const of = (purpose: string) => stream(seed, `motion kernel ${purpose}`)
  const at = { observation }
  return {
    few: uniform(of('shape'), [8], at).data,
    jitter: beta(of('jitter'), 2, 20, [1], at).data[0],
    steps: beta(of('steps'), 1, 30, [STEPS], at).data,
    angles: uniform(of('angles'), [STEPS], at).data,
    flips: uniform(of('flips'), [STEPS], at).data,
  }
}

/** Inverse of the distribution function of Triangular(0, mode, high). */
const triangular = (u: number, mode: number, high: number): number =>
  u * high < mode ? Math.sqrt(u * high * mode) : high - Math.sqrt((1 - u) * high * (high - mode))

/** The walk, around the origin. @param d - diagonal of the canvas */
const walk = (d: number, intensity: number, seed: number, observation: number): PlanePoint[] => {
  const { few, jitter, steps, angles, flips } = draws(seed, observation)
  const longest = 0.75 * d * (few[0] + few[1] * intensity ** 2)
  const most = few[2] * intensity * Math.PI
  const turned = few[4] * Math.PI
  let angle = (2 * few[3] - 1) * most
  let [x, y, length] = [0, 0, 0]
  const path: PlanePoint[] = []
  for (let i = 0; i < STEPS && length < longest; i++) {
    const step = steps[i] * (1.1 - intensity) * d
    if (step >= longest) continue
    if (path.length > 0) {
      const sign = Math.sign(angle) * (flips[i] < jitter ? -1 : 1)
      angle = sign * triangular(angles[i], intensity * most, most + 0.1)
    }
    length += step
    x += step * Math.cos(angle + turned)
    y += step * Math.sin(angle + turned)
    path.push([x, y])
  }
  const mean = (axis: 0 | 1) => path.reduce((total, p) => total + p[axis], 0) / Math.max(1, path.length)
  const centre = [mean(0), mean(1)]
  return path.length === 0 ? [[0, 0]] : path.map(([a, b]) => [a - centre[0], b - centre[1]])
}

/** A polyline on a square canvas whose centre is the origin: 1 on the line, falling to 0 over one pixel. */
const drawn = (path: readonly PlanePoint[], side: number, width: number): Float64Array => {
  const canvas = new Float64Array(side * side)
  const c = (side - 1) / 2
  const reach = width / 2 + 0.5
  for (let s = 0; s < Math.max(1, path.length - 1); s++) {
    const [a, b] = [path[s], path[Math.min(s + 1, path.length - 1)]]
    const from = (axis: 0 | 1) => Math.max(0, Math.floor(Math.min(a[axis], b[axis]) + c - reach))
    const to = (axis: 0 | 1) => Math.min(side - 1, Math.ceil(Math.max(a[axis], b[axis]) + c + reach))
    for (let row = from(1); row <= to(1); row++) {
      for (let column = from(0); column <= to(0); column++) {
        const cover = Math.min(1, Math.max(0, reach - segmentDistance([column - c, row - c], a, b)))
        canvas[row * side + column] = Math.max(canvas[row * side + column], cover)
      }
    }
  }
  return canvas
}

/** Rows and columns through a matrix of taps: out = T in Tᵀ. */
const resampled = (image: Float64Array, n: number, taps: readonly (readonly number[])[]): Float64Array => {
  const m = taps.length
  const half = new Float64Array(m * n)
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) half[i * n + k] += taps[i][j] * image[j * n + k]
  const out = new Float64Array(m * m)
  for (let i = 0; i < m; i++)
    for (let l = 0; l < m; l++) for (let k = 0; k < n; k++) out[i * m + l] += half[i * n + k] * taps[l][k]
  return out
}

const sinc = (t: number): number => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t))
const lanczos = (t: number): number => (Math.abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0)
const gaussian = (sigma: number) => (t: number) => Math.exp(-(t * t) / (2 * sigma * sigma))

/**
 * Taps [m, n] of a filter around the centre of each of m pixels over n; `stretch` pixels
 * are one unit of the filter.
 */
const tapsOf = (m: number, n: number, filter: (t: number) => number, stretch: number): number[][] =>
  Array.from({ length: m }, (_, i) => {
    const centre = ((i + 0.5) * n) / m - 0.5
    const taps = Array.from({ length: n }, (_, j) => filter((j - centre) / stretch))
    const total = taps.reduce((a, b) => a + b, 0)
    return taps.map((tap) => tap / total)
  })

const kernelOf = (size: number, intensity: number, seed: number, observation: number): Float64Array => {
  const side = 2 * size
  const d = Math.SQRT2 * side
  const line = drawn(walk(d, intensity, seed, observation), side, Math.max(1, Math.floor(d / 150)))
  const radius = Math.floor(0.01 * d)
  const soft = radius > 0 ? resampled(line, side, tapsOf(side, side, gaussian(radius), 1)) : line
  const small = resampled(soft, side, tapsOf(size, side, lanczos, 2)).map((v) => Math.max(0, v))
  const total = small.reduce((a, b) => a + b, 0)
  return small.map((v) => v / total)
}

/**
 * Motion kernels [count, 1, size, size], each ≥ 0 with sum 1; kernel i depends on the seed and i only.
 *
 * @throws TweedieError `input` for an even size or an intensity outside [0, 1]
 *
 * @example
 * ```ts
 * const A = blur(constant(motionKernels(8, { size: 61, seed: 0 })), [3, 256, 256])
 * ```
 */
export const motionKernels = (
  count: number,
  { size, intensity = 0.5, seed, first = 0 }: MotionOptions,
): NdArray<'float32'> => {
  requireInteger(size, 3, 'motion kernel: size')
  if (size % 2 === 0) throw new TweedieError('input', `motion kernel: size must be odd, got ${size}`)
  if (!(intensity >= 0 && intensity <= 1))
    throw new TweedieError('input', `motion kernel: intensity must be in [0, 1], got ${intensity}`)
  const data = new Float32Array(count * size * size)
  for (let i = 0; i < count; i++) data.set(kernelOf(size, intensity, seed, first + i), i * size * size)
  return new NdArray('float32', [count, 1, size, size], data)
}
