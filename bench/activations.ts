/**
 * `npm run bench -- activations`: peak memory of training steps of the network of the CIFAR experiments
 * (experiments/cifar-paper-*.yaml) by the fields that choose it, each in a process of its own.
 *
 *   --batch N          rows of a step (default 16)
 *   --channels A,B,C   of the network (default 128,256,384)
 *   --json             the figures as JSON
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { ActivationFigures, ActivationSetting } from './activations-child.ts'

const measured = async (setting: ActivationSetting): Promise<ActivationFigures> => {
  const child = fileURLToPath(new URL('./activations-child.ts', import.meta.url))
  const args = ['--import', 'tsx', child, JSON.stringify(setting)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

/** @returns the exit code */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      batch: { type: 'string', default: '16' },
      channels: { type: 'string', default: '128,256,384' },
      json: { type: 'boolean', default: false },
    },
  })
  const batch = Number(values.batch)
  const channels = values.channels.split(',').map(Number)
  const settings: readonly ActivationSetting[] = [
    { channels, batch, microBatch: batch, rematerialise: false },
    { channels, batch, microBatch: batch, rematerialise: true },
    { channels, batch, microBatch: batch / 4, rematerialise: false },
    { channels, batch, microBatch: batch / 4, rematerialise: true },
    { channels, batch, microBatch: batch / 8, rematerialise: false },
  ]
  const rows: (ActivationSetting & ActivationFigures)[] = []
  for (const setting of settings) {
    const figures = await measured(setting)
    rows.push({ ...setting, ...figures })
    if (values.json) continue
    const { microBatch, rematerialise } = setting
    console.log(
      `batch ${batch}, microBatch ${microBatch}, rematerialise ${rematerialise}: ` +
        `${figures.parameters} parameters, peak ${figures.peak.toFixed(0)} MiB, ` +
        `${figures.start.toFixed(0)} MiB before the first step, ` +
        `loss ${figures.loss.toFixed(6)}`,
    )
  }
  if (values.json) console.log(JSON.stringify(rows))
  return 0
}
