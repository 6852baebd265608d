/** `tweedie restore`: draws of a distilled sampler, or the sampler as an ONNX file. */
import { join } from 'node:path'
import { checkRestorable, type Restored, restore } from '../amortize/index.ts'
import { type ObservationSet, writeArrays } from '../data/index.ts'
import { TweedieError } from '../error.ts'
import { isRunFolder, layoutOf, loadSampler, type SavedSampler, writeSamplerOnnx } from '../run/index.ts'
import type { OptionsOf } from './commands.ts'
import { firstOf, readSet } from './experiment.ts'
import type { Io } from './io.ts'
import { checkedOutput } from './output.ts'
import { requireDevice } from './require-device.ts'
import { formatFields } from './table.ts'

type Options = OptionsOf<'restore'>

const outputOf = (source: string, { output }: Options): string => {
  if (output !== undefined) return checkedOutput(output)
  if (!isRunFolder(source))
    throw new TweedieError('input', 'say where to write the restorations with --output')
  return join(layoutOf(source).draws, 'posterior.npz')
}

/** Writes the sampler as ONNX for so many draws. */
const exported = async (sampler: SavedSampler, path: string, draws: number, io: Io): Promise<void> => {
  const written = await writeSamplerOnnx(sampler, draws, checkedOutput(path, ['.onnx']))
  io.result(
    formatFields([
      ['written', written.onnx],
      ['described', written.manifest],
      ['draws', `${draws} for one observation`],
    ]),
    { ...written, draws },
  )
}

/** A sampler knows one noise level; another one makes its posterior wrong, which the set alone cannot tell. */
const noteNoise = ({ origin }: SavedSampler, { noise }: ObservationSet, io: Io): void => {
  if (Math.abs(noise - origin.noise) > 0.01 * origin.noise)
    io.note(`the sampler learned with noise ${origin.noise}, these observations have ${noise}`)
}

const meanOf = ({ data }: Restored['logq']): number => data.reduce((sum, v) => sum + v, 0) / data.length

export const run = async (
  [source, observations]: readonly string[],
  options: Options,
  io: Io,
): Promise<void> => {
  const sampler = loadSampler(source)
  if (options.onnx !== undefined) return exported(sampler, options.onnx, options.draws, io)
  if (observations === undefined)
    throw new TweedieError('input', 'say which observations to restore, or --onnx to export the sampler')
  const path = outputOf(source, options)
  const set = { ...firstOf(readSet(observations), options.count), range: sampler.range }
  checkRestorable(sampler, set, observations)
  noteNoise(sampler, set, io)
  const { device, draws, batch, seed = 0 } = options
  await requireDevice(device)
  const started = performance.now()
  const restored = await restore(sampler, set, {
    draws,
    batch,
    keep: !options.summary,
    seed,
    execute: { device },
    onProgress: (done, total) => io.progress({ phase: 'restoring', done, total }),
    signal: io.signal,
  })
  const seconds = (performance.now() - started) / 1000
  writeArrays(path, { ...restored })
  const shape = [draws, ...restored.mean.shape]
  const logq = meanOf(restored.logq)
  io.result(
    formatFields([
      ['written', path],
      ['draws', `[${shape.join(', ')}]${options.summary ? ', of which mean and spread are kept' : ''}`],
      ['mean log q', `${logq.toFixed(1)} nats`],
      ['time', `${seconds.toFixed(1)} s`],
    ]),
    { path, shape, logq, seconds },
  )
}
