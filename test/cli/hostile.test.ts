/** What the command line says to damaged, absurd and contradictory input: one line, the right code, nothing left behind. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeNpy, encodeNpz, encodePng, encodeSafetensors } from '../../src/data/index.ts'
import { readJournal } from '../../src/run/index.ts'
import { full, type NdArray, ndarray, scalar } from '../../src/tensor/ndarray.ts'
import { startTweedie, tweedie } from '../e2e/built.ts'
import { scratch } from '../run/scratch.ts'
import { canMount, enlargeDisk, smallDisk } from '../run/small-disk.ts'

const N = 6
const values = (shape: number[], value = 0.5) => full(shape, value)
const y = values([N, 1, 8, 8])
const mask = full([N, 1, 8, 8], 1, 'uint8')
const noise = scalar(0.05, 'float64')

const withElement = (array: NdArray, at: number, value: number): NdArray => {
  const changed = ndarray(Array.from(array.data, Number), array.shape)
  changed.data[at] = value
  return changed
}

/** A .npy file whose header says anything. */
const npyWith = (header: string, data = 0): Uint8Array => {
  const bytes = new Uint8Array(10 + header.length + data)
  bytes.set([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 0xff, header.length >> 8])
  bytes.set(Buffer.from(header), 10)
  return bytes
}

/** A .safetensors file whose header says anything, and whose length says even more. */
const safetensorsWith = (header: object, length?: bigint): Uint8Array => {
  const json = Buffer.from(JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

const HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }\n"
const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length / 2)
const png = (value: number, size = 8) => encodePng(values([1, size, size], value))

const tiny = `
net: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8 }
gaussian: { rank: 2, iterations: 1 }
em: { laps: 1, sampling: { steps: 2 } }
train: { steps: 2, batch: 4 }
monitor: { samples: 0 }
`

type Files = Readonly<Record<string, Uint8Array | string>>

interface Case {
  readonly name: string
  readonly files?: Files
  readonly args: readonly string[]
  readonly says: RegExp
}

const pack = ['--observed', '--mask', 'mask.npy', '--noise', '0.05', '-o', 'out.npz']
const observe = ['observe', 'y.npy', ...pack]
const own = (files: Files): Files => ({ 'y.npy': encodeNpy(y), 'mask.npy': encodeNpy(mask), ...files })
const learn = (observations: string, ...more: string[]) => [
  'learn',
  'config.yaml',
  `data.observations=${observations}`,
  '-o',
  'run',
  ...more,
]
const set = (arrays: Record<string, NdArray>) => encodeNpz({ y, mask, noise, ...arrays })
const good = { 'set.npz': set({}) }

const arrayFiles: Case[] = [
  {
    name: 'a truncated .npy',
    files: own({ 'y.npy': half(encodeNpy(y)) }),
    args: observe,
    says: /^y\.npy: truncated/,
  },
  {
    name: 'a .npy whose header asks for 4 TB',
    files: own({ 'y.npy': npyWith(HUGE, 64) }),
    args: observe,
    says: /^y\.npy: truncated: .*needs 4000000000000 bytes of data, the file has 64$/,
  },
  {
    name: 'a .npy of integers',
    files: own({ 'y.npy': encodeNpy(full([N, 1, 8, 8], 3, 'int32')) }),
    args: observe,
    says: /field 'y' must have dtype float32 or float64, got int32/,
  },
  {
    name: 'a .npy that is something else',
    files: own({ 'y.npy': 'hello' }),
    args: observe,
    says: /^y\.npy: /,
  },
  {
    name: 'a truncated .npz',
    files: { 'set.npz': half(set({})) },
    args: learn('set.npz'),
    says: /^set\.npz: /,
  },
  {
    name: 'a .npz whose member asks for 4 TB',
    files: { 'set.npz': zipSync({ 'y.npy': npyWith(HUGE, 64) }) },
    args: learn('set.npz'),
    says: /^set\.npz.*needs 4000000000000 bytes/,
  },
  {
    name: 'a .npz of integers',
    files: { 'set.npz': set({ y: full([N, 1, 8, 8], 3, 'int64') }) },
    args: learn('set.npz'),
    says: /^set\.npz: field 'y' must have dtype float32 or float64, got int64/,
  },
  {
    name: 'a truncated .safetensors',
    files: { 'set.safetensors': half(encodeSafetensors({ y, mask, noise })) },
    args: learn('set.safetensors'),
    says: /^set\.safetensors: /,
  },
  {
    name: 'a .safetensors whose header has 2^60 bytes',
    files: { 'set.safetensors': safetensorsWith({}, 2n ** 60n) },
    args: learn('set.safetensors'),
    says: /^set\.safetensors: .*1152921504606846976/,
  },
  {
    name: 'a .safetensors of an unknown dtype',
    files: {
      'set.safetensors': safetensorsWith({ y: { dtype: 'F8_E4M3', shape: [0], data_offsets: [0, 0] } }),
    },
    args: learn('set.safetensors'),
    says: /^set\.safetensors: .*F8_E4M3/,
  },
  {
    name: 'a .safetensors of integers',
    files: { 'set.safetensors': encodeSafetensors({ y: full([N, 4], 3, 'int32'), noise }) },
    args: learn('set.safetensors'),
    says: /field 'y' must have dtype float32 or float64, got int32/,
  },
  { name: 'a missing file', args: learn('nowhere.npz'), says: /^nowhere\.npz: cannot read: no such file/ },
  { name: 'an unknown format', args: learn('set.txt'), says: /^set\.txt: extension must be one of/ },
]

const observations: Case[] = [
  {
    name: 'NaN among the observations',
    files: own({ 'y.npy': encodeNpy(withElement(y, 70, Number.NaN)) }),
    args: observe,
    says: /field 'y' has 1 values that are NaN or infinite, the first at \[1, 0, 0, 6\]/,
  },
  {
    name: 'NaN in an observation set',
    files: { 'set.npz': set({ y: withElement(y, 0, Number.POSITIVE_INFINITY) }) },
    args: learn('set.npz'),
    says: /^set\.npz: field 'y' has 1 values that are NaN or infinite/,
  },
  {
    name: 'a mask of grey',
    files: own({ 'mask.npy': encodeNpy(withElement(mask, 1, 0.5)) }),
    args: observe,
    says: /field 'mask' must be 0 or 1 \(1 = observed\), got 0\.5 at \[0, 0, 0, 1\]/,
  },
  {
    name: 'a mask of another size',
    files: own({ 'mask.npy': encodeNpy(full([N, 1, 8, 9], 1, 'uint8')) }),
    args: observe,
    says: /field 'mask' must have the shape of y, \[6,1,8,8\], got \[6,1,8,9\]/,
  },
  {
    name: 'no noise',
    files: own({}),
    args: observe.with(observe.indexOf('0.05'), '0'),
    says: /field 'noise' must be a positive standard deviation in units of y, got 0/,
  },
  {
    name: 'negative noise',
    files: own({}),
    args: observe.with(observe.indexOf('0.05'), '-1'),
    says: /--noise.*at least 0/,
  },
  {
    name: 'observations of unknown noise',
    files: own({}),
    args: ['observe', 'y.npy', '--observed', '-o', 'out.npz'],
    says: /^--observed needs --noise/,
  },
  {
    name: 'a range upside down',
    files: own({}),
    args: [...observe, '--range=1,0'],
    says: /^--range: expected two numbers, low,high, got '1,0'/,
  },
  {
    name: 'no noise in an observation set',
    files: { 'set.npz': set({ noise: scalar(0, 'float64') }) },
    args: learn('set.npz'),
    says: /^set\.npz: field 'noise' must be a positive/,
  },
  {
    name: 'a set without noise',
    files: { 'set.npz': encodeNpz({ y, mask }) },
    args: learn('set.npz'),
    says: /^set\.npz: an observation set needs the field 'noise'/,
  },
  {
    name: 'a field that no set has',
    files: { 'set.npz': encodeNpz({ y, maks: mask, noise }) },
    args: learn('set.npz'),
    says: /^set\.npz: unknown field 'maks'; did you mean 'mask'\?/,
  },
  {
    name: 'an operator that is not linear, with a start that needs one',
    files: { 'x.npy': encodeNpy(y) },
    args: ['learn', 'config.yaml', 'data.clean=x.npy', 'data.observe.operator.kind=clip', '-o', 'run'],
    says: /^field 'gaussian\.eStep': 'exact' needs a linear operator, 'clip' is none; use diffusion/,
  },
  {
    name: 'an operator that a closed form does not know',
    files: { 'x.npy': encodeNpy(y) },
    args: [
      ...['learn', 'config.yaml', 'data.clean=x.npy', 'data.observe.operator.kind=pool'],
      ...['gaussian.eStep=moments', '-o', 'run'],
    ],
    says: /^field 'gaussian\.eStep': 'moments' knows masks and projections only, not 'pool'; use exact/,
  },
  {
    name: 'a set of an operator that nobody knows',
    files: {
      'set.npz': encodeNpz({
        y,
        noise,
        operator: ndarray(
          [...Buffer.from('{"name":"blurr","linear":true,"event":[1,8,8],"settings":{}}')],
          undefined,
          'uint8',
        ),
      }),
    },
    args: learn('set.npz'),
    says: /^set\.npz: unknown operator 'blurr'; did you mean 'blur'\?/,
  },
  {
    name: 'an operator that does not fit the data',
    files: { 'x.npy': encodeNpy(y) },
    args: ['observe', 'x.npy', 'factor=3', '--operator', 'pool', '-o', 'out.npz'],
    says: /^average-pool: factor 3 does not divide images of 8×8/,
  },
  {
    name: 'images without masks',
    files: { 'damaged/a.png': png(0.5) },
    args: ['observe', 'damaged', '--observed', '--noise', '0.05', '-o', 'out.npz'],
    says: /^damaged: a folder of damaged images needs --mask/,
  },
  {
    name: 'an image without its mask',
    files: { 'damaged/a.png': png(0.5), 'damaged/b.png': png(0.5), 'masks/a.png': png(1) },
    args: ['observe', 'damaged', '--observed', '--mask', 'masks', '--noise', '0.05', '-o', 'out.npz'],
    says: /^masks\/b\.png: missing; images and masks need the same names/,
  },
  {
    name: 'images of two sizes',
    files: { 'damaged/a.png': png(0.5), 'damaged/b.png': png(0.5, 4), 'masks/a.png': png(1) },
    args: ['observe', 'damaged', '--observed', '--mask', 'masks', '--noise', '0.05', '-o', 'out.npz'],
    says: /^damaged\/b\.png: image of shape \[1,4,4\], but a\.png has \[1,8,8\]/,
  },
  {
    name: 'a grey mask image',
    files: { 'damaged/a.png': png(0.5), 'masks/a.png': png(0.5) },
    args: ['observe', 'damaged', '--observed', '--mask', 'masks', '--noise', '0.05', '-o', 'out.npz'],
    says: /field 'mask' must be 0 or 1 \(1 = observed\)/,
  },
]

const configurations: Case[] = [
  {
    name: 'an unknown field',
    files: good,
    args: learn('set.npz', 'em.lap=3'),
    says: /^em\.lap=3: unknown field 'em\.lap'; did you mean 'laps'\?/,
  },
  {
    name: 'an unknown field of the file',
    files: { ...good, 'config.yaml': `${tiny}trian: { steps: 3 }\n` },
    args: learn('set.npz'),
    says: /^config\.yaml: unknown field 'trian'; did you mean 'train'\?/,
  },
  {
    name: 'a number that must be positive',
    files: good,
    args: learn('set.npz', 'train.batch=0'),
    says: /^train\.batch=0: field 'train\.batch'.*got 0$/,
  },
  {
    name: 'what is no YAML',
    files: { ...good, 'config.yaml': 'net: {' },
    args: learn('set.npz'),
    says: /^config\.yaml: not YAML: /,
  },
  {
    name: 'a configuration that is not there',
    args: ['learn', 'nowhere.yaml', '-o', 'run'],
    says: /^nowhere\.yaml: /,
  },
  { name: 'no data', args: ['learn', 'config.yaml', '-o', 'run'], says: /^data: give 'observations'/ },
  {
    name: 'a rank above the number of pixels',
    files: good,
    args: learn('set.npz', 'gaussian.rank=65'),
    says: /'gaussian\.rank'.*64.*65/,
  },
  {
    name: 'a divergence to an unknown truth',
    files: good,
    args: learn('set.npz', 'monitor.sinkhorn=8'),
    says: /'monitor\.sinkhorn'.*data\.clean/,
  },
  {
    name: 'images that the levels cannot halve',
    files: { 'set.npz': encodeNpz({ y: values([N, 1, 7, 7]), noise }) },
    args: learn('set.npz'),
    says: /images of 7×7 must be divisible by 2/,
  },
  {
    name: 'a U-Net for vectors',
    files: { 'set.npz': encodeNpz({ y: values([N, 5]), noise }) },
    args: learn('set.npz'),
    says: /a unet needs images .*\[5\]/,
  },
  {
    name: 'a folder that holds something else',
    files: { ...good, 'run/config.yaml': 'x: 1\n' },
    args: learn('set.npz'),
    says: /^run: not a run folder, but holds config\.yaml/,
  },
  {
    name: 'clean data that are not finite',
    files: { 'x.npy': encodeNpy(withElement(y, 5, Number.NaN)) },
    args: ['train', 'config.yaml', 'data.clean=x.npy', '-o', 'run'],
    says: /^x\.npy: field 'x' is not finite/,
  },
]

const priors: Case[] = [
  {
    name: 'no prior',
    args: ['sample', 'nowhere', '-o', 'out.npz'],
    says: /^nowhere: no such file or folder/,
  },
  {
    name: 'arrays as a prior',
    files: { 'w.safetensors': encodeSafetensors({ y }) },
    args: ['sample', 'w.safetensors', '-o', 'out.npz'],
    says: /^w\.safetensors: not a checkpoint of tweedie/,
  },
  {
    name: 'a resume point as a prior',
    args: ['sample', 'point.safetensors', '-o', 'out.npz'],
    says: /^point\.safetensors: holds no prior/,
  },
  {
    name: 'a torn prior',
    args: ['sample', 'torn.safetensors', '-o', 'out.npz'],
    says: /^torn\.safetensors: /,
  },
  {
    name: 'observations of another size than the prior',
    files: { 'large.npz': encodeNpz({ y: values([2, 1, 12, 12]), noise }) },
    args: ['sample', 'prior.safetensors', 'large.npz', '-o', 'out.npz'],
    says: /^large\.npz: observes signals of shape \[1,12,12\], the prior knows \[1,8,8\]/,
  },
  {
    name: 'more observations than there are',
    files: good,
    args: ['sample', 'prior.safetensors', 'set.npz', '--count', '99', '-o', 'out.npz'],
    says: /has 6 observations, 99 were asked for/,
  },
  {
    name: 'draws without a place',
    files: good,
    args: ['sample', 'prior.safetensors', 'set.npz'],
    says: /--output/,
  },
  {
    name: 'an output of an unknown format',
    files: good,
    args: ['sample', 'prior.safetensors', 'set.npz', '-o', 'out.txt'],
    says: /^out\.txt: extension must be one of/,
  },
  {
    name: 'a file in a folder that is not there',
    files: own({}),
    args: [...observe.slice(0, -1), 'nowhere/out.npz'],
    says: /^nowhere\/out\.npz: cannot write: there is no folder nowhere/,
  },
]

/** Folders of concurrent tests, which know no hooks of their own. */
const home = mkdtempSync(join(tmpdir(), 'tweedie-hostile-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const freshFolder = (): string => mkdtempSync(join(home, 'case-'))

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

/** Real checkpoints of a tiny run on the good set. */
let checkpoints: Files
beforeAll(() => {
  const folder = freshFolder()
  writeFileSync(join(folder, 'config.yaml'), tiny)
  writeFileSync(join(folder, 'set.npz'), set({}))
  const { status, stderr } = tweedie([...learn('set.npz'), '-q'], { cwd: folder })
  expect([status, stderr]).toEqual([0, ''])
  const names = readdirSync(join(folder, 'run', 'checkpoints'))
  const bytes = (name: string) => readFileSync(join(folder, 'run', 'checkpoints', name))
  const point = bytes(names.find((name) => /^\d{6}-/.test(name)) ?? '')
  const prior = bytes('prior.safetensors')
  checkpoints = { 'point.safetensors': point, 'prior.safetensors': prior, 'torn.safetensors': half(prior) }
}, 60_000)

describe.concurrent.each([
  ['files of arrays', arrayFiles],
  ['observations', observations],
  ['configurations', configurations],
  ['priors', priors],
])('%s', (_, cases) => {
  it.each(cases)('$name', async ({ files = {}, args, says }) => {
    const folder = freshFolder()
    for (const [name, content] of Object.entries({ 'config.yaml': tiny, ...checkpoints, ...files })) {
      const path = join(folder, name)
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, content)
    }
    const before = filesIn(folder)
    const work = startTweedie(args, { cwd: folder })
    const ended = await work.ended
    expect(work.stderr()).toMatch(/^tweedie: [^\n]+\n$/)
    expect(work.stderr().slice('tweedie: '.length).trimEnd()).toMatch(says)
    expect([ended, work.stdout()]).toEqual([2, ''])
    expect(filesIn(folder)).toEqual(before)
  })
})

const diskFull = /^tweedie: .*no space left on device \(ENOSPC\)\n$/

describe.skipIf(!canMount())('a full disk (needs root and mount: skipped without them)', () => {
  it('takes no half of an observation set', () => {
    const disk = smallDisk(scratch(), '16k')
    const result = tweedie(['observe', 'mnist', '--count', '200', '-o', join(disk, 'out.npz')])
    expect([result.status, result.stdout]).toEqual([1, ''])
    expect(result.stderr).toMatch(diskFull)
    expect(readdirSync(disk)).toEqual([])
  })

  it('stops learning with the resume point before, and learning goes on when there is room', () => {
    const folder = scratch()
    writeFileSync(join(folder, 'config.yaml'), tiny)
    writeFileSync(join(folder, 'set.npz'), set({}))
    const disk = smallDisk(folder, '400k')
    const run = join(disk, 'run')
    const args = [...learn('set.npz').slice(0, -1), run, 'em.laps=2', '--checkpoint-every', '0', '-q']
    const filler = join(disk, 'filler')
    writeFileSync(filler, Buffer.alloc(200 * 1024))
    const stopped = tweedie(args, { cwd: folder })
    expect([stopped.status, stopped.stdout]).toEqual([1, ''])
    expect(stopped.stderr).toMatch(diskFull)
    expect(filesIn(run).filter((name) => name.endsWith('.tmp') || name === 'lock')).toEqual([])

    enlargeDisk(disk, '4m')
    expect(tweedie([...args, '--resume'], { cwd: folder }).status).toBe(0)
    expect(tweedie([...args.with(args.indexOf(run), 'elsewhere')], { cwd: folder }).status).toBe(0)
    const prior = (where: string) => readFileSync(join(where, 'checkpoints', 'prior.safetensors'))
    expect(prior(run).equals(prior(join(folder, 'elsewhere')))).toBe(true)
    const laps = readJournal(join(run, 'journal.jsonl')).flatMap(({ event, lap }) =>
      event === 'lap' ? [lap] : [],
    )
    expect(laps).toEqual([0, 1, 2])
  }, 120_000)
})
