/** `tweedie import`: a prior of anyone's network, from an ONNX file. */
import { basename } from 'node:path'
import { scheduleSpec } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { readBytes } from '../../formats/index.ts'
import { type ImportCheck, importPrior, writePrior } from '../../run/index.ts'
import { sizeOf } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { counted } from '../counted.ts'
import type { Io } from '../io.ts'
import { checkedOutput } from '../output.ts'
import { pairOf } from '../own/data-range.ts'
import { eventOf } from '../own/event-option.ts'
import { requireDevice } from '../require-device.ts'
import { formatFields, formatTable } from '../table.ts'

type Options = OptionsOf<'import'>

/** Noise levels are above 0. */
const levelsOf = ({ levels }: Options): readonly [number, number] | undefined => {
  const pair = pairOf('--levels', levels)
  if (pair && !(pair[0] > 0))
    throw new TweedieError('input', `--levels: noise levels are above 0, got '${levels}'`)
  return pair
}

const requestOf = (options: Options) => {
  const { predicts, schedule, image, time, prediction, channels, fixed } = options
  return {
    predicts,
    schedule: scheduleSpec(schedule),
    range: pairOf('--range', options.range),
    networkRange: pairOf('--network-range', options.networkRange),
    levels: levelsOf(options),
    image,
    time,
    prediction,
    channels,
    fixed,
    event: eventOf(options),
  }
}

/** The error names the file. */
const withFile = (path: string, error: unknown): unknown =>
  error instanceof TweedieError && error.code !== 'interrupted'
    ? new TweedieError(error.code, `${path}: ${error.message}`, { cause: error })
    : error

const figure = (value: number): string => (Number.isFinite(value) ? value.toPrecision(2) : 'not finite')

const table = (checks: readonly ImportCheck[]): string =>
  formatTable(
    ['check', 'is', 'at most', ''],
    checks.map(({ check, figure: is, atMost, passed }) => [
      check,
      figure(is),
      figure(atMost),
      passed ? 'passed' : 'failed',
    ]),
  )

/** @throws TweedieError `numeric` that says which checks failed */
const refuseFailed = (path: string, checks: readonly ImportCheck[]): void => {
  const failed = checks.filter(({ passed }) => !passed).map(({ check }) => check)
  const words = failed.join('; ')
  if (failed.length > 0)
    throw new TweedieError(
      'numeric',
      `${path}: ${failed.length} of ${checks.length} checks failed (${words}); nothing is written`,
    )
}

export const run = async ([path]: readonly string[], options: Options, io: Io): Promise<void> => {
  const output = checkedOutput(options.output, ['.safetensors'])
  const request = requestOf(options)
  await requireDevice(options.device)
  const started = performance.now()
  const { device, seed = 0 } = options
  const testing = { device, seed, onProgress: io.progress, signal: io.signal }
  const { prior, checks } = await importPrior(readBytes(path), request, testing).catch((error: unknown) => {
    throw withFile(path, error)
  })
  const passed = checks.every((check) => check.passed)
  if (passed) await writePrior(output, prior)
  const weights = Object.values(prior.params)
  const numbers = weights.reduce((n, array) => n + array.size, 0)
  io.result(
    [
      table(checks),
      '',
      formatFields([
        ['network', `${basename(path)}, ${counted(numbers, 'weight')}`],
        ['x', `[${prior.event.join(', ')}], ${counted(sizeOf(prior.event), 'entry', 'entries')}`],
        ['levels', `${figure(prior.sigmaMin)} to ${figure(prior.sigmaMax)} in the units of the prior`],
        ...(passed ? [['written', output] as const] : []),
        ['time', `${((performance.now() - started) / 1000).toFixed(1)} s`],
      ]),
    ].join('\n'),
    {
      ...(passed ? { path: output } : {}),
      event: [...prior.event],
      weights: numbers,
      sigmaMin: prior.sigmaMin,
      sigmaMax: prior.sigmaMax,
      checks: checks.map(({ figure: is, ...check }) => ({
        ...check,
        figure: Number.isFinite(is) ? is : null,
      })),
    },
  )
  refuseFailed(path, checks)
}
