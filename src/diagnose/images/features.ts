/**
 * Networks that turn images into features, for Fréchet and perceptual distances. Those that ship are small,
 * one for grey images and one for colour images (`shipped-networks.ts`); any other comes as an ONNX file.
 */
import { createHash } from 'node:crypto'
import { basename, extname } from 'node:path'
import { shippedPath } from '../../datasets/index.ts'
import { TweedieError } from '../../error.ts'
import { readBytes } from '../../formats/index.ts'
import {
  type ExecuteOptions,
  float32,
  loadProgram,
  type NdArray,
  reshaped,
  rows,
  type Session,
  zeros,
} from '../../tensor/index.ts'
import { finiteValues } from '../values.ts'
import { type ImageInput, imageInputs, withImageShape } from './onnx-input.ts'
import { inceptionPreparation, type Preparation, preparationWords, prepared } from './preparation.ts'

/** Options of {@link featureNetwork}; images come in [0, 1]. */
export interface FeatureNetworkOptions extends Preparation {
  /** Name of the network in the labels of distances, default the name of the file without its ending. */
  readonly name?: string
  /**
   * The output that holds the features [B, F] or [B, F, 1, 1] (default `out.features`, else the first
   * output).
   */
  readonly features?: string
  /** Outputs [B, c, h, w] for the perceptual distance (default those named `out.maps.…`). */
  readonly maps?: readonly string[]
  /**
   * The output that holds unnormalised log-probabilities of classes [B, K] (default
   * `out.logits`, if there is one).
   */
  readonly logits?: string
  /** Images at once, default 64. */
  readonly batch?: number
  /**
   * Set when the file is the original Inception network of Heusel et al. 2017 (the TensorFlow weights, 2048
   * features), which is given images as torch-fidelity prepares them: only then are results named FID, IS and
   * KID. Default false.
   */
  readonly inception?: boolean
  /** Device and threads. */
  readonly execute?: ExecuteOptions
}

/** The outputs of a network for b images. */
export interface Features {
  /** [b, F] */
  readonly features: NdArray<'float32'>
  /** [b, c, h, w] each */
  readonly maps: readonly NdArray<'float32'>[]
  /** [b, K], if the network classifies */
  readonly logits?: NdArray<'float32'>
}

/** A network that is loaded; see {@link featureNetwork}. */
export interface FeatureNetwork {
  /** The name that labels of distances have. */
  readonly name: string
  /**
   * SHA-256 of the file, its first 16 hexadecimal digits: figures made with one network are not those of
   * another.
   */
  readonly digest: string
  /** How images are made its input, and a named output, in words: of others, features are others. */
  readonly preparation: string
  /** Whether the user vouches for the original Inception network. */
  readonly inception: boolean
  /** Largest number of images for one {@link run}. */
  readonly batch: number
  /**
   * @param images - [b, C, H, W] in [0, 1], b ≤ `batch`
   * @throws TweedieError `shape` when they are no such images, `input` when the network does not take them
   */
  run(images: NdArray): Promise<Features>
  /** Frees the compiled networks. */
  release(): Promise<void>
}

/** The features of any number of images, in batches: [N, F]. */
export const featuresOf = async (network: FeatureNetwork, images: NdArray): Promise<NdArray<'float32'>> =>
  inBatches(network, images, ({ features }) => features)

/** One output for all images, [N, …], a batch at a time. */
export const inBatches = async (
  network: FeatureNetwork,
  images: NdArray,
  pick: (features: Features) => NdArray<'float32'>,
): Promise<NdArray<'float32'>> => {
  const [n = 0] = images.shape
  if (n < 1) throw new TweedieError('shape', `features: expected images [N, C, H, W], got [${images.shape}]`)
  const parts: NdArray<'float32'>[] = []
  for (let start = 0; start < n; start += network.batch) {
    parts.push(pick(await network.run(rows(images, start, start + network.batch))))
  }
  const out = zeros([n, ...parts[0].shape.slice(1)])
  let at = 0
  for (const { data } of parts) {
    out.data.set(data, at)
    at += data.length
  }
  return out
}

const checkedImages = (images: NdArray, batch: number): number => {
  const [n] = images.shape
  if (images.shape.length !== 4 || images.size === 0 || n > batch) {
    throw new TweedieError(
      'shape',
      `features: expected at most ${batch} images [N, C, H, W], got [${images.shape}]`,
    )
  }
  return n
}

const checkOptions = (batch: number, { scale = [] }: Preparation): void => {
  if (!(Number.isInteger(batch) && batch >= 1) || scale.some((s) => !(s !== 0 && Number.isFinite(s)))) {
    throw new TweedieError('input', `featureNetwork: batch ${batch} must be ≥ 1 and scale [${scale}] not 0`)
  }
}

/** The outputs that play each part; @throws TweedieError `input` naming one that is not there. */
const partsOf = (session: Session, options: FeatureNetworkOptions, path: string) => {
  const has = (name: string) => session.outputs.includes(name)
  const features = options.features ?? (has('out.features') ? 'out.features' : session.outputs[0])
  const logits = options.logits ?? (has('out.logits') ? 'out.logits' : undefined)
  const maps = options.maps ?? session.outputs.filter((name) => name.startsWith('out.maps.'))
  const missing = [features, ...(logits ? [logits] : []), ...maps].find((name) => !has(name))
  if (missing !== undefined) {
    throw new TweedieError(
      'input',
      `${path}: no output '${missing}', the network has ${session.outputs.join(', ')}`,
    )
  }
  return { features, logits, maps }
}

const checkedOutput = (array: NdArray, what: string): NdArray<'float32'> => {
  finiteValues(array, what)
  if (array.dtype === 'float32') return float32(array)
  throw new TweedieError('input', `${what}: expected float32, got ${array.dtype}`)
}

/**
 * Rows of `n` images from an output for all that went through: the channels of a colour image that went
 * through a grey network one by one are joined along the feature axis, those of the padding are dropped.
 */
const perImage = (output: NdArray<'float32'>, n: number, planes: number): NdArray<'float32'> => {
  const [, c, ...rest] = output.shape
  const used = rows(output, 0, n * planes)
  return reshaped(used, [n, planes * c, ...rest])
}

/**
 * A network whose features distances are measured in.
 *
 * The default is the one that ships for grey images: a classifier of 28×28 images, ten digits and ten kinds
 * of clothing, with a global mean over its last map. It takes images of 24×24 and more, F = 64. Its features
 * are in units in which their mean variance over digits is 1. It learned from images with a little noise (a
 * standard deviation of up to 0.05), so that it grades noise, and hardly sees less than 0.02. It sees what
 * its classes differ in and is blind to the rest: for photographs take `shippedFeatures(3)`.
 *
 * A colour image goes through a network for grey images channel by channel, and the features are joined (3 F
 * of them); a grey image is repeated for a network that takes colours.
 *
 * @param path - an ONNX file with one image input [B, C, H, W]; sizes may be open or fixed.
 *   Default: the one that ships for grey images
 * @throws TweedieError `input` when the file is no such network or an output does not exist,
 *   `io` when it cannot be read
 *
 * @example
 * ```ts
 * const network = await featureNetwork()
 * const { label, value } = await frechetFeatureDistance(network, samples, images)
 * await network.release()
 * ```
 */
export const featureNetwork = async (
  path: string = shippedPath('features.onnx'),
  options: FeatureNetworkOptions = {},
): Promise<FeatureNetwork> => {
  const { batch = 64, inception = false, execute } = options
  const preparation: Preparation = inception ? { ...inceptionPreparation, ...options } : options
  checkOptions(batch, preparation)
  const model = readBytes(path)
  const { name: input, shape: declared } = readInput(model, path)
  const sessions = new Map<string, Promise<Session>>()
  const sessionFor = (shape: readonly number[]): Promise<Session> => {
    const key = shape.join()
    const opened = sessions.get(key) ?? loadProgram(withImageShape(model, shape), execute)
    sessions.set(key, opened)
    return opened.catch((cause: unknown) => {
      sessions.delete(key)
      throw cause
    })
  }
  /**
   * Some files hold the sizes of their author's images inside: ONNX Runtime finds that out
   * when it opens or runs them.
   */
  const evaluate = async (x: NdArray) => {
    try {
      const session = await sessionFor(x.shape)
      const parts = partsOf(session, options, path)
      return { parts, outputs: await session.run({ [input]: x }) }
    } catch (cause) {
      if (cause instanceof TweedieError && cause.message.startsWith(path)) throw cause
      const advice = `set 'size' and 'batch' to those of the file, [${declared.map((d) => d ?? '?')}]`
      const [reason] = (cause instanceof Error ? cause.message : `${cause}`).split('\n')
      throw new TweedieError('input', `${path}: does not take images [${x.shape}]; ${advice} (${reason})`, {
        cause,
      })
    }
  }

  const run = async (images: NdArray): Promise<Features> => {
    const n = checkedImages(images, batch)
    finiteValues(images, 'features: images')
    const x = prepared(images, preparation, declared[1], path)
    const planes = x.shape[0] / n
    const padded = zeros([batch * planes, ...x.shape.slice(1)])
    padded.data.set(x.data)
    const { parts, outputs } = await evaluate(padded)
    const outputOf = (name: string) =>
      perImage(checkedOutput(outputs[name], `${path}: output '${name}'`), n, planes)
    const features = outputOf(parts.features)
    return {
      features: reshaped(features, [n, features.size / n]),
      maps: parts.maps.map(outputOf),
      // Classes of single colour channels are no classes of the image.
      ...(parts.logits && planes === 1 ? { logits: outputOf(parts.logits) } : {}),
    }
  }
  return {
    name: options.name ?? basename(path, extname(path)),
    digest: createHash('sha256').update(model).digest('hex').slice(0, 16),
    preparation: `${preparationWords(preparation)}${options.features ? `, output ${options.features}` : ''}`,
    inception,
    batch,
    run,
    release: async () => {
      const opened = [...sessions.values()]
      sessions.clear()
      for (const session of opened) await (await session).release()
    },
  }
}

const readInput = (model: Uint8Array, path: string): ImageInput => {
  try {
    const [found, ...more] = imageInputs(model)
    if (more.length > 0) throw new TweedieError('input', `it has ${more.length + 1} inputs`)
    if (found.shape.length === 4) return found
    throw new TweedieError('input', `its input '${found.name}' has ${found.shape.length} axes`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : `${cause}`
    throw new TweedieError('input', `${path}: expected an ONNX network for images [B, C, H, W]: ${reason}`, {
      cause,
    })
  }
}
