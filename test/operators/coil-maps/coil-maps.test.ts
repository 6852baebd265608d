/** Coil maps from the centre of k-space, beside maps that are known. */
import { describe, expect, it } from 'vitest'
import { coilSensitivities, lowFrequencyMaps, multiCoilFourier } from '../../../src/operators/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { constant, float32, jit, NdArray, type Tensor, zeros } from '../../../src/tensor/index.ts'

const [K, H, W] = [6, 48, 40]

/** Two ellipses and a bar, positive inside, 0 outside. */
const image = (() => {
  const x = zeros([1, 1, H, W])
  for (let i = 0; i < H; i++)
    for (let j = 0; j < W; j++) {
      const [v, u] = [(2 * i + 1) / H - 1, (2 * j + 1) / W - 1]
      const inside = (u / 0.75) ** 2 + (v / 0.85) ** 2 < 1
      const dark = ((u - 0.2) / 0.25) ** 2 + ((v + 0.2) / 0.3) ** 2 < 1
      x.data[i * W + j] = inside ? (dark ? 0.4 : 0.9) + (Math.abs(v - 0.5) < 0.05 ? 0.1 : 0) : 0
    }
  return x
})()

const maps = coilSensitivities(K, { height: H, width: W })

/** k-space of the image, with noise of this level in each part where it was sampled. */
const kspace = async (mask: NdArray<'float32'>, noise: number, truth = maps) => {
  const A = multiCoilFourier(constant(mask), constant(truth), [1, H, W])
  const program = jit((x: Tensor) => A.apply(x))
  const y = float32(await program(image))
  await program.release()
  const z = normal(stream(1, 'noise'), y.shape).data
  const columns = mask.shape[3]
  return new NdArray(
    'float32',
    y.shape,
    y.data.map((v, i) => v + noise * z[i] * mask.data[i % columns]),
  )
}

/** Root mean square of |ŝ − s| over coils and the pixels where there is signal; the phase is not free. */
const errorOf = (found: NdArray<'float32'>, truth = maps): number => {
  let [total, count] = [0, 0]
  for (let p = 0; p < H * W; p++) {
    if (image.data[p] === 0) continue
    count++
    for (let c = 0; c < 2 * K; c++) total += (found.data[c * H * W + p] - truth.data[c * H * W + p]) ** 2
  }
  return Math.sqrt(total / count)
}

/** `lines` columns in the middle, and every fourth one. */
const columns = (lines: number): NdArray<'float32'> =>
  new NdArray(
    'float32',
    [1, 1, 1, W],
    Float32Array.from({ length: W }, (_, j) =>
      Math.abs(j - W / 2) <= (lines - 1) / 2 || j % 4 === 0 ? 1 : 0,
    ),
  )

describe('lowFrequencyMaps', () => {
  it.each([
    [39, 0, 0.005],
    [15, 0, 0.012],
    [9, 0, 0.031],
    [9, 0.02, 0.034],
  ])('of %s central columns and noise %s has an error below %s', async (lines, noise, bound) => {
    const mask = columns(lines)
    const found = await lowFrequencyMaps(await kspace(mask, noise), mask)
    expect(errorOf(found)).toBeLessThan(bound)
  })

  it('keeps the phase of the image in the maps', async () => {
    const turned = zeros(maps.shape)
    const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)]
    for (let i = 0; i < K * H * W; i++) {
      const [re, im] = [maps.data[i], maps.data[K * H * W + i]]
      turned.data[i] = cos * re - sin * im
      turned.data[K * H * W + i] = sin * re + cos * im
    }
    const mask = columns(15)
    const found = await lowFrequencyMaps(await kspace(mask, 0, turned), mask)
    expect(errorOf(found, turned)).toBeLessThan(0.02)
    expect(errorOf(found)).toBeGreaterThan(0.5)
  })

  it('takes the centre of each observation, and of masks in two dimensions', async () => {
    const plane = zeros([1, 1, H, W])
    for (let i = 0; i < H; i++)
      for (let j = 0; j < W; j++)
        plane.data[i * W + j] = Math.abs(i - H / 2) <= 6 && Math.abs(j - W / 2) <= 6 ? 1 : 0
    const full = new NdArray('float32', [1, 1, H, W], new Float32Array(H * W).fill(1))
    const y = await kspace(full, 0)
    const masks = new NdArray('float32', [2, 1, H, W], Float32Array.of(...plane.data, ...full.data))
    const both = new NdArray('float32', [2, 2 * K, H, W], Float32Array.of(...y.data, ...y.data))
    const { data } = await lowFrequencyMaps(both, masks)
    const half = data.length / 2
    const errors = [0, half].map((from) =>
      errorOf(new NdArray('float32', maps.shape, data.slice(from, from + half))),
    )
    expect(errors[0]).toBeLessThan(0.05)
    expect(errors[1]).toBeLessThan(0.01)
  })

  it('refuses a centre that is too small, and one coil', async () => {
    const mask = columns(3)
    await expect(lowFrequencyMaps(await kspace(mask, 0), mask)).rejects.toThrow(
      /^the fully sampled centre of k-space 0 has 33 × 3 frequencies, too few to estimate coil maps from/,
    )
    await expect(lowFrequencyMaps(zeros([1, 2, H, W]), mask)).rejects.toThrow(/^y is of one coil/)
  })
})
