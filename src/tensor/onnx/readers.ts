/** Readers of each value of a program: a value with one reader may be folded into it. */
import type { Tensor } from '../tensor.ts'

/** The readers of the values of one program. */
export class Readers {
  private readonly of = new Map<Tensor, Tensor[]>()

  /** @param order - all nodes of the program */
  constructor(order: readonly Tensor[]) {
    for (const node of order) {
      for (const t of node.inputs) {
        const list = this.of.get(t)
        if (list) list.push(node)
        else this.of.set(t, [node])
      }
    }
  }

  /** True when `t` is read exactly once. */
  single(t: Tensor): boolean {
    return this.of.get(t)?.length === 1
  }

  /** True when nodes of these ops alone read `t`. */
  only(t: Tensor, ...ops: readonly string[]): boolean {
    return this.of.get(t)?.every(({ op }) => ops.includes(op.name)) ?? false
  }
}
