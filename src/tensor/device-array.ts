import type { DType } from './dtype.ts'
import type { Shape } from './ndarray.ts'

/**
 * An array in the memory of a device: what one program made there and another takes, without a way through
 * the host. It occupies that memory until it is released; the garbage collector does not see it.
 */
export abstract class DeviceArray {
  readonly dtype: DType
  readonly shape: Shape

  constructor(dtype: DType, shape: Shape) {
    this.dtype = dtype
    this.shape = shape
  }

  /** Frees the device's memory; the array is of no use any more. */
  abstract release(): void
}
