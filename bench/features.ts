/**
 * How well the feature networks that ship grade damage to photographs that neither has seen: the Fréchet
 * distance of damaged crops to those of other photographs, over that of the crops themselves.
 *
 *   npm run bench -- features [--json]
 *
 * Two minutes on one core.
 */
import { parseArgs } from 'node:util'
import { encode } from 'jpeg-js'
import { formatTable } from '../src/cli/table.ts'
import { loadPhotos } from '../src/datasets/index.ts'
import { resizeImages } from '../src/diagnose/images/resize.ts'
import {
  type FeatureNetwork,
  featureStatistics,
  frechetOfMoments,
  shippedFeatures,
} from '../src/diagnose/index.ts'
import { decodeJpeg } from '../src/formats/index.ts'
import { gaussianBlur } from '../src/operators/index.ts'
import { normal, permutation, stream } from '../src/random/index.ts'
import { jit, NdArray, rows, type Tensor } from '../src/tensor/index.ts'

type Images = NdArray<'float32'>

const SIDE = 32
const PLANE = SIDE * SIDE
const IMAGE = 3 * PLANE

const changed = (x: Images, change: (v: number, i: number) => number): Images =>
  new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => Math.min(1, Math.max(0, change(v, i)))),
  )

/** The 312 crops of the 36 photographs that priors do not learn from. */
const held = (): Images => {
  const parts = [loadPhotos('val'), loadPhotos('test')]
  const data = new Float32Array(parts.reduce((n, { size }) => n + size, 0))
  data.set(parts[0].data)
  data.set(parts[1].data, parts[0].size)
  return new NdArray('float32', [data.length / IMAGE, 3, SIDE, SIDE], data)
}

const noisy = (x: Images, level: number): Images => {
  const z = normal(stream(0, 'feature bench noise'), x.shape).data
  return changed(x, (v, i) => v + level * z[i])
}

const blurred = async (x: Images, sigma: number): Promise<Images> => {
  const program = jit((t: Tensor) => gaussianBlur([3, SIDE, SIDE], { sigma }).apply(t))
  const y = await program(x)
  await program.release()
  return changed(x, (_, i) => Number(y.data[i]))
}

const compressed = (x: Images, quality: number): Images => {
  const out = new Float32Array(x.size)
  const pixels = Buffer.alloc(4 * PLANE, 255)
  for (let n = 0; n < x.size; n += IMAGE) {
    for (let p = 0; p < PLANE; p++)
      for (let c = 0; c < 3; c++) pixels[4 * p + c] = Math.round(255 * x.data[n + c * PLANE + p])
    const { data } = encode({ data: pixels, width: SIDE, height: SIDE }, quality)
    out.set(decodeJpeg(data, 'crop').data, n)
  }
  return new NdArray('float32', x.shape, out)
}

/** Colours on their way to grey. */
const faded = (x: Images, share: number): Images =>
  changed(x, (v, i) => {
    const [first, pixel] = [i - (i % IMAGE), i % PLANE]
    const grey =
      (x.data[first + pixel] + x.data[first + PLANE + pixel] + x.data[first + 2 * PLANE + pixel]) / 3
    return v + share * (grey - v)
  })

const reddened = (x: Images, by: number): Images => changed(x, (v, i) => (i % IMAGE < PLANE ? v + by : v))

const coarse = (x: Images, side: number): Images => resizeImages(resizeImages(x, [side, side]), [SIDE, SIDE])

/** So large a share of the images replaced by others. */
const mixed = (x: Images, others: Images, share: number): Images => {
  const [n] = x.shape
  const data = x.data.slice()
  for (const i of permutation(stream(0, 'feature bench mixture'), n).data.subarray(0, Math.round(share * n)))
    data.set(others.data.subarray(i * IMAGE, (i + 1) * IMAGE), i * IMAGE)
  return new NdArray('float32', x.shape, data)
}

/** The same images with their sixteen blocks of 8×8 pixels in another order. */
const shuffled = (x: Images): Images => {
  const order = permutation(stream(0, 'feature bench blocks'), 16).data
  return changed(x, (_, i) => {
    const [row, column] = [Math.floor((i % PLANE) / SIDE), i % SIDE]
    const from = order[4 * (row >> 3) + (column >> 3)]
    return x.data[i - (i % PLANE) + (8 * (from >> 2) + (row % 8)) * SIDE + 8 * (from % 4) + (column % 8)]
  })
}

/** Damage of three strengths each. */
const damages: readonly {
  readonly name: string
  readonly strengths: readonly number[]
  readonly of: (x: Images, strength: number) => Images | Promise<Images>
}[] = [
  { name: 'noise, standard deviation', strengths: [0.02, 0.05, 0.1], of: noisy },
  { name: 'Gaussian blur, pixels', strengths: [0.4, 0.7, 1.2], of: blurred },
  { name: 'fewer pixels a side', strengths: [24, 16, 8], of: coarse },
  { name: 'JPEG, quality', strengths: [80, 40, 10], of: compressed },
  { name: 'red raised by', strengths: [0.05, 0.1, 0.2], of: reddened },
  { name: 'colours faded by', strengths: [0.3, 0.6, 1], of: faded },
  {
    name: 'share of images in one colour',
    strengths: [0.1, 0.25, 0.5],
    of: async (x, share) => mixed(x, await blurred(x, 12), share),
  },
  {
    name: 'share with shuffled blocks',
    strengths: [0.1, 0.25, 0.5],
    of: (x, share) => mixed(x, shuffled(x), share),
  },
]

/** Distances to the training crops. */
const judge = async (network: FeatureNetwork) => {
  const of = async (x: Images) => {
    const source = { shape: x.shape, rows: (from: number, to: number) => rows(x, from, to) }
    return (await featureStatistics(network, source)).moments
  }
  const reference = await of(loadPhotos('train'))
  const [features] = reference.mean.shape
  return { features, distance: async (x: Images) => frechetOfMoments(await of(x), reference) }
}

const measured = async (network: FeatureNetwork) => {
  const x = held()
  const { features, distance } = await judge(network)
  const clean = await distance(x)
  const ratios: number[][] = []
  for (const { strengths, of } of damages) {
    const row: number[] = []
    for (const strength of strengths) row.push((await distance(await of(x, strength))) / clean)
    ratios.push(row)
  }
  await network.release()
  return { network: network.name, digest: network.digest, features, crops: x.shape[0], clean, ratios }
}

/** Prints a line for each kind of damage. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } })
  const options = { rounded: true }
  const found = [
    await measured(await shippedFeatures(1, options)),
    await measured(await shippedFeatures(3, options)),
  ]
  if (values.json) {
    console.log(
      JSON.stringify({ damages: damages.map(({ name, strengths }) => ({ name, strengths })), found }),
    )
    return 0
  }
  const heads = found.map(({ network, features }) => `${network} (${features})`)
  const cells = damages.map(({ name, strengths }, i) => [
    `${name} ${strengths.join(', ')}`,
    ...found.map(({ ratios }) => ratios[i].map((r) => r.toFixed(2)).join(', ')),
  ])
  console.log(formatTable(['damage', ...heads], cells))
  for (const { network, crops, clean } of found)
    console.log(`${network}: ${crops} undamaged crops have ${clean.toPrecision(3)}`)
  return 0
}
