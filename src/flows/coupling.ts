/** A coupling: one half of the entries is moved by a function that the other half and y choose. */
import { concat, split, type Tensor } from '../tensor/index.ts'
import type { Moved } from './flow.ts'
import type { Transform } from './transform.ts'

/** Sizes of the half that stays and of the half that moves: the first is the larger one when n is odd. */
export const halves = (n: number): readonly [number, number] => [Math.ceil(n / 2), Math.floor(n / 2)]

/** The conditioner: parameters of the transform from the half that stays. */
export type Choose = (stays: Tensor) => Tensor

const coupled =
  (direction: 'forward' | 'inverse') =>
  (h: Tensor, transform: Transform, choose: Choose): Moved => {
    const [stays, moves] = split(h, halves(h.shape[1]), 1)
    const moved = transform[direction](moves, choose(stays))
    return { h: concat([stays, moved.h], 1), logdet: moved.logdet }
  }

/** x → z, along axis 1. */
export const coupling = coupled('forward')

/** z → x. */
export const couplingInverse = coupled('inverse')
