/**
 * Trains the small feature network that ships as `data/features.onnx`: a convolutional classifier of 20
 * kinds of grey images, the ten digits of `data/mnist.npz` (its 9000 for learning) and the ten kinds of
 * clothing of Fashion-MNIST.
 *
 *     apt-get download dataset-fashion-mnist && dpkg -x dataset-fashion-mnist_*.deb /tmp/fashion
 *     npx tsx scripts/prepare-features.ts /tmp/fashion/usr/share/datasets/fashion-mnist
 *
 * About two minutes on one quiet core; prints the accuracy on images that it has not seen
 * (1000 digits, 10,000 clothes).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { loadMnist } from '../src/datasets/index.ts'
import { gaussianMoments } from '../src/diagnose/index.ts'
import { TweedieError } from '../src/error.ts'
import { writeAtomic } from '../src/formats/index.ts'
import { adam, conv, initMoments, linear, type Moments } from '../src/nn/index.ts'
import { Initialiser } from '../src/nn/init.ts'
import { integers, normal, stream, uniform } from '../src/random/index.ts'
import {
  frozen,
  item,
  jit,
  logSoftmax,
  mean,
  mul,
  NdArray,
  neg,
  rows,
  scalar,
  silu,
  sum,
  type Tensor,
  type Tensors,
  toNumbers,
  valueAndGrad,
  zeros,
} from '../src/tensor/index.ts'

const SEED = 0
const CLASSES = 20
const CHANNELS = [16, 32, 64, 64] as const
const STRIDES = [1, 2, 2, 1] as const
/** Images of each kind in a batch: as many digits as clothes. */
const HALF = 64
const STEPS = 2000
const RATE = 3e-3
/** Largest standard deviation of the noise on an image. */
const NOISE = 0.05

interface Labelled {
  /** [N, 1, 28, 28] in [0, 1] */
  readonly images: NdArray<'float32'>
  /** N classes, 0 … 19 */
  readonly labels: Uint8Array
}

/**
 * One part of Fashion-MNIST: gzip IDX, images from byte 16, labels from byte 8; its
 * classes follow the digits'.
 */
const clothes = (folder: string, part: 'train' | 't10k'): Labelled => {
  const read = (name: string): Uint8Array => gunzipSync(readFileSync(join(folder, name)))
  const pixels = read(`${part}-images-idx3-ubyte.gz`).subarray(16)
  const labels = read(`${part}-labels-idx1-ubyte.gz`).subarray(8)
  if (pixels.length !== 784 * labels.length) {
    throw new TweedieError('input', `${folder}: ${pixels.length} pixels for ${labels.length} labels`)
  }
  return {
    images: new NdArray(
      'float32',
      [labels.length, 1, 28, 28],
      Float32Array.from(pixels, (p) => p / 255),
    ),
    labels: labels.map((label) => label + 10),
  }
}

const digits = (split: 'train' | 'test'): Labelled => {
  const { images, labels } = loadMnist({ split })
  return { images, labels: labels.data }
}

const init = () => {
  const draw = new Initialiser(SEED, 'features')
  const inputs = [1, ...CHANNELS]
  return {
    convs: CHANNELS.map((channels, i) => draw.conv(`conv.${i}`, inputs[i], channels, 3)),
    out: draw.linear('out', CHANNELS[CHANNELS.length - 1], CLASSES),
  }
}

type Params = ReturnType<typeof init>

/**
 * Maps after each convolution, the global mean of the last as features (any size of
 * image will do), and logits.
 */
const network = (params: Tensors<Params>, x: Tensor) => {
  const maps: Tensor[] = []
  for (const [i, layer] of params.convs.entries()) maps.push(silu(conv(maps[i - 1] ?? x, layer, STRIDES[i])))
  const features = mean(maps[maps.length - 1], { axes: [2, 3] })
  return { features, logits: linear(features, params.out), maps }
}

/**
 * Images with noise of a level of their own, clipped to [0, 1]. A classifier of clean images alone
 * takes a trace of noise on a black background for a different kind of image, and distances in its
 * features would see little else.
 */
const addNoise = (x: NdArray<'float32'>, step: number): void => {
  const level = uniform(stream(SEED, 'level'), [x.shape[0]], { step }).data
  const z = normal(stream(SEED, 'noise'), x.shape, { step }).data
  for (let i = 0; i < x.size; i++) {
    const noisy = x.data[i] + NOISE * level[Math.floor(i / 784)] * z[i]
    x.data[i] = Math.min(1, Math.max(0, noisy))
  }
}

/** `HALF` random images of each set, with noise, and their classes as indicators [B, 20]. */
const batchOf = (sets: readonly Labelled[], step: number) => {
  const x = zeros([HALF * sets.length, 1, 28, 28])
  const classes = zeros([HALF * sets.length, CLASSES])
  for (const [s, { images, labels }] of sets.entries()) {
    const chosen = integers(stream(SEED, `set ${s}`), 0, labels.length, [HALF], { step }).data
    for (const [i, row] of chosen.entries()) {
      x.data.set(rows(images, row, row + 1).data, (s * HALF + i) * 784)
      classes.data[(s * HALF + i) * CLASSES + labels[row]] = 1
    }
  }
  addNoise(x, step)
  return { x, classes }
}

const learn = async (sets: readonly Labelled[]): Promise<Params> => {
  const program = jit(
    (
      params: Tensors<Params>,
      moments: Moments<Tensors<Params>>,
      x: Tensor,
      classes: Tensor,
      lr: Tensor,
      step: Tensor,
    ) => {
      const [loss, grads] = valueAndGrad((p: Tensors<Params>) =>
        neg(mean(sum(mul(classes, logSoftmax(network(p, x).logits)), { axes: 1 }))),
      )(params)
      return { loss, ...adam(params, grads, moments, { lr, step }) }
    },
  )
  let params = init()
  let moments: Moments<Params> = initMoments(params)
  for (let step = 0; step < STEPS; step++) {
    const { x, classes } = batchOf(sets, step)
    const lr = 0.5 * RATE * (1 + Math.cos((Math.PI * step) / STEPS))
    const next = await program(params, moments, x, classes, scalar(lr), scalar(step + 1))
    params = next.params
    moments = next.moments
    if (step % 100 === 0) console.log(`step ${step}: cross-entropy ${item(next.loss).toFixed(4)}`)
  }
  await program.release()
  return params
}

/** Share of the images whose largest logit is that of their class. */
const accuracy = async (params: Params, { images, labels }: Labelled): Promise<number> => {
  const classify = jit((x: Tensor) => network(frozen(params), x).logits)
  let right = 0
  const batch = 500
  for (let start = 0; start < labels.length; start += batch) {
    const logits = toNumbers(await classify(rows(images, start, start + batch)))
    for (let i = 0; i < logits.length / CLASSES; i++) {
      const own = logits.slice(i * CLASSES, (i + 1) * CLASSES)
      if (own.indexOf(Math.max(...own)) === labels[start + i]) right++
    }
  }
  await classify.release()
  return right / labels.length
}

/**
 * One factor for all features, after which their mean variance over images is 1:
 * distances get a natural unit.
 */
const unitOf = async (params: Params, images: NdArray<'float32'>): Promise<number> => {
  const describe = jit((x: Tensor) => network(frozen(params), x).features)
  const { mean, covariance } = gaussianMoments(await describe(images))
  await describe.release()
  const variances = toNumbers(covariance).filter((_, i) => i % (mean.size + 1) === 0)
  return Math.sqrt(mean.size / variances.reduce((a, b) => a + b))
}

const [folder] = process.argv.slice(2)
if (!folder) throw new TweedieError('input', 'usage: prepare-features.ts FOLDER-OF-FASHION-MNIST')
const [numbers, garments] = [digits('train'), clothes(folder, 'train')]
const params = await learn([numbers, garments])
console.log(`accuracy on 1000 digits: ${await accuracy(params, digits('test'))}`)
console.log(`accuracy on 10,000 clothes: ${await accuracy(params, clothes(folder, 't10k'))}`)
const unit = await unitOf(params, rows(numbers.images, 0, 2000))
const program = jit((images: Tensor) => {
  const { features, logits, maps } = network(frozen(params), images)
  return { features: mul(features, unit), logits, maps }
})
const bytes = await program.onnx(zeros([64, 1, 28, 28]))
writeAtomic(join(import.meta.dirname, '../data/features.onnx'), bytes)
console.log(`data/features.onnx: ${(bytes.length / 1e3).toFixed(0)} kB`)
