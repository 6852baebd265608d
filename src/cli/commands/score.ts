/** `tweedie score`: generated images beside real ones, by Fréchet distance and what else is published. */
import {
  checkEnough,
  type FeatureNetwork,
  type FeatureStatistics,
  featureNetwork,
  featureStatistics,
  holdsStatistics,
  type ImageRows,
  type ImageScore,
  type ImageScoreName,
  imageScoreNames,
  imageScores,
  pairDistance,
  pairNetwork,
  readStatistics,
  shippedFeatures,
  writeStatistics,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import type { JsonRecord } from '../../json.ts'
import { nearestName } from '../../nearest.ts'
import { loadPrior } from '../../run/index.ts'
import { type NdArray, zeros } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { requireDevice } from '../require-device.ts'
import { openImageSet } from '../scored/image-source.ts'
import { lapSamples } from '../scored/lap-samples.ts'
import { formatFields, formatTable } from '../table.ts'

type Options = OptionsOf<'score'>
type Figures = readonly (ImageScore & { readonly name: string })[]

/** The figures that `--scores` names. */
const scoresOf = ({ scores }: Options): readonly ImageScoreName[] =>
  scores.split(',').map((text) => {
    const name = imageScoreNames.find((known) => known === text.trim())
    if (name) return name
    throw new TweedieError(
      'input',
      `--scores: unknown '${text}'; did you mean '${nearestName(text, imageScoreNames)}'? ` +
        `(known: ${imageScoreNames.join(', ')})`,
    )
  })

/** Numbers of `--size`: one for a square. */
const sizeOption = (text: string): readonly [number, number] => {
  const [height, width = height, ...more] = text.split(',').map(Number)
  if (more.length === 0 && [height, width].every((n) => Number.isInteger(n) && n > 0)) return [height, width]
  throw new TweedieError('input', `--size: expected a side, or height,width in pixels, got '${text}'`)
}

/** The network that was named, or the one that ships for images of so many channels. */
const openNetwork = (channels: number, options: Options): Promise<FeatureNetwork> => {
  const { network, inception = false, size, features, logits, batch, device } = options
  const common = { rounded: true, batch, execute: { device } }
  if (network !== undefined)
    return featureNetwork(network, {
      ...common,
      inception,
      ...(size === undefined ? {} : { size: sizeOption(size) }),
      ...(features === undefined ? {} : { features }),
      ...(logits === undefined ? {} : { logits }),
    })
  if (inception || size !== undefined || features !== undefined || logits !== undefined)
    throw new TweedieError('input', '--inception, --size, --features and --logits go with --network')
  return shippedFeatures(channels, common)
}

interface Gathering {
  readonly network: FeatureNetwork
  readonly scores: readonly ImageScoreName[]
  readonly options: Options
  readonly io: Io
}

const needsFeatures = (scores: readonly ImageScoreName[]): boolean =>
  scores.includes('kid') || scores.includes('pr')

const gathered = (images: ImageRows, parts: number, { network, scores, options, io }: Gathering) =>
  featureStatistics(network, images, {
    keep: needsFeatures(scores),
    parts,
    seed: options.seed,
    onProgress: io.progress,
    signal: io.signal,
  })

/** What images of so many channels are compared with. @throws TweedieError `input` for those of others */
const referenceOf = async (channels: number, gathering: Gathering): Promise<FeatureStatistics> => {
  const { network, options } = gathering
  const { against, split, count } = options
  if (holdsStatistics(against)) return readStatistics(against, network)
  const images = await openImageSet(against, { split, most: count })
  if (images.shape[1] === channels) return gathered(images, 0, gathering)
  throw new TweedieError(
    'input',
    `${against}: images of ${images.shape[1]} channels, those to be judged have ${channels}`,
  )
}

/** Figures of a file of images; those of a lap are drawn in the units of images. */
const figuresOf = async (path: string, reference: FeatureStatistics, gathering: Gathering) => {
  const { network, scores, options } = gathering
  const images = await openImageSet(path, { sure: options.laps })
  const drawn = await gathered(images, scores.includes('is') ? options.parts : 0, gathering)
  const [own, theirs] = [drawn, reference].map(({ moments }) => moments.mean.size)
  if (own !== theirs)
    throw new TweedieError(
      'input',
      `${path}: has ${own} features, the statistics of ${options.against} are of ${theirs}`,
    )
  const figures = await imageScores(network, drawn, reference, {
    scores,
    subsets: options.kidSubsets,
    size: options.kidSize,
    neighbours: options.neighbours,
    seed: options.seed,
  })
  return { images: drawn.count, figures }
}

const shown = ({ value, spread }: ImageScore): string =>
  spread === undefined ? value.toPrecision(5) : `${value.toPrecision(5)} ± ${spread.toPrecision(2)}`

const asJson = (figures: Figures): JsonRecord =>
  Object.fromEntries(
    figures.map(({ name, label, value, spread }) => [
      name,
      { label, value, ...(spread === undefined ? {} : { spread }) },
    ]),
  )

/** Which network, and what it is given. */
const networkFacts = (network: FeatureNetwork, reference: FeatureStatistics) => ({
  name: network.name,
  digest: network.digest,
  features: reference.moments.mean.size,
  inception: network.inception,
  preparation: network.preparation,
})

const scoreLaps = async (run: string, reference: FeatureStatistics, gathering: Gathering): Promise<void> => {
  const { network, options, io } = gathering
  const rows: { lap: number; images: number; path: string; figures: Figures }[] = []
  const { draws, steps, step, seed = 0, batch, device } = options
  for await (const { lap, path } of lapSamples(run, { draws, steps, step, seed, batch, device }, io))
    rows.push({ lap, path, ...(await figuresOf(path, reference, gathering)) })
  const facts = networkFacts(network, reference)
  const [{ figures }] = rows
  const table = formatTable(
    ['lap', 'images', ...figures.map(({ name }) => name)],
    rows.map((row) => [row.lap, row.images, ...row.figures.map(({ value }) => Number(value.toPrecision(4)))]),
  )
  const legend = figures.map(({ name, label }) => `${name}: ${label}`).join('\n')
  io.result(`${table}\n\n${networkLine(facts)}\n${legend}`, {
    run,
    against: options.against,
    network: facts,
    laps: rows.map(({ lap, images, path, figures: found }) => ({ lap, images, path, ...asJson(found) })),
  })
}

const networkLine = ({ name, features, digest, preparation }: ReturnType<typeof networkFacts>): string =>
  `network ${name} (${digest}), ${features} features; images: ${preparation}`

const scoreOne = async (path: string, reference: FeatureStatistics, gathering: Gathering): Promise<void> => {
  const { network, options, io } = gathering
  const { images, figures } = await figuresOf(path, reference, gathering)
  const facts = networkFacts(network, reference)
  io.result(
    `${formatFields(figures.map((figure) => [figure.label, shown(figure)]))}\n\n${networkLine(facts)}`,
    {
      images,
      against: options.against,
      reference: reference.count,
      network: facts,
      ...asJson(figures),
    },
  )
}

/** The mean distance of images to the real ones that they restore, by a network of two images. */
const scorePairs = async (draws: string, lpips: string, options: Options, io: Io): Promise<void> => {
  const { against, split, count, batch, device } = options
  const [images, real] = [await openImageSet(draws), await openImageSet(against, { split, most: count })]
  const network = await pairNetwork(lpips, { batch, execute: { device } })
  try {
    const distance = await pairDistance(network, images, real, { onProgress: io.progress, signal: io.signal })
    const [n, m] = [images.shape[0], real.shape[0]]
    const words = `${distance.value.toPrecision(5)} ± ${distance.error.toPrecision(2)} (standard error)`
    io.result(formatFields([[`${network.name}, ${n} images of ${m}`, words]]), {
      images: n,
      against,
      reference: m,
      network: { name: network.name, digest: network.digest },
      lpips: { ...distance },
    })
  } finally {
    await network.release()
  }
}

/** What is known of the images that are judged before they are read. */
interface Subject {
  /** One of them, or of their shape: [1, C, H, W]. */
  readonly first: NdArray
  /** How many; not known of the samples that a run kept. */
  readonly count?: number
}

const subjectOf = async (source: string, { laps, draws }: Options): Promise<Subject> => {
  if (laps) {
    const { event, range } = loadPrior(source)
    if (range[0] === 0 && range[1] === 1) return { first: zeros([1, ...event]), count: draws }
    throw new TweedieError('input', `${source}: a prior of data in [${range}], images are in [0, 1]`)
  }
  const images = await openImageSet(source)
  return { first: await images.rows(0, 1), count: images.shape[0] }
}

/** Asked of one image before all are read: whether the network takes it, and whether there are enough. */
const checkSubject = async ({ first, count }: Subject, { network, scores, io }: Gathering) => {
  const { features, logits } = await network.run(first)
  if (scores.includes('fid') && count !== undefined) checkEnough(features.shape[1], count)
  if (scores.includes('is') && !logits)
    io.note(`no class score: the network '${network.name}' has no classes`)
}

export const run = async ([draws]: readonly string[], options: Options, io: Io): Promise<void> => {
  const scores = scoresOf(options)
  if (options.draws !== undefined && !options.laps)
    throw new TweedieError('input', "--draws goes with --laps; a prior is sampled with 'tweedie sample'")
  const statistics = options.saveStats === undefined ? undefined : checkedOutput(options.saveStats)
  await requireDevice(options.device)
  if (options.lpips !== undefined) return scorePairs(draws, options.lpips, options, io)
  const subject = await subjectOf(draws, options)
  const network = await openNetwork(subject.first.shape[1], options)
  try {
    const gathering = { network, scores, options, io }
    await checkSubject(subject, gathering)
    const reference = await referenceOf(subject.first.shape[1], gathering)
    if (statistics !== undefined) writeStatistics(statistics, network, reference)
    await (options.laps ? scoreLaps : scoreOne)(draws, reference, gathering)
  } finally {
    await network.release()
  }
}
