/** Uses a worker and does not release it: the process must end all the same. */
import { item, jit, mul, scalar, type Tensor } from '../../src/tensor/index.ts'

const program = jit((x: Tensor) => mul(x, 2), { worker: true })
process.stdout.write(String(item(await program(scalar(4)))))
