/** Signals of several channels, each channel as an item of its own. */
import { NdArray, type Shape, sizeOf } from '../../tensor/index.ts'
import type { Restoration } from '../strip.ts'

/** Items, and the label of each. */
export interface ByChannel {
  /** [N · C, 1, ...space] where signals were [N, C, ...space]. */
  readonly restoration: Restoration
  readonly label: (item: number) => string
}

/** [..., C, ...space] as [..., 1, ...space] with C times the last axis before. */
const apart = (array: NdArray, channels: number, space: Shape): NdArray => {
  const lead = array.shape.slice(0, array.shape.length - space.length - 1)
  const own = lead.length === 0 ? [channels] : [...lead.slice(0, -1), lead[lead.length - 1] * channels]
  return new NdArray(array.dtype, [...own, 1, ...space], array.data)
}

/** A mask [N, 1 or C, ...space] with all channels. */
const inChannels = (mask: NdArray, [n, channels, ...space]: Shape): NdArray => {
  const size = sizeOf(space)
  if (mask.size === n * channels * size) return mask
  const data = Float32Array.from({ length: n * channels * size }, (_, i) => {
    const item = Math.floor(i / (channels * size))
    return Number(mask.data[item * size + (i % size)])
  })
  return new NdArray('float32', [n, channels, ...space], data)
}

/** `2`, or `2, channel 3` of several, from 1. */
export const labelOf =
  (channels: number) =>
  (item: number): string => {
    const observation = `${Math.floor(item / channels) + 1}`
    return channels === 1 ? observation : `${observation}, channel ${(item % channels) + 1}`
  }

/**
 * Each channel of each signal as an item, so that a channel is shown as an item is. Marks of the domain that
 * differ between channels stay those of the first.
 */
export const byChannel = (restoration: Restoration): ByChannel => {
  const { y, mask, draws, mean, std, truth, others = [], valid, neverSeen } = restoration
  const [, channels, ...space] = mean.shape
  const split = (array: NdArray) => apart(array, channels, space)
  const first = ({ data }: NdArray) =>
    new NdArray(
      'float32',
      space,
      Float32Array.from({ length: sizeOf(space) }, (_, i) => Number(data[i % data.length])),
    )
  return {
    restoration: {
      ...restoration,
      y: split(y),
      draws: split(draws),
      mean: split(mean),
      ...(mask ? { mask: split(inChannels(mask, mean.shape)) } : {}),
      ...(std ? { std: split(std) } : {}),
      ...(truth ? { truth: split(truth) } : {}),
      others: others.map((other) => ({ ...other, mean: split(other.mean) })),
      ...(valid ? { valid: first(valid) } : {}),
      ...(neverSeen ? { neverSeen: first(neverSeen) } : {}),
    },
    label: labelOf(channels),
  }
}
