/** Products, convolutions and what networks are made of; ops that change how gradients flow. */
import * as t from '../../../../src/tensor/index.ts'
import { at, broadcastGrid, dot, type Grid, grid, pointwise, reduced, total } from '../../grid.ts'
import { average, entry, f32, type OpCase, range } from './case.ts'

/** Σₖ a[…, i, k] b[…, k, j] with the batch axes of a and b broadcast by hand to `batch`. */
const matrixProduct = (
  a: Grid,
  b: Grid,
  batch: readonly number[],
  transA: boolean,
  transB: boolean,
): Grid => {
  const [A, B] = [a, b].map((g) => broadcastGrid(g, [...batch, ...g.shape.slice(-2)]))
  return grid([...batch, 3, 2], (index) => {
    const [outer, [i, j]] = [index.slice(0, -2), index.slice(-2)]
    const row = [0, 1, 2, 3].map((k) => at(A, [...outer, ...(transA ? [k, i] : [i, k])]))
    const column = [0, 1, 2, 3].map((k) => at(B, [...outer, ...(transB ? [j, k] : [k, j])]))
    return dot(row, column)
  })
}

const batches = [
  { a: [], b: [], batch: [] },
  { a: [2], b: [2], batch: [2] },
  { a: [2, 1], b: [3], batch: [2, 3] },
  { a: [], b: [2], batch: [2] },
]
const sides = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
]
const matrices: OpCase[] = sides.flatMap(([transA, transB]) =>
  batches.map(({ a, b, batch }) =>
    entry(
      'matmul',
      `batches [${a}] and [${b}]${transA ? ', aᵀ' : ''}${transB ? ', bᵀ' : ''}`,
      [range([...a, ...(transA ? [4, 3] : [3, 4])]), range([...b, ...(transB ? [2, 4] : [4, 2])])],
      (x, y) => t.matmul(x, y, { transA, transB }),
      (x, y) => matrixProduct(x, y, batch, transA, transB),
    ),
  ),
)

const crossCorrelation = (
  x: Grid,
  w: Grid,
  stride: number | t.Pair,
  padding: number | t.Pair,
  bias?: Grid,
): Grid => {
  const [[sh, sw], [ph, pw]] = [stride, padding].map((n) => (typeof n === 'number' ? [n, n] : n))
  const [b, c, h, wd] = x.shape
  const [o, , kh, kw] = w.shape
  const size = (n: number, k: number, s: number, p: number) => Math.floor((n + 2 * p - k) / s) + 1
  return grid([b, o, size(h, kh, sh, ph), size(wd, kw, sw, pw)], ([n, m, i, j]) => {
    const window = grid(
      [c, kh, kw],
      ([ci, p, q]) => at(w, [m, ci, p, q]) * at(x, [n, ci, i * sh + p - ph, j * sw + q - pw]),
    )
    return total(window.data) + (bias ? at(bias, [m]) : 0)
  })
}

interface Convolution {
  readonly image: readonly number[]
  readonly kernel: readonly number[]
  readonly stride: number | t.Pair
  readonly padding: number | t.Pair
}
const geometries: Convolution[] = [
  { image: [5, 4], kernel: [3, 3], stride: 1, padding: 1 },
  { image: [5, 6], kernel: [3, 3], stride: 2, padding: 1 },
  { image: [6, 5], kernel: [3, 3], stride: 2, padding: 0 },
  { image: [4, 5], kernel: [2, 3], stride: 1, padding: 0 },
  { image: [4, 5], kernel: [3, 2], stride: 3, padding: 2 },
  { image: [3, 3], kernel: [1, 1], stride: 1, padding: 0 },
  { image: [3, 4], kernel: [1, 1], stride: 2, padding: 1 },
  { image: [3, 2], kernel: [2, 2], stride: 1, padding: 3 },
  { image: [1, 7], kernel: [1, 3], stride: [1, 2], padding: [0, 1] },
  { image: [1, 5], kernel: [1, 3], stride: 1, padding: [0, 1] },
  { image: [5, 6], kernel: [3, 2], stride: [3, 1], padding: [1, 0] },
]
const convolutions: OpCase[] = geometries.map(({ image, kernel, stride, padding }) =>
  entry(
    'conv2d',
    `${image.join('×')} by ${kernel.join('×')}, stride ${stride}, padding ${padding}`,
    [range([2, 2, ...image]), range([3, 2, ...kernel]), range([3])],
    (x, w, bias) => t.conv2d(x, w, { stride, padding, bias }),
    (x, w, bias) => crossCorrelation(x, w, stride, padding, bias),
    f32,
  ),
)

/** What each entry of g spreads: w at every place of its window, where the image is. */
const spread = (g: Grid, w: Grid, stride: number, padding: number, size: t.Pair): Grid => {
  const [b, o, h, wd] = g.shape
  const [, c, kh, kw] = w.shape
  return grid([b, c, ...size], ([n, ci, y, x]) => {
    let sum = 0
    for (let m = 0; m < o; m++)
      for (let i = 0; i < h; i++)
        for (let j = 0; j < wd; j++) {
          const [p, q] = [y + padding - i * stride, x + padding - j * stride]
          const inside = p >= 0 && p < kh && q >= 0 && q < kw
          if (inside) sum += at(g, [n, m, i, j]) * at(w, [m, ci, p, q])
        }
    return sum
  })
}

const transposed: OpCase[] = [
  { image: [3, 2], kernel: [4, 4], stride: 2, padding: 1, size: [6, 4] as const },
  { image: [3, 2], kernel: [3, 3], stride: 2, padding: 1, size: [6, 3] as const },
  { image: [4, 3], kernel: [3, 2], stride: 1, padding: 0, size: [6, 4] as const },
].map(({ image, kernel, stride, padding, size }) =>
  entry(
    'convTranspose2d',
    `${image.join('×')} by ${kernel.join('×')}, stride ${stride}, padding ${padding}`,
    [range([2, 3, ...image]), range([3, 2, ...kernel])],
    (g, w) => t.convTranspose2d(g, w, { stride, padding, size }),
    (g, w) => spread(g, w, stride, padding, size),
    f32,
  ),
)

const attend =
  (heads: number) =>
  (q: Grid, k: Grid, v: Grid): Grid => {
    const [batch, length, channels] = q.shape
    const width = channels / heads
    return grid([batch, length, channels], ([b, l, c]) => {
      const first = Math.floor(c / width) * width
      const part = (g: Grid, row: number) =>
        Array.from({ length: width }, (_, i) => at(g, [b, row, first + i]))
      const weights = Array.from({ length: k.shape[1] }, (_, m) =>
        Math.exp(dot(part(q, l), part(k, m)) / Math.sqrt(width)),
      )
      return (
        dot(
          weights,
          weights.map((_, m) => at(v, [b, m, c])),
        ) / total(weights)
      )
    })
  }

const standardised = (x: Grid, axis: number, eps: number): Grid => {
  const mean = reduced(x, [axis], average)
  const variance = reduced(pointwise((a, m) => (a - m) ** 2)(x, mean), [axis], average)
  return pointwise((a, m, v) => (a - m) / Math.sqrt(v + eps))(x, mean, variance)
}

const networks: OpCase[] = [
  entry(
    'upsample',
    'by 2',
    [range([2, 2, 2, 3])],
    (x) => t.upsample(x, 2),
    (x) => grid([2, 2, 4, 6], ([b, c, i, j]) => at(x, [b, c, i >> 1, j >> 1])),
  ),
  entry(
    'upsample',
    'by 3',
    [range([1, 1, 1, 2])],
    (x) => t.upsample(x, 3),
    (x) => grid([1, 1, 3, 6], ([b, c, , j]) => at(x, [b, c, 0, Math.floor(j / 3)])),
  ),
  entry(
    'upsample',
    'by 1 along H and 2 along W',
    [range([2, 2, 2, 3])],
    (x) => t.upsample(x, [1, 2]),
    (x) => grid([2, 2, 2, 6], ([b, c, i, j]) => at(x, [b, c, i, j >> 1])),
  ),
  entry(
    'sumPool',
    'by 3 along H and 1 along W',
    [range([1, 2, 6, 2])],
    (x) => t.sumPool(x, [3, 1]),
    (x) =>
      grid([1, 2, 2, 2], ([b, c, i, j]) =>
        total(Array.from({ length: 3 }, (_, p) => at(x, [b, c, 3 * i + p, j]))),
      ),
  ),
  entry(
    'halo',
    'of a circle',
    [range([2, 3, 4])],
    (x) => t.halo(x, 1, 'wrap'),
    (x) => grid([2, 5, 4], ([b, i, j]) => at(x, [b, (i + 2) % 3, j])),
  ),
  entry(
    'halo',
    'of a circle of two cells',
    [range([2, 2])],
    (x) => t.halo(x, -1, 'wrap'),
    (x) => grid([2, 4], ([b, i]) => at(x, [b, (i + 1) % 2])),
  ),
  entry(
    'halo',
    'of one cell',
    [range([2, 1, 3])],
    (x) => t.halo(x, 1, 'edge'),
    (x) => grid([2, 3, 3], ([b, , j]) => at(x, [b, 0, j])),
  ),
  entry(
    'halo',
    'of a segment',
    [range([2, 3, 4])],
    (x) => t.halo(x, -1, 'edge'),
    (x) => grid([2, 3, 6], ([b, i, j]) => at(x, [b, i, Math.min(Math.max(j - 1, 0), 3)])),
  ),
  entry(
    'sumPool',
    'by 2',
    [range([1, 2, 4, 6])],
    (x) => t.sumPool(x, 2),
    (x) =>
      grid([1, 2, 2, 3], ([b, c, i, j]) =>
        total(grid([2, 2], ([p, q]) => at(x, [b, c, 2 * i + p, 2 * j + q])).data as number[]),
      ),
  ),
  entry(
    'avgPool',
    'by 3',
    [range([1, 2, 3, 6])],
    (x) => t.avgPool(x, 3),
    (x) =>
      grid([1, 2, 1, 2], ([b, c, i, j]) =>
        average([...grid([3, 3], ([p, q]) => at(x, [b, c, 3 * i + p, 3 * j + q])).data]),
      ),
  ),
  entry(
    'pixelUnshuffle',
    'by 2',
    [range([2, 2, 4, 6])],
    (x) => t.pixelUnshuffle(x, 2),
    (x) => grid([2, 8, 2, 3], ([b, k, i, j]) => at(x, [b, k % 2, 2 * i + (k >> 2), 2 * j + ((k >> 1) % 2)])),
  ),
  entry(
    'pixelShuffle',
    'by 2',
    [range([2, 8, 2, 3])],
    (x) => t.pixelShuffle(x, 2),
    (x) => grid([2, 2, 4, 6], ([b, c, i, j]) => at(x, [b, 4 * (i % 2) + 2 * (j % 2) + c, i >> 1, j >> 1])),
  ),
  entry(
    'layerNorm',
    'last axis',
    [range([3, 6])],
    (x) => t.layerNorm(x),
    (x) => standardised(x, 1, 1e-5),
  ),
  entry(
    'layerNorm',
    'channels, larger eps',
    [range([2, 4, 3])],
    (x) => t.layerNorm(x, { axis: 1, eps: 0.1 }),
    (x) => standardised(x, 1, 0.1),
  ),
  entry(
    'attention',
    'one head',
    [range([2, 3, 4]), range([2, 3, 4]), range([2, 3, 4])],
    (q, k, v) => t.attention(q, k, v, 1),
    attend(1),
  ),
  entry(
    'attention',
    'two heads, other length',
    [range([1, 2, 4]), range([1, 3, 4]), range([1, 3, 4])],
    (q, k, v) => t.attention(q, k, v, 2),
    attend(2),
  ),
]

/** pcg4d (Jarzynski & Olano 2020) of four words, each modulo 2³². */
const pcg4d = (words: readonly number[]): number[] => {
  const mix = ([x, y, z, w]: readonly number[]): number[] => {
    const a = x + Math.imul(y, w)
    const b = y + Math.imul(z, a)
    const c = z + Math.imul(a, b)
    return [a, b, c, w + Math.imul(b, c)].map((v) => v >>> 0)
  }
  const begun = words.map((v) => (Math.imul(v, 1664525) + 1013904223) >>> 0)
  return mix(mix(begun).map((v) => (v ^ (v >>> 16)) >>> 0))
}

/** Words 0 of the counters 0 … ⌈n/4⌉ − 1, then words 1, …, compared with the probability. */
const masked = (seeds: Grid, keep: number, n: number): Grid => {
  const blocks = Math.ceil(n / 4)
  return grid([seeds.shape[0], n], ([i, j]) => {
    const words = pcg4d([j % blocks, ...[0, 1, 2].map((k) => Math.trunc(2 ** 28 * at(seeds, [i, k])))])
    return words[Math.floor(j / blocks)] < keep * 2 ** 32 ? 1 : 0
  })
}

const controls: OpCase[] = [
  entry('late', 'of a signal', [range([2, 3])], t.late, () => grid([], () => 0), { valueOnly: true }),
  entry(
    'seededMask',
    'by pcg4d, of seeds of both signs',
    [range([5, 3])],
    (x) => t.seededMask(t.cast(t.mul(x, 2 ** 28), 'int32'), 0.7, [63]),
    (x) => masked(x, 0.7, 63),
    { valueOnly: true },
  ),
  entry('stopGradient', 'value', [range([2, 3])], t.stopGradient, (x) => x, { valueOnly: true }),
  entry(
    'withGradient',
    'the true rule',
    [range([2, 3])],
    (x) => t.withGradient(t.sin(x), [x], (g) => [t.mul(g, t.cos(x))]),
    pointwise(Math.sin),
  ),
  entry(
    'rematerialise',
    'of two tensors',
    [range([2, 3]), range([3, 2])],
    (a, b) => t.rematerialise(({ p, q }) => t.tanh(t.matmul(p, t.sin(q))), { p: a, q: b }),
    (a, b) =>
      grid([2, 2], ([i, j]) =>
        Math.tanh(total([0, 1, 2].map((k) => at(a, [i, k]) * Math.sin(at(b, [k, j]))))),
      ),
  ),
]

export const networkCases: readonly OpCase[] = [
  ...matrices,
  ...convolutions,
  ...transposed,
  ...networks,
  ...controls,
]
