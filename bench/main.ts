/**
 * Benchmarks by name: `npm run bench -- NAME [options]`.
 *
 *   engine     matrix products, convolutions, the frozen U-Net's forward pass
 *   train      training steps of the MLP and the U-Net
 *   posterior  steps of MMPS (one and three CG iterations), DPS and ΠGDM
 *   exact      problems with exact answers (gates)
 *   steps      samplers by evaluations: kinds of steps, starts, iterations of MMPS
 *   calibration every posterior method where the posterior is known
 *   power      tests of draws given y: how often each finds a fault, and cries wolf
 *   random     random fillers
 *   gaussian-start one E-step of the Gaussian start, its solver unrolled and in pieces
 *   operators  A x and Aᵀ y as images grow, beside NumPy
 *   memory     peak memory of the commands by numbers of observations and of draws (target)
 *   step-memory growth of memory over many training steps
 *   learn-memory  the same of a whole run that learns, with resume points every second
 *   activations  memory of training steps by microBatch and rematerialise
 *   covariance posteriors by what stands for V[x | xt] (gates, figure)
 *   dps        DPS over its evaluations and its step size, with the spread of its draws
 *   strays     draws of MMPS that leave the data, by its solver
 *   features   how the feature networks that ship grade damage to photographs
 *   learners   priors learned from masked images by several methods
 *   mri        draws of accelerated MRI at R = 4 to 32 under a learned prior
 *   amortize   flows: training steps, draws, and one draw against DPS-1000
 *   replicas   a lap trained by one and by two replicas: quality at the same steps in all
 *   flow-base  what flows gain by what they begin with, where the posterior is known
 *   coil-maps  coil maps estimated from k-space, and what total variation makes of them
 *   paper      the configurations of the papers at their full size: memory, seconds a step, days
 *   scale      laps by many processes: efficiency, overhead, same bits, where the coordinator is the limit
 *   own-data   learn and sample on strangers' data, beside simple baselines
 *   studio     the page: sizes, first paint, milliseconds from a brush stroke to its draws
 *
 * `engine`, `train`, `posterior` and `amortize` race the same networks in PyTorch
 * (bench/peers). All take --json; `calibration` and `learners` take --workers n: processes that share the
 * work.
 */
const names = [
  'engine',
  'train',
  'posterior',
  'exact',
  'steps',
  'calibration',
  'power',
  'random',
  'memory',
  'step-memory',
  'learn-memory',
  'activations',
  'covariance',
  'dps',
  'strays',
  'features',
  'learners',
  'mri',
  'amortize',
  'replicas',
  'flow-base',
  'coil-maps',
  'paper',
  'own-data',
  'operators',
  'gaussian-start',
  'scale',
  'studio',
]

const [name, ...args] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  console.error(`bench: expected one of ${names.join(', ')}, got '${name ?? ''}'`)
  process.exitCode = 2
} else {
  const module: { run?: (args: readonly string[]) => Promise<number> } = await import(`./${name}.ts`)
  if (module.run) process.exitCode = await module.run(args)
}
