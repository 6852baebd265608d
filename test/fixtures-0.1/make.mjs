/**
 * The fixtures of Tweedie 0.1, made with its command line (`node dist/cli/main.js`, in the folder of the fixtures) and, where the command
 * line cannot write a form, with its library. `expected.json` lists every command. Run by make.sh.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [root, out] = [resolve(process.argv[2]), resolve(process.argv[3])]
const tweedie = await import(pathToFileURL(join(root, 'dist/index.js')).href)
const { NdArray, readArrays, writeArrays, readObservations, writeObservations, observationsInPriorUnits } =
  tweedie
const main = join(root, 'dist/cli/main.js')
const WORK = 'work.tmp'

for (const folder of ['clean', 'sets', 'priors', 'samplers', 'draws', 'restored', WORK])
  rmSync(join(out, folder), { recursive: true, force: true })
for (const folder of ['clean', 'sets', 'priors', 'samplers', 'draws', 'restored', WORK])
  mkdirSync(join(out, folder), { recursive: true })
process.chdir(out)

/** Runs `tweedie COMMAND` (arguments have no blanks) → its exit code and last line of complaint. */
const attempt = (command) => {
  const { status, stderr } = spawnSync(process.execPath, [main, ...command.split(' '), '--quiet'], {
    cwd: out,
    encoding: 'utf8',
  })
  return { status, complaint: stderr.trim().split('\n').at(-1) }
}
/** Every command that made something, as it is typed here. */
const commands = []
const cli = (command) => {
  const { status, complaint } = attempt(command)
  commands.push(command)
  if (status !== 0) throw new Error(`tweedie ${command}: ${status}: ${complaint}`)
}

const [DRAWS, STEPS, SEED] = [2, 8, 3]
const ASKED = `-n ${DRAWS} --steps ${STEPS} --seed ${SEED}`
const RESTORED = `-n ${DRAWS} --seed ${SEED}`
const manifest = {
  version: '0.1.0',
  note: 'See README.md.',
  draws: DRAWS,
  steps: STEPS,
  seed: SEED,
  sampleArguments: ASKED,
  restoreArguments: RESTORED,
  clean: [],
  sets: [],
  priors: [],
  samplers: [],
  sampled: [],
  restored: [],
  unstable: [],
  refused: [],
}

const fieldsOf = (file) =>
  Object.entries(readArrays(file))
    .map(([key, { dtype, shape }]) => `${key} ${dtype} [${shape}]`)
    .join(', ')

// ---------------------------------------------------------------------------------------------------- clean data

const cleanFile = (file, array, about) => {
  writeArrays(file, { x: array })
  manifest.clean.push({ file, fields: fieldsOf(file), about })
}
/** Means of blocks of `factor`² pixels, rounded to bytes. */
const averaged = ({ shape: [, c, h, w], data }, count, factor, border = 0) => {
  const [rows, columns] = [(h - 2 * border) / factor, (w - 2 * border) / factor]
  const bytes = new Uint8Array(count * c * rows * columns)
  for (let at = 0; at < bytes.length; at++) {
    const [image, i, j] = [
      Math.floor(at / (rows * columns)),
      Math.floor((at % (rows * columns)) / columns),
      at % columns,
    ]
    let total = 0
    for (let k = 0; k < factor * factor; k++)
      total +=
        data[
          (image * h + border + i * factor + Math.floor(k / factor)) * w + border + j * factor + (k % factor)
        ]
    bytes[at] = Math.round((255 * total) / factor ** 2)
  }
  return new NdArray('uint8', [count, c, rows, columns], bytes)
}
const scaled = ({ shape, data }, scale, offset) =>
  new NdArray(
    'float32',
    shape,
    Float32Array.from(data, (v) => scale * v + offset),
  )

const COUNT = 20
const digits = averaged(tweedie.loadMnist({ count: COUNT }).images, COUNT, 3, 2)
cleanFile('clean/digits.npz', digits, 'MNIST digits, means of 3×3 pixels, 8×8; bytes are k/255')
cleanFile('clean/digits-signed.npz', scaled(digits, 2 / 255, -1), 'the same in [-1, 1]')
cleanFile('clean/digits-255.npz', scaled(digits, 1, 0), 'the same in [0, 255]')
cleanFile(
  'clean/colour.npz',
  averaged(tweedie.loadPhotos('train'), COUNT, 4),
  'photographs, means of 4×4 pixels, 8×8',
)
const manifold = tweedie.smoothManifold({ m: 1, n: 5, seed: 0, count: 64 })
cleanFile('clean/points.npz', manifold, 'points of the manifold in five dimensions, in [-2, 2]')
cleanFile('clean/points-10.npz', scaled(manifold, 2.5, 5), 'the same in [0, 10]')
const rows = Uint8Array.from(
  { length: COUNT * 16 },
  (_, i) => digits.data[Math.floor(i / 16) * 64 + 24 + (i % 16)],
)
cleanFile(
  'clean/signals.npz',
  new NdArray('uint8', [COUNT, 1, 16], rows),
  'two rows of each digit as a signal of 16 points',
)

// ---------------------------------------------------------------------------------------------------- observation sets

const sets = new Map()
/**
 * A set by the command line. `prior`: what samples it; `methods`: three of them for all observations (`all`), the default for all and two
 * for the first (`few`), or the default alone (`default`).
 */
const set = (file, about, observe, { prior, methods = 'few' } = {}) => {
  const command = `observe ${observe} -o sets/${file}`
  cli(command)
  noted(file, about, {}, prior, methods)
}
/** A set that the command line of 0.1 cannot write. */
const bySet = (file, about, library, make, { prior, methods = 'few' } = {}) => {
  make(`sets/${file}`)
  noted(file, about, { library }, prior, methods)
}
const noted = (file, about, how, prior, methods) => {
  const { operator, noise, std, range } = readObservations(`sets/${file}`)
  const kind = operator.kind === 'family' ? `family ${operator.name}` : operator.kind
  manifest.sets.push({
    file: `sets/${file}`,
    about,
    ...how,
    operator: kind,
    ...(operator.kind === 'family' ? { settings: operator.settings, units: operator.units } : {}),
    range: [...range],
    noise,
    ...(std ? { std: [...std.shape] } : {}),
    fields: fieldsOf(`sets/${file}`),
  })
  sets.set(file, { prior, methods })
}
const DIGITS = 'clean/digits.npz --noise 0.1 --count 3'
const SIGNED = 'clean/digits-signed.npz --range=-1,1 --noise 0.2 --count 3'
const BYTES = 'clean/digits-255.npz --range=0,255 --noise 25 --count 3'
const COLOUR = 'clean/colour.npz --noise 0.05 --count 3'
const POINTS = 'clean/points.npz --range=-2,2 --noise 0.1 --count 4'
const POINTS10 = 'clean/points-10.npz --range=0,10 --noise 0.25 --count 4'
const [ON_DIGITS, ON_SIGNED, ON_BYTES] = [
  { prior: 'digits' },
  { prior: 'digits-signed' },
  { prior: 'digits-255' },
]
const CORE = ['mask.npz', 'projection.npz', 'projection-10.safetensors', 'blur.npz', 'blur-signed.npz']
const once = (options) => ({ ...options, methods: 'default' })

// the forms that are no family
set('mask.npz', 'mask of the shape of y', `${DIGITS} --keep 0.5`, ON_DIGITS)
set(
  'learn-mask.npz',
  'the same and more of them: the prior digits was learned from these',
  `${DIGITS.replace('--count 3', `--count ${COUNT}`)} --keep 0.5`,
)
set('mask-colour.safetensors', 'three channels share a mask', `${COLOUR} --keep 0.5`, { prior: 'colour' })
bySet(
  'mask-colour-own.npz',
  'three channels, each with a mask of its own',
  'writeObservations(file, { y, operator: { kind: "mask", mask }, noise: 0.05, range: [0, 1] })',
  (path) => {
    const { y } = readObservations('sets/mask-colour.safetensors')
    const mask = tweedie.bernoulli(tweedie.stream(7, 'fixture mask'), 0.6, y.shape)
    const seen = y.data.map((v, i) => v * mask.data[i])
    writeObservations(path, {
      y: new NdArray('float32', y.shape, seen),
      operator: { kind: 'mask', mask },
      noise: 0.05,
      range: [0, 1],
    })
  },
  once({ prior: 'colour' }),
)
set('mask-signed.npz', 'mask, data in [-1, 1]', `${SIGNED} --keep 0.5`, ON_SIGNED)
set('mask-255.safetensors', 'mask, data in [0, 255]', `${BYTES} --keep 0.5`, ON_BYTES)
set('box.npz', 'a square hole', `${DIGITS} --operator box size=4`, once(ON_DIGITS))
set('mask-points.npz', 'mask over vectors', `${POINTS10} --keep 0.6`, once({ prior: 'points-10' }))
set(
  'vertices.npz',
  'points of a signal deleted',
  'clean/signals.npz --noise 0.1 --count 3 --operator vertices keep=0.5',
  once({ prior: 'signals' }),
)
set('projection.npz', 'matrices over points', `${POINTS} --operator projection dimension=2`, {
  prior: 'points',
})
set(
  'projection-10.safetensors',
  'matrices over points in [0, 10]',
  `${POINTS10} --operator projection dimension=3`,
  { prior: 'points-10' },
)
set(
  'projection-digits.npz',
  'matrices over images: latents are vectors of 64, which a prior of images does not take',
  `${DIGITS} --operator projection dimension=6`,
  once({ prior: 'digits-flat' }),
)
set('identity.safetensors', 'y = x with noise', `${DIGITS} --operator identity`, ON_DIGITS)
set('identity-255.npz', 'y = x with noise, data in [0, 255]', `${BYTES} --operator identity`, ON_BYTES)

// linear families
set('blur.npz', 'family without parameters', `${DIGITS} --operator blur sigma=1`, ON_DIGITS)
set(
  'blur-kernels.safetensors',
  'family with parameters [N, ...]',
  `${DIGITS} --operator blur sigma=0.5 sigmaMax=1`,
  once(ON_DIGITS),
)
set(
  'blur-signed.npz',
  'linear family, data in [-1, 1]',
  `${SIGNED} --operator blur sigma=1 boundary=zero`,
  ON_SIGNED,
)
set('motion.npz', 'a kernel for each', `${DIGITS} --operator motion size=5`, once(ON_DIGITS))
set(
  'motion-shared.npz',
  'family with parameters [1, ...]',
  `${DIGITS} --operator motion size=5 shared=true`,
  once(ON_DIGITS),
)
set('pool-255.npz', 'smaller images, data in [0, 255]', `${BYTES} --operator pool factor=2`, once(ON_BYTES))
set('bicubic.npz', 'smaller images', `${DIGITS} --operator bicubic factor=2`, once(ON_DIGITS))
set('fourier.npz', 'columns of the Fourier plane', `${DIGITS} --operator fourier acceleration=2`, ON_DIGITS)
set(
  'coils.npz',
  'two coils: parameters [N, ...] and [1, ...]',
  `${DIGITS} --operator coils acceleration=2 coils=2`,
  once(ON_DIGITS),
)
set('radon-signed.npz', 'tomography, data in [-1, 1]', `${SIGNED} --operator radon angles=6`, once(ON_SIGNED))

// non-linear families
set('clip.npz', 'non-linear, settings low and high', `${DIGITS} --operator clip gain=2`, ON_DIGITS)
set(
  'clip-signed.npz',
  'the same, data in [-1, 1]: low -1, high 1',
  `${SIGNED} --operator clip gain=2`,
  ON_SIGNED,
)
set('jpeg.npz', 'non-linear, settings low and high', `${DIGITS} --operator jpeg quality=20`, ON_DIGITS)
set(
  'jpeg-255.safetensors',
  'the same, data in [0, 255]: low 0, high 255',
  `${BYTES} --operator jpeg quality=20`,
  ON_BYTES,
)
set('phase.npz', 'non-linear, without units', `${DIGITS} --operator phase oversampling=2`, ON_DIGITS)
set(
  'phase-signed.npz',
  'the same, data in [-1, 1]',
  `${SIGNED} --operator phase oversampling=2`,
  once(ON_SIGNED),
)

// blind: truth.NAME beside parameter.NAME
set(
  'blind-motion.npz',
  'blind: nominal kernel [1, ...], truth [N, ...]',
  `${DIGITS} --operator motion size=5 --blind`,
  ON_DIGITS,
)
set(
  'blind-mask.npz',
  'blind masks: a family named mask, whose nominal mask is not 0 or 1',
  `${DIGITS} --operator mask keep=0.4 keepMax=0.7 --blind`,
  once(ON_DIGITS),
)
set(
  'blind-fourier.npz',
  'blind to the phase alone',
  `${DIGITS} --operator fourier acceleration=2 phase=0.5 --blind`,
  once(ON_DIGITS),
)

// noise that differs between entries
set(
  'noise-each-mask.npz',
  'a standard deviation for each entry [N, ...]',
  `${DIGITS} --keep 0.5 --photons 30`,
  ON_DIGITS,
)
set(
  'noise-each-blur.safetensors',
  'the same of a family',
  `${DIGITS} --operator blur sigma=1 --photons 30`,
  ON_DIGITS,
)
set(
  'noise-each-blur-255.npz',
  'the same, data in [0, 255]',
  `${BYTES} --operator blur sigma=1 --photons 0.5`,
  once(ON_BYTES),
)
set(
  'noise-each-identity.npz',
  'the identity as a family, with noise for each entry',
  `${DIGITS} --operator identity --photons 30`,
  once(ON_DIGITS),
)
set(
  'noise-each-projection.npz',
  'projections as a family, over images',
  `${DIGITS} --operator projection dimension=6 --photons 30`,
  once(ON_DIGITS),
)
set(
  'noise-each-clip-signed.npz',
  'non-linear, data in [-1, 1]',
  `${SIGNED} --operator clip gain=2 --photons 30`,
  once(ON_SIGNED),
)
/** The same set with noise that grows from left to right, shared by all observations. */
const sharedNoise = (from) => (path) => {
  const given = readObservations(`sets/${from}`)
  const event = given.y.shape.slice(1)
  const size = event.reduce((a, b) => a * b, 1)
  const std = new NdArray(
    'float32',
    [1, ...event],
    Float32Array.from({ length: size }, (_, i) => given.noise * (0.5 + (i % event.at(-1)) / event.at(-1))),
  )
  writeObservations(path, { ...given, noise: tweedie.noiseLevel(std), std })
}
const SHARED = (from) => `writeObservations(file, { ...readObservations("${from}"), std }) with std [1, ...]`
bySet(
  'noise-shared-mask.npz',
  'a standard deviation for each entry, shared by all [1, ...]',
  SHARED('sets/mask.npz'),
  sharedNoise('mask.npz'),
  ON_DIGITS,
)
bySet(
  'noise-shared-blur-signed.safetensors',
  'the same of a family, data in [-1, 1]',
  SHARED('sets/blur-signed.npz'),
  sharedNoise('blur-signed.npz'),
  ON_SIGNED,
)

// in the units of the prior: families then have `units` [scale, offset] in the field operator
const converted = (from) => (path) =>
  writeObservations(path, observationsInPriorUnits(readObservations(`sets/${from}`)))
const UNITS = (from) => `writeObservations(file, observationsInPriorUnits(readObservations("${from}")))`
const ON_UNITS = { prior: 'digits-units' }
for (const [file, from, about, options] of [
  [
    'units-mask.npz',
    'learn-mask.npz',
    'a mask: no trace of the conversion but the range; the prior digits-units was learned from these',
    once(ON_UNITS),
  ],
  ['units-blur.npz', 'blur.npz', 'a linear family: y as it was, units [4, -2]', ON_UNITS],
  [
    'units-blur-signed.safetensors',
    'blur-signed.npz',
    'a linear family: y as it was, units [2, 0]',
    ON_UNITS,
  ],
  [
    'units-clip-signed.npz',
    'clip-signed.npz',
    'a non-linear family: y and noise as they were, units [2, 0], low -1, high 1',
    ON_UNITS,
  ],
  ['units-blind-motion.npz', 'blind-motion.npz', 'a blind family', once(ON_UNITS)],
  ['units-noise-blur-255.npz', 'noise-each-blur-255.npz', 'noise for each entry', once(ON_UNITS)],
])
  bySet(
    file,
    `in the units of the prior, range [-2, 2]: ${about}`,
    UNITS(`sets/${from}`),
    converted(from),
    options,
  )

// as NumPy may write them (docs/howto/own-data.md)
const byHand = (more) => (path) => {
  const { y, mask } = readArrays('sets/mask.npz')
  writeArrays(path, {
    y: new NdArray('float64', y.shape, Float64Array.from(y.data)),
    mask: new NdArray('uint8', mask.shape, Uint8Array.from(mask.data)),
    ...more,
  })
}
bySet(
  'hand.npz',
  'as from Python: y float64, mask uint8, noise float32, no range',
  'writeArrays(file, { y, mask, noise })',
  byHand({ noise: new NdArray('float32', [], Float32Array.of(0.1)) }),
  once(ON_DIGITS),
)
bySet(
  'hand-noise.npz',
  'as from Python: noise of the shape of one item, float64, no range',
  'writeArrays(file, { y, mask, noise })',
  byHand({
    noise: new NdArray(
      'float64',
      [1, 8, 8],
      Float64Array.from({ length: 64 }, (_, i) => 0.05 + i / 640),
    ),
  }),
  once(ON_DIGITS),
)

// ---------------------------------------------------------------------------------------------------- priors

const TRAIN = 'train.steps=150 train.batch=8 train.rate.from=0.003 train.ema=0.9'
const LEARN = `schedule.sigmaMin=0.01 schedule.sigmaMax=20 gaussian.rank=3 gaussian.iterations=4 em.laps=1 em.sampling.steps=8 ${TRAIN} monitor.samples=0 --seed 5`
const UNET = 'net.kind=unet net.channels=[4] net.blocks=[1] net.emb=4 net.unshuffle=2'
const MASKED = 'data.observe.operator.kind=mask data.observe.operator.keep=0.5'
/** A run folder without what can be made again: run.json, config.yaml, the journal, and the checkpoints of these names. */
const pruned = (run, names) => {
  for (const name of ['draws', 'figures', 'lock', 'sampler.onnx', 'sampler.json', 'report.html'])
    rmSync(join(run, name), { recursive: true, force: true })
  for (const name of readdirSync(join(run, 'checkpoints')))
    if (!names.includes(name.replace('.safetensors', ''))) rmSync(join(run, 'checkpoints', name))
}
/** Makes a run, and leaves the run folder with these checkpoints, or one checkpoint alone. @returns where it is */
const made = (folder, name, command, checkpoint, keep) => {
  const run = `${keep ? folder : WORK}/${name}`
  cli(`${command} -o ${run}`)
  if (keep) {
    pruned(run, keep)
    return run
  }
  const file = `${folder}/${name}.safetensors`
  copyFileSync(`${run}/checkpoints/${checkpoint}.safetensors`, file)
  return file
}
const priorFiles = new Map()
const prior = (name, about, command, keep) => {
  const file = made('priors', name, command, 'prior', keep)
  const { net, event, range, laps } = tweedie.loadPrior(file)
  manifest.priors.push({ name, file, about, net: net.kind, event, range, laps })
  priorFiles.set(name, file)
}
prior(
  'digits',
  'U-Net with attention, from masked digits; also the Gaussian start',
  `learn data.observations=sets/learn-mask.npz net.kind=unet net.channels=[4] net.blocks=[1] net.heads=[2] net.emb=4 net.unshuffle=2 ${LEARN}`,
  ['prior', 'gaussian-start'],
)
prior(
  'digits-signed',
  'data in [-1, 1]',
  `learn data.clean=clean/digits-signed.npz range=[-1,1] ${MASKED} data.observe.noise=0.2 ${UNET} ${LEARN}`,
)
prior(
  'digits-255',
  'data in [0, 255]',
  `learn data.clean=clean/digits-255.npz range=[0,255] ${MASKED} data.observe.noise=25 ${UNET} ${LEARN}`,
)
prior(
  'digits-units',
  'data in the units of the prior, [-2, 2]',
  `learn data.observations=sets/units-mask.npz ${UNET} ${LEARN}`,
)
prior(
  'digits-trained',
  'trained on clean data: an isotropic Gaussian beside the network',
  `train data.clean=clean/digits.npz ${UNET} gaussian.rank=2 schedule.sigmaMin=0.01 schedule.sigmaMax=20 ${TRAIN} monitor.samples=0 --seed 5`,
)
prior(
  'digits-flat',
  'MLP over 64 numbers, from projections',
  `learn data.clean=clean/digits.npz data.observe.operator.kind=projection data.observe.operator.dimension=24 net.kind=mlp net.hidden=[8] net.emb=4 ${LEARN}`,
)
prior('colour', 'three channels', `learn data.clean=clean/colour.npz ${MASKED} ${UNET} ${LEARN}`)
const MLP = 'net.kind=mlp net.hidden=[16,16] net.emb=8'
const ALONG = 'data.observe.operator.kind=projection data.observe.operator.dimension=2'
prior(
  'points',
  'MLP over points, from projections; also the Gaussian start',
  `learn data.clean=clean/points.npz range=[-2,2] ${ALONG} ${MLP} ${LEARN}`,
  ['prior', 'gaussian-start'],
)
prior(
  'points-10',
  'the same, data in [0, 10]',
  `learn data.clean=clean/points-10.npz range=[0,10] ${ALONG} data.observe.noise=0.25 ${MLP} ${LEARN}`,
)
prior(
  'signals',
  'U-Net over signals',
  `learn data.clean=clean/signals.npz data.observe.operator.kind=vertices data.observe.operator.keep=0.5 net.kind=unet1d net.channels=[4] net.blocks=[1] net.emb=4 ${LEARN}`,
)
prior(
  'sphere',
  'U-Net over a grid of 4 latitudes and 4 longitudes',
  `train data.clean=clean/signals.npz net.kind=sphere net.grid=[4,4] net.channels=[4] net.blocks=[1] net.emb=4 gaussian.rank=2 schedule.sigmaMin=0.01 schedule.sigmaMax=20 ${TRAIN} train.steps=20 monitor.samples=0 --seed 5`,
)

// ---------------------------------------------------------------------------------------------------- samplers

const DISTIL =
  'train.steps=200 train.batch=8 train.rate.from=0.003 train.rate.warmUp=0 export.draws=1 --seed 6'
const seenAs = (kind, source, noise) =>
  `data.clean=clean/${source}.npz data.observe.noise=${noise} data.observe.operator.kind=${kind}`
const samplers = new Map()
const sampler = (name, about, files, command, keep) => {
  const file = made('samplers', name, `distill ${command} ${DISTIL}`, 'sampler', keep)
  const { flow, telling, range } = tweedie.loadSampler(file)
  manifest.samplers.push({
    name,
    file,
    about,
    flow: flow.kind,
    telling,
    range,
  })
  samplers.set(name, { file, files })
}
const NVP = 'flow.kind=realNvp flow.steps=1 flow.hidden=2'
sampler(
  'mask',
  'told the masks',
  ['mask.npz'],
  `prior=priors/digits data.observations=sets/learn-mask.npz flow.kind=realNvp flow.steps=1 flow.hidden=3`,
  ['sampler'],
)
sampler(
  'mask-signed',
  'told the masks, data in [-1, 1]; spline flow with bounds',
  ['mask-signed.npz'],
  `prior=priors/digits-signed.safetensors ${seenAs('mask', 'digits-signed', 0.2)} data.observe.operator.keep=0.5 flow.kind=realNvp flow.steps=1 flow.hidden=1 flow.transform.kind=spline flow.transform.bins=3 bounds=[-1.2,1.2]`,
)
sampler(
  'mask-colour',
  'told one mask for three channels; image flow',
  ['mask-colour.safetensors'],
  `prior=priors/colour.safetensors ${seenAs('mask', 'colour', 0.05)} data.observe.operator.keep=0.5 flow.kind=image flow.cells=[2] flow.steps=2 flow.hidden=4`,
)
sampler(
  'mask-y',
  'told y alone; network flow',
  ['mask.npz'],
  `prior=priors/digits data.observations=sets/learn-mask.npz tell=y flow.kind=network flow.features=2 flow.steps=1 flow.encoder.kind=unet flow.encoder.channels=[4] flow.encoder.blocks=[1] flow.encoder.emb=4 flow.coupling.kind=unet flow.coupling.channels=[4] flow.coupling.blocks=[1] flow.coupling.emb=4 flow.coupling.unshuffle=2`,
)
sampler(
  'blur',
  'of a family',
  ['blur.npz', 'noise-each-blur.safetensors'],
  `prior=priors/digits ${seenAs('blur', 'digits', 0.1)} data.observe.operator.sigma=1 ${NVP}`,
)
sampler(
  'blur-signed',
  'of a family, data in [-1, 1]',
  ['blur-signed.npz'],
  `prior=priors/digits-signed.safetensors ${seenAs('blur', 'digits-signed', 0.2)} data.observe.operator.sigma=1 data.observe.operator.boundary=zero ${NVP}`,
)
sampler(
  'clip',
  'of a non-linear family; learned from simulations',
  ['clip.npz'],
  `prior=priors/digits ${seenAs('clip', 'digits', 0.1)} data.observe.operator.gain=2 objective.prior=samples objective.samples=16 objective.samplerSteps=8 ${NVP}`,
)
sampler(
  'blind-motion',
  'blind',
  ['blind-motion.npz'],
  `prior=priors/digits ${seenAs('motion', 'digits', 0.1)} data.observe.operator.size=5 data.observe.operator.blind=true blind=true ${NVP}`,
)
sampler(
  'projection',
  'told the matrices; Gaussian flow',
  ['projection.npz'],
  `prior=priors/points ${seenAs('projection', 'points', 0.1)} data.observe.operator.dimension=2 flow.kind=gaussian`,
)
sampler(
  'projection-10',
  'the same, data in [0, 10]',
  ['projection-10.safetensors'],
  `prior=priors/points-10.safetensors ${seenAs('projection', 'points-10', 0.25)} data.observe.operator.dimension=3 flow.kind=gaussian`,
)
sampler(
  'one',
  'of row 1 of the masked digits alone',
  ['mask.npz'],
  `prior=priors/digits data.observations=sets/learn-mask.npz measurement=1 ${NVP}`,
)

// ---------------------------------------------------------------------------------------------------- draws

const packs = new Map()
const largestOf = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
/** The set that a command names, its y a little changed. */
const disturbed = (file) => {
  const path = `${WORK}/disturbed${extname(file)}`
  const { y, ...rest } = readArrays(file)
  writeArrays(path, {
    ...rest,
    y: new NdArray(
      y.dtype,
      y.shape,
      y.data.map((v, i) => v * (1 + (i % 2 ? -1e-6 : 1e-6))),
    ),
  })
  return path
}
/** Runs a command → the arrays of its output, and how far a change of y takes the first of them; undefined when it is refused. */
const run = (command, first, set) => {
  const file = `${WORK}/out.npz`
  const { status, complaint } = attempt(`${command} -o ${file}`)
  if (status !== 0) {
    manifest.refused.push({ command, status, complaint })
    return undefined
  }
  const got = readArrays(file)
  const near = set && attempt(`${command.replace(set, disturbed(set))} -o ${file}`)
  if (near?.status !== 0) return { got }
  const change = readArrays(file)[first].data.map((v, i) => v - got[first].data[i])
  const sensitivity = Number(largestOf(change).toPrecision(2))
  if (sensitivity < 1e-3 * largestOf(got[first].data)) return { got, sensitivity }
  manifest.unstable.push({ command, sensitivity, largest: Number(largestOf(got[first].data).toPrecision(3)) })
  return undefined
}
/** Puts an array of a command's output into a pack. */
const packed = (output, name, array) => {
  const pack = packs.get(output) ?? {}
  if (pack[name]) throw new Error(`${output}: '${name}' twice`)
  pack[name] = array
  packs.set(output, pack)
}
/** Draws that a command makes, as a case of its prior and set. */
const sampled = ({ prior, set, count, more, name }) => {
  const few = count === undefined ? '' : ` --count ${count}`
  const command = `sample ${prior} ${set ? `${set} ` : ''}${ASKED}${few}${more === '' ? '' : ` ${more}`}`
  const first = set ? 'draws' : 'x'
  const made = run(command, first, set)
  if (!made) return
  const output = `draws/${set ? nameOfSet(set) : 'prior'}.npz`
  packed(output, name, made.got[first])
  const group = manifest.sampled.find((one) => one.prior === prior && one.set === set)
  const cases = group?.cases ?? []
  if (!group) manifest.sampled.push({ prior, set, output, cases })
  cases.push({
    array: name,
    options: more === '' ? undefined : options(more),
    count,
    sensitivity: made.sensitivity,
  })
}
const options = (text) => {
  const words = text.split(' ').filter(Boolean)
  const found = {}
  for (let i = 0; i < words.length; i += 2)
    found[words[i].replace('--', '')] = Number.isNaN(Number(words[i + 1]))
      ? words[i + 1]
      : Number(words[i + 1])
  return found
}
/** How many observations are drawn from by the default method, where not all. */
const LESS = { 'units-mask.npz': 3, 'mask-colour-own.npz': 1 }
const OTHERS = ['--method mmps:iterations=3', '--method dps']
const nameOfSet = (file) => /([\w-]+)\.\w+$/.exec(file)[1]
const NAMED = /^priors\/([\w-]+)(?:\/checkpoints\/([\w-]+))?(?:\.safetensors)?$/
/** `digits`, or `digits-gaussian-start`, of where a prior is. */
const nameOfPrior = (source) => NAMED.exec(source).slice(1).filter(Boolean).join('-')
/** `mmps-iterations-3` of `--method mmps:iterations=3`, `sampler-ddim` of `--sampler ddim`. */
const nameOfOptions = (more) =>
  more === ''
    ? 'default'
    : more
        .replace('--method ', '')
        .replaceAll('--', '')
        .replaceAll(/[ :;=]/g, '-')
/** Draws of a posterior. */
const posterior = (prior, file, more, count) => {
  const of = prior === priorFiles.get(sets.get(file).prior) ? '' : `${nameOfPrior(prior)}--`
  sampled({ prior, set: `sets/${file}`, count, more, name: `${of}${nameOfOptions(more)}` })
}
for (const [file, { prior, methods }] of sets) {
  if (prior === undefined) continue
  const source = priorFiles.get(prior)
  const rest = CORE.includes(file) ? undefined : 1
  posterior(source, file, '', LESS[file])
  if (methods === 'default') continue
  for (const more of OTHERS) posterior(source, file, more, rest)
}
// every method and option, on masks, on a linear family and on the identity
const START = 'priors/digits/checkpoints/gaussian-start.safetensors'
for (const more of [
  '--method mmps',
  '--method dps:zeta=0.3',
  '--method pigdm',
  '--method tmpd',
  '--method diffpir',
  '--method diffpir:lambda=4',
  '--method mcg',
  '--method ddnm',
  '--method repaint:repeats=2',
  '--method red-diff',
  '--method tds:particles=3',
  '--method smc-mmps:particles=3;iterations=2',
  '--method noise2score',
  '--iterations 3',
  '--iterations 2 --solver cg',
  '--iterations 2 --solver bicgstab',
  '--covariance zeros',
  '--covariance ones',
  '--covariance cov_t',
  '--covariance cov_x',
  '--sampler ddim',
  '--sampler heun',
  '--sampler pc',
])
  posterior('priors/digits', 'mask.npz', more, 1)
for (const more of [
  '--method pigdm',
  '--method tmpd',
  '--method diffpir',
  '--method mcg',
  '--method ddnm',
  '--method repaint',
  '--method red-diff',
  '--method tds:particles=3',
  '--method smc-mmps:particles=3',
  '--sampler heun',
  '--covariance cov_x',
])
  posterior('priors/digits', 'blur.npz', more, 1)
posterior('priors/digits', 'identity.safetensors', '--method noise2score')
for (const more of ['--method pigdm', '--method tmpd', '--method red-diff'])
  posterior('priors/digits', 'clip.npz', more, 1)
// other priors on sets that they fit: Gaussian starts, other networks
for (const file of ['mask.npz', 'blur.npz', 'clip.npz', 'noise-each-mask.npz']) posterior(START, file, '', 1)
posterior(START, 'mask.npz', '--method mmps:iterations=3', 1)
posterior(START, 'mask.npz', '--method dps', 1)
posterior('priors/points/checkpoints/gaussian-start.safetensors', 'projection.npz', '', 1)
posterior('priors/digits-trained.safetensors', 'mask.npz', '', 1)
posterior('priors/sphere.safetensors', 'vertices.npz', '', 1)
// a prior of one range and a set of another: 0.1 takes the prior's and does not say so
posterior('priors/digits', 'mask-signed.npz', '', 1)
posterior('priors/digits', 'clip-signed.npz', '', 1)
posterior('priors/digits-signed.safetensors', 'blur.npz', '', 1)
posterior('priors/digits', 'units-blur.npz', '', 1)
// what does not fit
posterior('priors/digits', 'projection-digits.npz', '')
posterior('priors/digits', 'mask-colour.safetensors', '')
// the prior itself
for (const prior of [...priorFiles.values(), START, 'priors/points/checkpoints/gaussian-start.safetensors'])
  for (const more of prior === 'priors/digits'
    ? ['', '--sampler ddim', '--sampler heun', '--sampler pc']
    : [''])
    sampled({ prior, more, name: `${nameOfPrior(prior)}--${nameOfOptions(more)}` })

/** Restorations, with the arrays of the output that are kept. */
const restored = (sampler, file, arguments_, more, arrays) => {
  const set = `sets/${file}`
  const command = `restore ${sampler} ${set} ${arguments_}${more === '' ? '' : ` ${more}`}`
  const made = run(command, Object.values(arrays)[0], set)
  if (!made) return
  const output = `restored/${/^samplers\/([\w-]+)/.exec(sampler)[1]}.npz`
  for (const [name, array] of Object.entries(arrays)) packed(output, name, made.got[array])
  const draws = arguments_ === RESTORED ? {} : { arguments: arguments_ }
  manifest.restored.push({
    sampler,
    set,
    output,
    arrays,
    ...draws,
    options: more === '' ? undefined : options(more),
    sensitivity: made.sensitivity,
  })
}
for (const { file: sampler, files } of samplers.values())
  for (const file of files)
    restored(sampler, file, RESTORED, '', { [nameOfSet(file)]: 'draws', [`${nameOfSet(file)}-logq`]: 'logq' })
const REFINED = ['samplers/mask', 'mask.npz']
const STEPPED = '--refine-steps 4 --prior priors/digits'
restored(...REFINED, RESTORED, `--refine mmps ${STEPPED}`, { 'mask-mmps': 'draws' })
restored(...REFINED, RESTORED, `--refine langevin ${STEPPED}`, { 'mask-langevin': 'draws' })
restored(...REFINED, `-n 25 --seed ${SEED}`, `--refine weights ${STEPPED}`, {
  'mask-weightedMean': 'weightedMean',
  'mask-weights': 'weights',
  'mask-paretoK': 'paretoK',
})
for (const file of ['blur-kernels.safetensors', 'mask.npz'])
  restored(samplers.get('blur').file, file, RESTORED, '', { never: 'draws' })

for (const [path, arrays] of packs) writeArrays(path, arrays)
// as the command line leaves them: mean, spread, draws (and logq)
cli(`sample priors/digits sets/mask.npz ${ASKED} -o draws/mask-as-written.npz`)
cli(`restore samplers/mask sets/mask.npz ${RESTORED} -o restored/mask-as-written.safetensors`)

writeFileSync('commands.txt', commands.map((command) => `tweedie ${command}\n`).join(''))
const biome = spawnSync(
  process.execPath,
  [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'format', '--stdin-file-path=expected.json'],
  {
    cwd: root,
    input: JSON.stringify(manifest),
    encoding: 'utf8',
  },
)
if (biome.status !== 0) throw new Error(biome.stderr)
writeFileSync('expected.json', biome.stdout)
rmSync(WORK, { recursive: true, force: true })
