/**
 * What the gallery of the studio shows beside a sampler of digits: examples, and what is measured of it.
 *
 *   tweedie restore RUN --onnx web/public/models/digits/sampler.onnx -n 20
 *   npx tsx scripts/prepare-gallery.ts web/public/models/digits
 *
 * Runs the exported model itself on 250 digits of the test split for each kind of mask, and adds `validation`
 * and `bytes` to `sampler.json`; writes `examples.npz`. Half a minute on one core.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadMnist } from '../src/datasets/index.ts'
import { restorationFigures } from '../src/diagnose/index.ts'
import { TweedieError } from '../src/error.ts'
import { encodeNpz, writeAtomic } from '../src/formats/index.ts'
import { isRecord } from '../src/json.ts'
import { stream, uniform } from '../src/random/index.ts'
import { float32, loadProgram, NdArray, ndarray, rows } from '../src/tensor/index.ts'
import { inputsOf, type Observed } from '../web/engine/inputs.ts'
import { type Cell, imageShape, type Manifest, manifestOf, type Range } from '../web/engine/manifest.ts'
import { type Evidence, evidenceOf } from '../web/gallery/evidence.ts'
import { gallery } from '../web/gallery/gallery.ts'
import { maskKinds } from '../web/gallery/masks.ts'
import { observe } from '../web/gallery/observe.ts'

/** Digits of each kind of mask. */
const COUNT = 250
/** Digits that the page shows; they are not among those that are measured. */
const EXAMPLES = 24
/** Of the observations that the sampler learned from. */
const NOISE = 0.05

/** Shares of seen pixels, each a kind of its own: the sampler learned with 10 to 90 % of them. */
const SHARES: readonly Range[] = [
  [0.1, 0.3],
  [0.3, 0.5],
  [0.5, 0.7],
  [0.7, 0.9],
]

type Draw = (observed: Observed, seed: number) => Promise<{ draws: Float32Array; logq?: Float32Array }>

/** The model, as the page runs it. */
const opened = async (folder: string, manifest: Manifest): Promise<{ draw: Draw; close: () => unknown }> => {
  const program = await loadProgram(readFileSync(join(folder, 'sampler.onnx')))
  const draw: Draw = async (observed, seed) => {
    const inputs = Object.entries(inputsOf(manifest, observed, seed))
    const feeds = inputs.map(
      ([name, { data, shape }]) => [name, new NdArray('float32', shape, data)] as const,
    )
    const { x, logq } = await program.run(Object.fromEntries(feeds))
    return { draws: float32(x).data, ...(logq ? { logq: float32(logq).data } : {}) }
  }
  return { draw, close: () => program.release() }
}

/** Pixels that are seen with a probability of their image's own, uniform in a range. */
const randomPixels = (size: number, [low, high]: Range, seed: number): Float32Array => {
  const [u, ...each] = uniform(stream(seed, 'gallery masks'), [size + 1]).data
  return Float32Array.from(each, (v) => (v < low + (high - low) * u ? 1 : 0))
}

const rangeOf = (values: readonly number[]): Range => [Math.min(...values), Math.max(...values)]

/** Draws of observations with the figures that the page looks at: what was measured of one kind of mask. */
const measured = async (
  truth: NdArray<'float32'>,
  { draws: count, outputs }: Manifest,
  observedOf: (image: Float32Array, i: number) => Observed,
  draw: Draw,
): Promise<Omit<Cell, 'kind' | 'count'>> => {
  const [images, channels, height, width] = truth.shape
  const size = channels * height * width
  const all = new Float32Array(count * images * size)
  const masks = new Float32Array(images * height * width)
  const evidence: Evidence[] = []
  for (let i = 0; i < images; i++) {
    const observed = observedOf(truth.data.slice(i * size, (i + 1) * size), i)
    const { draws, logq } = await draw(observed, i)
    for (let k = 0; k < count; k++) all.set(draws.subarray(k * size, (k + 1) * size), (k * images + i) * size)
    masks.set(observed.mask, i * height * width)
    evidence.push(evidenceOf(observed, { draws, logq }, { kind: 'image', height, width }))
  }
  const { coverage, psnrMean } = restorationFigures(ndarray(all, [count, ...truth.shape]), truth, {
    observed: ndarray(masks, [images, 1, height, width]),
    levels: [0.9],
  })
  const range = (name: 'kept' | 'noise' | 'hole' | 'edges' | 'residual') =>
    rangeOf(evidence.map((e) => e[name]))
  return {
    kept: range('kept'),
    noise: range('noise'),
    hole: range('hole'),
    edges: range('edges'),
    residual: range('residual'),
    ...(outputs.some(({ name }) => name === 'logq')
      ? { logq: rangeOf(evidence.map((e) => e.logq ?? 0)) }
      : {}),
    coverage: coverage[0].observed,
    standardError: coverage[0].standardError,
    psnr: psnrMean,
  }
}

/** Values of a range as bytes. */
const bytesOf = (values: ArrayLike<number>, [low, high]: Range): Uint8Array =>
  Uint8Array.from(values, (v) => Math.round((255 * (v - low)) / (high - low)))

const [folder] = process.argv.slice(2)
const entry = gallery.find((each) => folder !== undefined && `${folder}/`.endsWith(each.folder))
if (folder === undefined || !entry)
  throw new TweedieError(
    'input',
    'which folder of the gallery? npx tsx scripts/prepare-gallery.ts web/public/models/digits',
  )

const path = join(folder, 'sampler.json')
const { validation: _, ...written } = JSON.parse(readFileSync(path, 'utf8'))
if (!isRecord(written)) throw new TweedieError('input', `${path}: no manifest`)
const manifest = manifestOf(written)
const [channels, height, width] = imageShape(manifest)
const { draw, close } = await opened(folder, manifest)
const { images } = loadMnist({ split: 'test' })

const cells: Cell[] = []
for (const [s, share] of SHARES.entries()) {
  const from = EXAMPLES + s * ((images.shape[0] - EXAMPLES) >> 2)
  const truth = rows(images, from, Math.min(images.shape[0], from + COUNT))
  const observedOf = (image: Float32Array, i: number) =>
    observe(image, { mask: randomPixels(height * width, share, from + i), noise: NOISE, seed: from + i })
  const cell = {
    kind: 'random pixels',
    count: truth.shape[0],
    ...(await measured(truth, manifest, observedOf, draw)),
  }
  cells.push(cell)
  const covered = `${(100 * cell.coverage).toFixed(1)} % in 90 %`
  console.log(`${share.join(' to ')} seen: ${covered}, PSNR ${cell.psnr.toFixed(2)} dB`)
}

const kind = maskKinds.find(({ name }) => name === entry.mask)
const mask = kind?.draw({ height, width }, 0) ?? new Float32Array(height * width).fill(1)
const first = await draw(
  observe(images.data.slice(0, channels * height * width), { mask, noise: entry.noise, seed: 0 }),
  0,
)
await close()
const firstRange = rangeOf([...first.draws])
writeAtomic(
  join(folder, 'examples.npz'),
  encodeNpz(
    {
      images: new NdArray(
        'uint8',
        [EXAMPLES, channels, height, width],
        bytesOf(rows(images, 0, EXAMPLES).data, manifest.range),
      ),
      first: new NdArray(
        'uint8',
        [manifest.draws, channels, height, width],
        bytesOf(first.draws, firstRange),
      ),
      firstRange: ndarray([...firstRange], [2]),
    },
    { level: 9 },
  ),
)
const round = (_key: string, value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(6)) : value
const validation = { data: 'held-out digits', cells }
const { size } = statSync(join(folder, 'sampler.onnx'))
writeAtomic(
  path,
  new TextEncoder().encode(`${JSON.stringify({ ...written, bytes: size, validation }, round, 2)}\n`),
)
