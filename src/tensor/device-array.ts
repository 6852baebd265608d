import type { Tensor as OrtTensor } from 'onnxruntime-node'
import type { DType } from './dtype.ts'
import type { Shape } from './ndarray.ts'

/**
 * An array in the memory of a device: what one program made there and another takes, without a way through
 * the host. It occupies that memory until it is released; the garbage collector does not see it.
 */
export class DeviceArray {
  readonly dtype: DType
  readonly shape: Shape
  /** As ONNX Runtime knows it. */
  readonly tensor: OrtTensor

  constructor(dtype: DType, tensor: OrtTensor) {
    this.dtype = dtype
    this.shape = tensor.dims
    this.tensor = tensor
  }

  /** Frees the device's memory; the array is of no use any more. */
  release(): void {
    this.tensor.dispose()
  }
}
