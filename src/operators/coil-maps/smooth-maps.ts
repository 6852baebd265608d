/**
 * Maps of coils made smooth: polynomials fitted to images of the coils,
 *
 *     min_a Σ_p |I_c(p) − ρ(p) Σ_j a_cj b_j(p)|²,    ρ² = Σ_c |I_c|²,
 *
 * with Legendre polynomials b_j of a total degree (maps are polynomials in JSENSE too, Ying & Sheng 2007),
 * then normalised to Σ|s|² = 1.
 * Bright pixels say most, dark ones nothing: there the polynomials go on.
 */
import { denseCholesky } from '../../linalg/index.ts'
import { NdArray } from '../../tensor/index.ts'

/** Total degree of the polynomials. */
const DEGREE = 8

/** Ridge as a share of the mean diagonal of the normal equations, which dark images leave singular. */
const RIDGE = 1e-4

/** Legendre polynomials of degree 0 … DEGREE at the middles of n pixels of [−1, 1], each [n]. */
const legendre = (n: number): Float64Array[] => {
  const u = Float64Array.from({ length: n }, (_, i) => (2 * i + 1) / n - 1)
  const all = [new Float64Array(n).fill(1), u]
  for (let k = 1; k < DEGREE; k++)
    all.push(u.map((v, i) => ((2 * k + 1) * v * all[k][i] - k * all[k - 1][i]) / (k + 1)))
  return all
}

/** Products of both axes up to the total degree, each [h w]. */
const basisOf = (h: number, w: number): Float64Array[] => {
  const [rows, columns] = [legendre(h), legendre(w)]
  return rows.flatMap((p, i) =>
    columns
      .slice(0, DEGREE + 1 - i)
      .map((q) => Float64Array.from({ length: h * w }, (_, at) => p[Math.floor(at / w)] * q[at % w])),
  )
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

/** The maps of one observation, from the images of its coils: planes [2K, h w], real parts first. */
const fitted = (planes: readonly Float32Array[], basis: readonly Float64Array[]): Float32Array[] => {
  const size = planes[0].length
  const power = Float64Array.from({ length: size }, (_, p) =>
    planes.reduce((sum, plane) => sum + plane[p] * plane[p], 0),
  )
  const weighted = basis.map((b) => b.map((v, p) => v * power[p]))
  const n = basis.length
  const G = Float64Array.from({ length: n * n }, (_, k) => dot(weighted[Math.floor(k / n)], basis[k % n]))
  const mean = Array.from({ length: n }, (_, i) => G[i * n + i]).reduce((a, b) => a + b, 0) / n
  for (let i = 0; i < n; i++) G[i * n + i] += RIDGE * mean + Number.MIN_VALUE
  const { solve } = denseCholesky(G, n, { semidefinite: true })
  const maps = planes.map((plane) => {
    const rho = plane.map((v, p) => v * Math.sqrt(power[p]))
    const a = solve(basis.map((b) => dot(b, rho)))
    const map = new Float64Array(size)
    basis.forEach((b, j) => {
      for (let p = 0; p < size; p++) map[p] += a[j] * b[p]
    })
    return map
  })
  const norm = Float64Array.from({ length: size }, (_, p) =>
    Math.sqrt(maps.reduce((sum, map) => sum + map[p] * map[p], 0)),
  )
  return maps.map((map) => Float32Array.from(map, (v, p) => (norm[p] > 0 ? v / norm[p] : 0)))
}

/**
 * @param images - of the coils, [N, 2K, H, W], real parts first, blurred
 * @returns maps of the same shape, Σ|s|² = 1
 */
export const smoothMaps = (images: NdArray<'float32'>): NdArray<'float32'> => {
  const [count, channels, h, w] = images.shape
  const [basis, size] = [basisOf(h, w), h * w]
  const out = new Float32Array(images.size)
  for (let n = 0; n < count; n++) {
    const planes = Array.from({ length: channels }, (_, c) =>
      images.data.subarray((n * channels + c) * size, (n * channels + c + 1) * size),
    )
    fitted(planes, basis).forEach((map, c) => {
      out.set(map, (n * channels + c) * size)
    })
  }
  return new NdArray('float32', images.shape, out)
}
