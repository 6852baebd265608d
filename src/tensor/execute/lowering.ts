/** Which way of writing ops suits a device. */
import type { Lowering } from '../onnx/emitter.ts'
import { cpuLowering } from '../onnx/cpu.ts'
import type { Device } from './device.ts'

/** A fresh table for one program: a lowering may keep state while it emits. */
export const loweringFor = async (device: Device): Promise<Lowering> => (device === 'cpu' ? cpuLowering : {})
