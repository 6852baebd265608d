/** `tweedie score`: generated images beside real ones, by Fréchet distance and what else is published. */
import {
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
  readStatistics,
  writeStatistics,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import type { JsonRecord } from '../../json.ts'
import { nearestName } from '../../nearest.ts'
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

const openNetwork = (options: Options): Promise<FeatureNetwork> => {
  const { network, inception = false, size, features, logits, batch } = options
  if (network === undefined && (inception || size !== undefined || features !== undefined))
    throw new TweedieError('input', '--inception, --size and --features go with --network')
  return featureNetwork(network, {
    rounded: true,
    inception,
    batch,
    execute: { device: options.device },
    ...(size === undefined ? {} : { size: sizeOption(size) }),
    ...(features === undefined ? {} : { features }),
    ...(logits === undefined ? {} : { logits }),
  })
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

/** What draws are compared with. */
interface Reference {
  readonly statistics: FeatureStatistics
  /** Of the images, where they were read. */
  readonly channels?: number
}

const referenceOf = async (gathering: Gathering): Promise<Reference> => {
  const { network, options } = gathering
  const { against, split, count } = options
  if (holdsStatistics(against)) return { statistics: readStatistics(against, network) }
  const images = await openImageSet(against, { split, most: count })
  return { statistics: await gathered(images, 0, gathering), channels: images.shape[1] }
}

/** @throws TweedieError `input` for images of other channels than those of the reference */
const checkChannels = (path: string, images: ImageRows, { channels }: Reference, against: string): void => {
  const [, own] = images.shape
  if (channels === undefined || own === channels) return
  throw new TweedieError('input', `${path}: images of ${own} channels, those of ${against} have ${channels}`)
}

/** @throws TweedieError `input` for statistics of other images, of which the network has other features */
const checkFeatures = (
  path: string,
  drawn: FeatureStatistics,
  { statistics }: Reference,
  against: string,
) => {
  const [own, theirs] = [drawn, statistics].map(({ moments }) => moments.mean.size)
  if (own === theirs) return
  throw new TweedieError('input', `${path}: has ${own} features, the statistics of ${against} have ${theirs}`)
}

/** Figures of a file of images. */
const figuresOf = async (path: string, reference: Reference, gathering: Gathering) => {
  const { network, scores, options } = gathering
  const images = await openImageSet(path)
  checkChannels(path, images, reference, options.against)
  const drawn = await gathered(images, scores.includes('is') ? options.parts : 0, gathering)
  checkFeatures(path, drawn, reference, options.against)
  const figures = await imageScores(network, drawn, reference.statistics, {
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

const scoreLaps = async (run: string, reference: Reference, gathering: Gathering): Promise<void> => {
  const { network, options, io } = gathering
  const rows: { lap: number; images: number; path: string; figures: Figures }[] = []
  const { draws, steps, step, seed = 0, batch, device } = options
  for await (const { lap, path } of lapSamples(run, { draws, steps, step, seed, batch, device }, io))
    rows.push({ lap, path, ...(await figuresOf(path, reference, gathering)) })
  const facts = networkFacts(network, reference.statistics)
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

const scoreOne = async (path: string, reference: Reference, gathering: Gathering): Promise<void> => {
  const { network, options, io } = gathering
  const { images, figures } = await figuresOf(path, reference, gathering)
  const facts = networkFacts(network, reference.statistics)
  io.result(
    `${formatFields(figures.map((figure) => [figure.label, shown(figure)]))}\n\n${networkLine(facts)}`,
    {
      images,
      against: options.against,
      reference: reference.statistics.count,
      network: facts,
      ...asJson(figures),
    },
  )
}

export const run = async ([draws]: readonly string[], options: Options, io: Io): Promise<void> => {
  const scores = scoresOf(options)
  const statistics = options.saveStats === undefined ? undefined : checkedOutput(options.saveStats)
  await requireDevice(options.device)
  const network = await openNetwork(options)
  try {
    const gathering = { network, scores, options, io }
    const reference = await referenceOf(gathering)
    if (statistics !== undefined) writeStatistics(statistics, network, reference.statistics)
    if (options.laps) await scoreLaps(draws, reference, gathering)
    else await scoreOne(draws, reference, gathering)
  } finally {
    await network.release()
  }
}
