/**
 * What the gallery of the studio shows beside a sampler: signals that can be damaged, where their values lie,
 * and draws of what is shown first.
 *
 *   npx tsx scripts/prepare-gallery.ts digits runs/gallery-digits
 *
 * Copies `sampler.onnx` and its manifest from the run, if one is given, into the folder of that entry, and
 * writes `examples.npz` there. What was measured of the sampler stands in the manifest: `tweedie distill`
 * writes it, `tweedie restore RUN --onnx RUN/sampler.onnx --trust --beside 64` anew.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { meshNamed, openClean, type Split } from '../src/datasets/index.ts'
import { placesOf } from '../src/em/places.ts'
import { TweedieError } from '../src/error.ts'
import { encodeNpz, writeAtomic } from '../src/formats/index.ts'
import { float32, loadProgram, NdArray, ndarray, rowsAt, sizeOf } from '../src/tensor/index.ts'
import { inputsOf } from '../web/engine/inputs.ts'
import { type Manifest, manifestOf, type Range } from '../web/engine/manifest.ts'
import { type Entry, gallery } from '../web/gallery/gallery.ts'
import { maskKinds } from '../web/gallery/masks.ts'
import { observe } from '../web/gallery/observe.ts'

/** Signals that the page shows, spread over those that there are. */
const EXAMPLES = 24

/** Data that neither the sampler nor its prior has learned from, by the name of the entry. */
const truths: Readonly<Record<string, { readonly data: string; readonly split: Split }>> = {
  digits: { data: 'mnist', split: 'test' },
  photos: { data: 'photos', split: 'val' },
  winds: { data: 'winds', split: 'val' },
  bunny: { data: 'bunny-mnist', split: 'val' },
}

/** Where the values of a signal lie. */
type Domain =
  | { readonly kind: 'image'; readonly height: number; readonly width: number }
  | {
      readonly kind: 'points'
      /** [P, 3]. */
      readonly coordinates: NdArray<'float32'>
      /** [F, 3], of a mesh. */
      readonly faces?: NdArray<'int32'>
    }

/** Signals [N, ...event], and where their values lie. */
interface Signals {
  readonly x: NdArray<'float32'>
  readonly domain: Domain
}

const signalsOf = async (name: string): Promise<Signals> => {
  if (!Object.hasOwn(truths, name)) throw new TweedieError('input', `${name}: nobody said which data to show`)
  const { data, split } = truths[name]
  const { shape, rows, view, valid } = await openClean(data, { split })
  const [count, ...event] = shape
  const x = rowsAt(
    rows(0, count),
    Array.from({ length: EXAMPLES }, (_, i) => Math.floor((i * count) / EXAMPLES)),
  )
  if (view.kind === 'image') return { x, domain: { kind: 'image', height: event[1], width: event[2] } }
  const { points } = placesOf({ operator: { event }, view })
  const own = points.filter((_, i) => valid === undefined || valid.data[i] === 1)
  const coordinates = ndarray(own.flat(), [own.length, 3])
  const faces = view.kind === 'mesh' ? { faces: meshNamed(view.mesh).faces } : {}
  return { x, domain: { kind: 'points', coordinates, ...faces } }
}

/** The mask that is shown first, with zeros behind the last point. */
const firstMask = (domain: Domain, name: string): Float32Array => {
  if (domain.kind === 'points') throw new TweedieError('input', 'the gallery has no masks of points')
  const kind = maskKinds.find((each) => each.name === name)
  return kind?.draw(domain, 0) ?? new Float32Array(domain.height * domain.width).fill(1)
}

/** Values of a range as bytes. */
const bytesOf = ({ shape, data }: NdArray<'float32'>, [low, high]: Range): NdArray<'uint8'> =>
  new NdArray(
    'uint8',
    shape,
    Uint8Array.from(data, (v) =>
      Math.round((255 * Math.min(high - low, Math.max(0, v - low))) / (high - low)),
    ),
  )

/** Draws [K, ...event] of the first signal as the page sees it, by the model as the page runs it. */
const firstDraws = async (
  folder: string,
  manifest: Manifest,
  { mask, noise }: Pick<Entry, 'noise'> & { readonly mask: Float32Array },
  images: NdArray<'uint8'>,
): Promise<NdArray<'float32'>> => {
  const [low, high] = manifest.range
  const truth = Float32Array.from(
    images.data.subarray(0, sizeOf(images.shape.slice(1))),
    (byte) => low + ((high - low) * byte) / 255,
  )
  const inputs = Object.entries(inputsOf(manifest, observe(truth, { mask, noise, seed: 0 }), 0))
  const program = await loadProgram(readFileSync(join(folder, 'sampler.onnx')))
  const { x } = await program.run(
    Object.fromEntries(inputs.map(([name, { data, shape }]) => [name, ndarray(data, shape)])),
  )
  await program.release()
  return float32(x)
}

const [name, run] = process.argv.slice(2)
const entry = gallery.find((each) => each.name === name)
if (!entry)
  throw new TweedieError(
    'input',
    `which entry of the gallery? ${gallery.map((each) => each.name).join(', ')}`,
  )

const folder = fileURLToPath(new URL(`../web/public/${entry.folder}`, import.meta.url))
if (run !== undefined) {
  mkdirSync(folder, { recursive: true })
  for (const file of ['sampler.onnx', 'sampler.json']) copyFileSync(join(run, file), join(folder, file))
}
const manifest = manifestOf(JSON.parse(readFileSync(join(folder, 'sampler.json'), 'utf8')))
const { x, domain } = await signalsOf(entry.name)
const images = bytesOf(x, manifest.range)
const first = await firstDraws(folder, manifest, { ...entry, mask: firstMask(domain, entry.mask) }, images)
const firstRange: Range = [
  first.data.reduce((a, b) => Math.min(a, b)),
  first.data.reduce((a, b) => Math.max(a, b)),
]
const { coordinates, faces } = domain.kind === 'points' ? domain : {}
const path = join(folder, 'examples.npz')
const arrays = {
  images,
  first: bytesOf(first, firstRange),
  firstRange: ndarray([...firstRange], [2]),
  ...(coordinates ? { coordinates } : {}),
  ...(faces ? { faces } : {}),
}
writeAtomic(path, encodeNpz(arrays, { level: 9 }))
console.log(`${path}: ${EXAMPLES} signals [${x.shape.slice(1)}], ${manifest.draws} draws of the first`)
