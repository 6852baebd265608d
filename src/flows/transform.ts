import type { Tensor } from '../tensor/index.ts'
import type { Moved } from './flow.ts'

/**
 * The transform of the half that a coupling moves: an invertible function of each entry, whose
 * parameters the conditioner gives. With all parameters 0 it is the identity. Log-determinants are [B],
 * of the direction of the call.
 */
export interface Transform {
  /** For messages. */
  readonly name: string
  /** Parameters of one entry. */
  readonly perEntry: number
  /**
   * x → z.
   *
   * @param h - [B, ...entries]
   * @param raw - `perEntry` times as many along axis 1, one kind after the other
   */
  forward(h: Tensor, raw: Tensor): Moved
  /** z → x. */
  inverse(h: Tensor, raw: Tensor): Moved
}
