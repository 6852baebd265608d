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
import { float32, loadProgram, NdArray, ndarray, rowsAt, zeros } from '../src/tensor/index.ts'
import { inputsOf } from '../web/engine/inputs.ts'
import { type Manifest, manifestOf, type Range } from '../web/engine/manifest.ts'
import { type Examples, examplesOf } from '../web/gallery/examples.ts'
import { firstMask } from '../web/gallery/first-masks.ts'
import { type Entry, gallery } from '../web/gallery/gallery.ts'
import { observe } from '../web/gallery/observe.ts'
import { withPadding } from '../web/gallery/padding.ts'

/** Signals that the page shows, spread over those that there are. */
const EXAMPLES = 24

/** Data that neither the sampler nor its prior has learned from, by the name of the entry. */
const truths: Readonly<Record<string, { readonly data: string; readonly split: Split }>> = {
  digits: { data: 'mnist', split: 'test' },
  photos: { data: 'photos', split: 'val' },
  winds: { data: 'winds', split: 'val' },
  bunny: { data: 'bunny-mnist', split: 'val' },
}

/** Signals [N, ...event], of points with where they lie, as `examples.npz` has it. */
interface Signals {
  readonly x: NdArray<'float32'>
  readonly places: Readonly<Record<string, NdArray>>
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
  if (view.kind === 'image') return { x, places: {} }
  const { points } = placesOf({ operator: { event }, view })
  const own = points.filter((_, i) => valid === undefined || valid.data[i] === 1)
  const coordinates = ndarray(own.flat(), [own.length, 3])
  return {
    x,
    places: { coordinates, ...(view.kind === 'mesh' ? { faces: meshNamed(view.mesh).faces } : {}) },
  }
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

/** The file with draws of the first signal, [K, ...event]. */
const fileOf = (signals: Signals, draws: NdArray<'float32'>, { range }: Manifest): Uint8Array => {
  const least = draws.data.reduce((a, b) => Math.min(a, b))
  const firstRange: Range = [least, draws.data.reduce((a, b) => Math.max(a, b), least + 1e-6)]
  return encodeNpz(
    {
      images: bytesOf(signals.x, range),
      first: bytesOf(draws, firstRange),
      firstRange: ndarray([...firstRange], [2]),
      ...signals.places,
    },
    { level: 9 },
  )
}

/** Draws of the first signal, by the model as the page runs it on what it reads in the file. */
const firstDraws = async (
  model: Uint8Array,
  manifest: Manifest,
  { domain, padding, signals, count }: Examples,
  { mask: kind, noise }: Entry,
): Promise<NdArray<'float32'>> => {
  const truth = signals.subarray(0, signals.length / count)
  const { y, mask } = observe(truth, { mask: firstMask(domain, kind, 0), noise, seed: 0 })
  const padded = { y: withPadding(y, padding), mask: withPadding(mask, padding), noise }
  const inputs = Object.entries(inputsOf(manifest, padded, 0))
  const program = await loadProgram(model)
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
const signals = await signalsOf(entry.name)
const [, ...event] = signals.x.shape
const without = examplesOf(fileOf(signals, zeros([manifest.draws, ...event]), manifest), manifest)
const draws = await firstDraws(readFileSync(join(folder, 'sampler.onnx')), manifest, without, entry)
const path = join(folder, 'examples.npz')
writeAtomic(path, fileOf(signals, draws, manifest))
console.log(`${path}: ${EXAMPLES} signals [${event}], ${manifest.draws} draws of the first`)
