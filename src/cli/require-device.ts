/** Asks for a device before anything is made that needs it. */
import { add, type Device, jit, scalar, type Tensor } from '../tensor/index.ts'

/** @throws TweedieError `device` when the device is absent, saying why */
export const requireDevice = async (device: Device): Promise<void> => {
  if (device === 'cpu') return
  const probe = jit((x: Tensor) => add(x, 1), { device })
  await probe(scalar(0))
  await probe.release()
}
