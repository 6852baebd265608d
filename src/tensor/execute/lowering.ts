/** The way of writing ops that suits a device. */
import { blockedLowering, cpuLowering } from '../onnx/cpu.ts'
import type { Lowering } from '../onnx/emitter.ts'
import { Readers } from '../onnx/readers.ts'
import { webgpuLowering } from '../onnx/webgpu.ts'
import type { Tensor } from '../tensor.ts'
import { defaultLayout, type ExecuteOptions } from './device.ts'
import { channelBlock } from './probe.ts'

/** A table for one program, whose nodes are `order`: a lowering may keep state while it emits. */
export const loweringFor = async (
  { device = 'cpu', layout = defaultLayout() }: ExecuteOptions,
  order: readonly Tensor[],
): Promise<Lowering> => {
  if (device === 'webgpu') return webgpuLowering
  if (device !== 'cpu') return {}
  const images = layout === 'auto' && order.some(({ op }) => op.name === 'conv2d')
  const n = images ? await channelBlock() : undefined
  const readers = new Readers(order)
  return n === undefined ? cpuLowering(readers) : blockedLowering(n, readers)
}
