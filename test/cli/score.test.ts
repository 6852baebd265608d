/** `tweedie score`, in this process: laps, pairs, statistics, and what is refused. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { makeIo } from '../../src/cli/io.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { openImageSet } from '../../src/cli/scored/image-source.ts'
import { loadMnist } from '../../src/datasets/index.ts'
import { writeArrays } from '../../src/formats/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { full, NdArray, ndarray, rows } from '../../src/tensor/index.ts'
import { tweedie } from './tweedie.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-score-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const fixture = (name: string) => fileURLToPath(new URL(`../diagnose/fixtures/${name}`, import.meta.url))
const [pairs, network] = [fixture('pairs.onnx'), fixture('scores.onnx')]

/** The result of a command with --json, or what it throws. */
const score = async (...argv: readonly string[]) => {
  let printed = ''
  const quiet = { write: () => true }
  const io = makeIo(
    { stdout: { write: (text) => (printed += text) }, stderr: quiet },
    { json: true },
    new AbortController().signal,
  )
  const program = makeProgram('0.0.0', async (_, args, options) =>
    (await commands.score.load()).run(args, options, io),
  )
  await program.parseAsync(['node', 'tweedie', 'score', ...argv, '--json'])
  return JSON.parse(printed)
}

/** A refusal: one line, and the code of what the user gave. */
const refused = (says: string | RegExp) =>
  expect.objectContaining({
    code: expect.stringMatching(/^(input|shape)$/),
    message: typeof says === 'string' ? says : expect.stringMatching(says),
  })

const few = ['--count', '200', '--kid-subsets', '5'] as const
const clipped = (x: NdArray<'float32'>) =>
  new NdArray(
    'float32',
    x.shape,
    x.data.map((v) => Math.min(1, Math.max(0, 0.5 + v / 5))),
  )

const config = `
data: { clean: mnist, count: 60, observe: { operator: { kind: mask, keep: 0.5 }, noise: 0.05, seed: 1 } }
net: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8, unshuffle: 2 }
gaussian: { rank: 4, iterations: 2 }
em: { laps: 2, batch: 30, sampling: { steps: 3 } }
train: { steps: 4, batch: 8 }
monitor: { samples: 70, steps: 3, held: { observations: 0 } }
`

beforeAll(async () => {
  writeFileSync(at('config.yaml'), config)
  expect(tweedie('learn', at('config.yaml'), '-o', at('run')).status).toBe(0)
  writeArrays(at('digits.npz'), { x: loadMnist({ split: 'test', count: 70 }).images })
  await score(at('digits.npz'), '--against', 'mnist', ...few, '--save-stats', at('stats.npz'))
}, 120_000)

describe('tweedie score', () => {
  it('gives the same figures by statistics that were kept', async () => {
    const args = [at('digits.npz'), '--kid-subsets', '5', '--against']
    const { against: _, ...direct } = await score(...args, 'mnist', '--count', '200')
    const { against: __, ...again } = await score(...args, at('stats.npz'))
    expect(again).toEqual(direct)
    expect(direct.network).toMatchObject({ name: 'features', features: 64, inception: false })
    expect(direct.is.value).toBeGreaterThan(3)
    expect(Object.keys(await score(...args, at('stats.npz'), '--scores', 'fid'))).not.toContain('kid')
  })

  it('scores every lap: what the run kept, or what it draws and keeps', async () => {
    const args = [at('run'), '--laps', '--against', at('stats.npz'), '--scores', 'fid,is']
    const laps = ({ laps: found }: { laps: { lap: number; images: number }[] }) =>
      found.map(({ lap, images }) => [lap, images])
    expect(laps(await score(...args))).toEqual([0, 1, 2].map((lap) => [lap, 70]))
    const first = await score(...args, '-n', '64', '--steps', '3')
    expect(laps(first)).toEqual([0, 1, 2].map((lap) => [lap, 64]))
    const drawn = readdirSync(at('run/draws')).filter((name) => name.startsWith('scored-'))
    expect(drawn).toEqual([0, 1, 2].map((lap) => `scored-lap-00${lap}-64-ddim-3-seed-0.npz`))
    expect(await score(...args, '-n', '64', '--steps', '3')).toEqual(first)
    expect(await score(...args, '-n', '64', '--steps', '3', '--seed', '1')).not.toEqual(first)
  })

  it('takes samples of a prior as they are, however far from images: their units are known', async () => {
    writeArrays(at('far.npz'), { x: full([70, 1, 28, 28], 3) })
    const [guessed, known] = [
      await openImageSet(at('far.npz')),
      await openImageSet(at('far.npz'), { sure: true }),
    ]
    await expect(guessed.rows(0, 2)).rejects.toThrow(/expected images in \[0, 1\], got values from 3 to 3/)
    expect((await known.rows(0, 2)).data[0]).toBe(3)
    writeArrays(at('nan.npz'), { x: full([70, 1, 28, 28], Number.NaN) })
    const none = await openImageSet(at('nan.npz'), { sure: true })
    await expect(none.rows(5, 6)).rejects.toThrow(/image 5 is not finite/)
  })

  it('takes draws of a posterior, and pairs of restorations and truth', async () => {
    const colours = clipped(normal(stream(0, 'colours'), [3, 4, 3, 12, 12]))
    writeArrays(at('posterior.npz'), { draws: colours })
    writeArrays(at('truth.npz'), { x: new NdArray('float32', [4, 3, 12, 12], rows(colours, 1, 2).data) })
    const found = await score(at('posterior.npz'), '--against', at('truth.npz'), '--lpips', pairs)
    expect(found).toMatchObject({ images: 12, reference: 4, network: { name: 'pairs' } })
    // One draw of three is the truth itself, of each image.
    const alone = clipped(normal(stream(0, 'colours'), [3, 4, 3, 12, 12]))
    writeArrays(at('two.npz'), {
      draws: new NdArray(
        'float32',
        [2, 4, 3, 12, 12],
        Float32Array.from([...rows(alone, 0, 1).data, ...rows(alone, 2, 3).data]),
      ),
    })
    const others = await score(at('two.npz'), '--against', at('truth.npz'), '--lpips', pairs)
    expect(found.lpips.value).toBeCloseTo((2 / 3) * others.lpips.value, 6)
    await expect(score(at('truth.npz'), '--against', at('posterior.npz'), '--lpips', pairs)).rejects.toEqual(
      refused('pairs: 4 images are no restorations of 12 real ones'),
    )
  })

  it('names another network, and what it is given', async () => {
    const scored = await score(
      ...[at('digits.npz'), '--against', at('digits.npz'), '--network', network, '--size', '96,120'],
      ...['--features', 'features', '--logits', 'logits', '--kid-size', '30', '--kid-subsets', '2'],
    )
    expect(scored.fid).toEqual({
      label: 'Fréchet feature distance (scores, n = 70)',
      value: expect.closeTo(0, 6),
    })
    expect(scored.network).toMatchObject({
      features: 12,
      preparation: '256 levels, 96×120 (triangle), (x − 0)/1, output features',
    })
  })

  it('names FID, IS and KID of the original Inception', async () => {
    const scored = await score(
      ...[at('digits.npz'), '--against', at('digits.npz'), '--network', network, '--inception'],
      ...['--features', 'features', '--logits', 'logits', '--kid-size', '30', '--kid-subsets', '2'],
    )
    const labels = ['fid', 'is', 'kid', 'recall'].map((name) => scored[name].label)
    expect(labels).toEqual([
      'FID (n = 70)',
      'IS (n = 70)',
      'KID (2 subsets of 30)',
      'recall (Inception, k = 3, n = 70)',
    ])
    expect(scored.network.preparation).toBe(
      '256 levels, 299×299 (tensorflow), (x − 0.501961)/0.501961, output features',
    )
  })

  const image = (value: number) => Array<number>(24 * 24).fill(value)
  const files: Readonly<Record<string, NdArray>> = {
    'few.npz': ndarray([...image(0.5), ...image(0.1)], [2, 1, 24, 24]),
    'signed.npz': ndarray([...image(-1), ...image(1)], [2, 1, 24, 24]),
    'nan.npz': ndarray([Number.NaN, ...image(0.5).slice(1)], [1, 1, 24, 24]),
    'colour.npz': ndarray(Array(432).fill(0.5), [1, 3, 12, 12]),
    'vectors.npz': ndarray(Array(6).fill(0.5), [3, 2]),
  }
  const refusals: readonly (readonly [name: string, says: string | RegExp, ...args: readonly string[]])[] = [
    [
      'few.npz',
      'Fréchet distance: 64 features need at least as many images on both sides, there are 2',
      ...['--against', 'mnist'],
    ],
    [
      'signed.npz',
      /signed\.npz: expected images in \[0, 1\], got values from -1 to -1$/,
      '--against',
      'mnist',
    ],
    ['nan.npz', /nan\.npz: image 0 is not finite \(NaN\)/, '--against', 'mnist'],
    [
      'colour.npz',
      'mnist: images of 1 channels, those to be judged have 3',
      ...['--against', 'mnist', '--scores', 'pr'],
    ],
    ['vectors.npz', /must be images \[N, C, H, W\] or draws .*, got \[3,2\]/, '--against', 'mnist'],
    ['digits.npz', /winds: expected images .*, got items/, '--against', 'winds'],
    ['digits.npz', 'mnist: has 9000 images, 9001 were asked for', '--against', 'mnist', '--count', '9001'],
    [
      'digits.npz',
      /stats\.npz: statistics of the network 'features' \(\w{16}\), not of 'scores'/,
      ...['--against', 'stats.npz', '--network', network, '--size', '299'],
    ],
    ['digits.npz', /it has 2 inputs/, '--against', 'mnist', '--network', pairs],
    ['digits.npz', /expected an ONNX network/, '--against', 'mnist', '--network', 'config.yaml'],
    [
      'digits.npz',
      /no output 'pool', the network has features, logits/,
      ...['--against', 'mnist', '--network', network, '--features', 'pool'],
    ],
    ['digits.npz', /unknown 'fis'; did you mean 'fid'/, '--against', 'mnist', '--scores', 'fis'],
    ['digits.npz', /subsets of 71 need as many images/, '--against', 'stats.npz', '--kid-size', '71'],
    ['digits.npz', /--draws goes with --laps/, '--against', 'mnist', '-n', '5'],
    ['digits.npz', /go with --network/, '--against', 'mnist', '--size', '9'],
    [
      'digits.npz',
      /expected a side, or height,width/,
      '--against',
      'mnist',
      '--network',
      network,
      '--size',
      'x',
    ],
    ['config.yaml', /config\.yaml/, '--laps', '--against', 'mnist'],
    ['digits.npz', /cannot write/, '--against', 'mnist', '--save-stats', 'no/such/stats.npz'],
  ]
  it.each(refusals.map(([name, says, ...args]) => ({ name, says, args })))(
    'refuses $name: $says',
    async ({ name, says, args }) => {
      if (files[name]) writeArrays(at(name), { x: files[name] })
      const own = args.map((arg) => (arg === 'stats.npz' || arg === 'config.yaml' ? at(arg) : arg))
      await expect(score(at(name), ...own)).rejects.toEqual(refused(says))
    },
  )
})
