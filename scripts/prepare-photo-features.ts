/**
 * Makes the feature network of colour images that ships as `data/photo-features.onnx`: the first blocks of a
 * MobileNetV2 that was trained on photographs and drawings, out of the npm package nsfwjs (MIT licence),
 * which carries its weights in 8 bits. Its classifier, which sorts out indecent pictures, is cut off.
 *
 *     npm pack nsfwjs@4.3.0 && tar xzf nsfwjs-4.3.0.tgz
 *     npx tsx scripts/prepare-photo-features.ts package
 *
 * Seconds; gives the same bytes everywhere. Batch normalisations go into the weights of the convolutions
 * before them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runInNewContext } from 'node:vm'
import { z } from 'zod'
import { loadPhotos } from '../src/datasets/index.ts'
import { momentSums } from '../src/diagnose/images/moment-sums.ts'
import { resizeImages } from '../src/diagnose/images/resize.ts'
import { PHOTO_SIZE } from '../src/diagnose/images/shipped-networks.ts'
import { TweedieError } from '../src/error.ts'
import { writeAtomic } from '../src/formats/index.ts'
import { loadProgram, NdArray, reshaped, rows, sizeOf } from '../src/tensor/index.ts'
import { encodeModel, type InitializerProto, type NodeProto } from '../src/tensor/onnx/proto.ts'

const MODEL = 'dist/models/mobilenet_v2'
/**
 * Outputs of these layers, so many times smaller than the image, are maps of the perceptual distance; the
 * mean of the last one is the features.
 */
const MAPS = [
  { name: 'block_2_add', stride: 4, channels: 24 },
  { name: 'block_5_add', stride: 8, channels: 32 },
  { name: 'block_9_add', stride: 16, channels: 64 },
] as const
const LAST = MAPS[MAPS.length - 1]
/** Photographs that set the unit of features. */
const PHOTOGRAPHS = 512
/** Images at once. */
const BATCH = 64
/** Upper bound of the activations. */
const SIX = 6

const layerSchema = z.object({
  class_name: z.string(),
  config: z.looseObject({
    name: z.string(),
    kernel_size: z.array(z.int()).optional(),
    strides: z.array(z.int()).optional(),
    epsilon: z.number().optional(),
  }),
  inbound_nodes: z.array(z.array(z.tuple([z.string()]).rest(z.unknown()))).default([]),
})
const modelSchema = z.object({
  modelTopology: z.object({ model_config: z.object({ config: z.object({ layers: z.array(layerSchema) }) }) }),
  weightsManifest: z.array(
    z.object({
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int()),
          quantization: z.object({ min: z.number(), scale: z.number(), dtype: z.literal('uint8') }),
        }),
      ),
    }),
  ),
})

type Layer = z.output<typeof layerSchema>
type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float64Array }>

/** Layers in order, and weights by name. The files are CommonJS: the graph, and bytes in base64. */
const readModel = (folder: string) => {
  const at = (name: string): unknown => {
    const module = { exports: {} }
    runInNewContext(readFileSync(join(folder, MODEL, name), 'utf8'), { module, exports: module.exports })
    return module.exports
  }
  const { modelTopology, weightsManifest } = modelSchema.parse(at('model.min.js'))
  const bytes = Buffer.from(z.string().parse(at('group1-shard1of1.min.js')), 'base64')
  const weights = new Map<string, { shape: number[]; values: Float64Array }>()
  let start = 0
  for (const { name, shape, quantization } of weightsManifest.flatMap((group) => group.weights)) {
    const size = sizeOf(shape)
    const values = Float64Array.from(
      bytes.subarray(start, start + size),
      (q) => quantization.min + quantization.scale * q,
    )
    weights.set(name, { shape, values })
    start += size
  }
  if (start !== bytes.length) throw new TweedieError('input', `${folder}: ${bytes.length} bytes of weights`)
  return { layers: modelTopology.model_config.config.layers, weights }
}

const weightOf = (weights: Weights, name: string) => {
  const found = weights.get(name)
  if (found) return found
  throw new TweedieError('input', `no weights '${name}'`)
}

/** Factor and offset of each channel. */
const affineOf = (weights: Weights, { config: { name, epsilon = 0 } }: Layer) => {
  const part = (which: string) => weightOf(weights, `${name}/${which}`).values
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(part)
  const factor = gamma.map((g, i) => g / Math.sqrt(variance[i] + epsilon))
  return { factor, offset: beta.map((b, i) => b - mean[i] * factor[i]) }
}

/**
 * A kernel [kh, kw, I, O] (of one channel each: [kh, kw, C, 1]) as [O, I, kh, kw], times a factor by output.
 */
const kernelOf = (
  weights: Weights,
  { class_name, config }: Layer,
  factor: Float64Array,
): NdArray<'float32'> => {
  const depthwise = class_name === 'DepthwiseConv2D'
  const { shape, values } = weightOf(weights, `${config.name}/${depthwise ? 'depthwise_kernel' : 'kernel'}`)
  const [kh, kw, a, b] = shape
  const [o, i] = depthwise ? [a, 1] : [b, a]
  const out = new Float32Array(values.length)
  for (let t = 0; t < kh * kw; t++)
    for (let from = 0; from < i; from++)
      for (let to = 0; to < o; to++)
        out[(to * i + from) * kh * kw + t] = values[(t * i + from) * o + to] * factor[to]
  return new NdArray('float32', [o, i, kh, kw], out)
}

/** Graph of the layers up to the last map. */
const graphOf = (layers: readonly Layer[], weights: Weights) => {
  const nodes: NodeProto[] = []
  const initializers: InitializerProto[] = [
    { name: 'zero', dtype: 'float32', shape: [], data: Float32Array.of(0) },
    { name: 'six', dtype: 'float32', shape: [], data: Float32Array.of(SIX) },
  ]
  const put = (op: string, inputs: string[], output: string, attributes: NodeProto['attributes'] = {}) =>
    nodes.push({ op, domain: '', inputs, outputs: [output], attributes })
  const sourcesOf = ({ inbound_nodes }: Layer) => inbound_nodes.flat().map(([name]) => name)
  const padded = new Map<string, string>()
  const real = (name: string): string => padded.get(name) ?? name
  const convolution = (layer: Layer, normalisation: Layer): void => {
    const { name, kernel_size: size = [], strides = [] } = layer.config
    const [source] = sourcesOf(layer)
    const { factor, offset } = affineOf(weights, normalisation)
    const kernel = kernelOf(weights, layer, factor)
    initializers.push({ name: `${name}.w`, ...kernel })
    initializers.push({
      name: `${name}.b`,
      dtype: 'float32',
      shape: [offset.length],
      data: Float32Array.from(offset),
    })
    const border = (size[0] - 1) / 2
    put('Conv', [real(source), `${name}.w`, `${name}.b`], normalisation.config.name, {
      kernel_shape: { ints: size },
      strides: { ints: strides },
      // Keras pads an even image on the far side only where it halves it.
      pads: { ints: padded.has(source) ? [0, 0, 1, 1] : [border, border, border, border] },
      ...(layer.class_name === 'DepthwiseConv2D' ? { group: { int: kernel.shape[0] } } : {}),
    })
  }
  for (const [i, layer] of layers.entries()) {
    const { name } = layer.config
    const sources = sourcesOf(layer).map(real)
    if (layer.class_name === 'ZeroPadding2D') padded.set(name, sources[0])
    if (/Conv2D$/.test(layer.class_name)) convolution(layer, layers[i + 1])
    if (layer.class_name === 'ReLU') put('Clip', [sources[0], 'zero', 'six'], name)
    if (layer.class_name === 'Add') put('Add', sources, name)
    if (name === LAST.name) return { nodes, initializers }
  }
  throw new TweedieError('input', `no layer '${LAST.name}'`)
}

/** The file; features times `unit`. */
const modelOf = ({ nodes, initializers }: ReturnType<typeof graphOf>, input: string, unit: number) => {
  const named = (op: string, inputs: string[], output: string): NodeProto => ({
    ...{ op, inputs, outputs: [output] },
    domain: '',
    attributes: {},
  })
  const output = (name: string, shape: readonly number[]) => ({ name, dtype: 'float32' as const, shape })
  return encodeModel({
    nodes: [
      ...nodes,
      ...MAPS.map(({ name }, i) => named('Identity', [name], `out.maps.${i}`)),
      named('GlobalAveragePool', [LAST.name], 'mean'),
      named('Mul', ['mean', 'unit'], 'out.features'),
    ],
    inputs: [{ name: input, dtype: 'float32', shape: [BATCH, 3, PHOTO_SIZE, PHOTO_SIZE] }],
    outputs: [
      output('out.features', [BATCH, LAST.channels, 1, 1]),
      ...MAPS.map(({ stride, channels }, i) =>
        output(`out.maps.${i}`, [BATCH, channels, PHOTO_SIZE / stride, PHOTO_SIZE / stride]),
      ),
    ],
    initializers: [
      ...initializers,
      { name: 'unit', dtype: 'float32', shape: [], data: Float32Array.of(unit) },
    ],
    opsets: { '': 17 },
    metadata: { source: 'npm nsfwjs 4.3.0 (MIT licence), dist/models/mobilenet_v2' },
  })
}

/** One factor for all features, after which their mean variance over photographs is 1. */
const unitOf = async (model: Uint8Array, input: string): Promise<number> => {
  const session = await loadProgram(model)
  const sums = momentSums(LAST.channels)
  for (let start = 0; start < PHOTOGRAPHS; start += BATCH) {
    const x = resizeImages(rows(loadPhotos('train'), start, start + BATCH), [PHOTO_SIZE, PHOTO_SIZE])
    const { 'out.features': features } = await session.run({ [input]: x })
    sums.add(reshaped(features, [BATCH, LAST.channels]))
  }
  await session.release()
  const { data } = sums.moments().covariance
  const trace = Array.from({ length: LAST.channels }, (_, i) => Number(data[i * (LAST.channels + 1)]))
  return Math.sqrt(LAST.channels / trace.reduce((a, b) => a + b))
}

const {
  positionals: [folder],
} = parseArgs({ allowPositionals: true })
if (!folder) throw new TweedieError('input', 'usage: prepare-photo-features.ts FOLDER-OF-NSFWJS')
const { layers, weights } = readModel(folder)
const [{ config: first }] = layers
const graph = graphOf(layers, weights)
const unit = await unitOf(modelOf(graph, first.name, 1), first.name)
const bytes = modelOf(graph, first.name, unit)
writeAtomic(join(import.meta.dirname, '../data/photo-features.onnx'), bytes)
console.log(`data/photo-features.onnx: ${(bytes.length / 1e6).toFixed(2)} MB, unit ${unit.toPrecision(4)}`)
