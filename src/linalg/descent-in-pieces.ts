/**
 * Conjugate gradients in pieces. A program of a thousand iterations, unrolled, takes gigabytes and minutes to
 * open, and makes all of them whatever is left to do. A program of a few is small; it is run until every
 * sample of the batch is solved, or the iterations that are allowed have been made. The state (u, r, p)
 * crosses the border between two pieces, so the iterates are those of the unrolled recurrence.
 */
import { requireInteger } from '../checks.ts'
import {
  type Arrays,
  and,
  cast,
  greater,
  item,
  max,
  type NdArray,
  scalar,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { type CgDescentOptions, type Descent, descend } from './cg-descent.ts'
import { inner, type Linear } from './solver.ts'

/** Iterations of one piece. */
const PIECE = 8

/** A state, and whether it still moves. */
export interface DescentPiece extends Descent {
  /** 1 while a sample of the batch goes on, else 0; a scalar. */
  readonly moving: Tensor
}

/** How a piece goes on. */
export interface PieceOptions extends Pick<CgDescentOptions, 'goesOn'> {
  /** Iterations that are still allowed, a scalar; of more than a piece has, all are made. */
  readonly left: Tensor
}

/**
 * Some iterations more, as expressions: the program of {@link descendInPieces}.
 *
 * @param C - on vectors in the dtype of the state
 *
 * @example
 * ```ts
 * const goesOn = (_i: number, r: Tensor) => greater(norm(r), 1e-6)
 * const piece = jit((state: Descent, left: Tensor) =>
 *   descentPiece((v) => matmul(v, C), state, { goesOn, left }),
 * )
 * ```
 */
export const descentPiece = (C: Linear, state: Descent, { goesOn, left }: PieceOptions): DescentPiece => {
  const next = descend(C, state, {
    iterations: PIECE,
    goesOn: (i, r, rr, p) => and(goesOn(i, r, rr, p), greater(left, i)),
  })
  const onward = and(next.went, goesOn(PIECE, next.r, inner(next.r, next.r), next.p))
  return { u: next.u, r: next.r, p: next.p, moving: max(cast(onward, 'float32')) }
}

/**
 * Solves C u = b from u = 0, piece by piece.
 *
 * @param b - [B, ...], in the dtype of the state
 * @param iterations - at most; a positive integer
 * @param piece - a compiled {@link descentPiece}, which may say more of its state
 * @returns what the last piece said
 * @throws TweedieError `input` for iterations that are no positive integer
 *
 * @example
 * ```ts
 * const goesOn = (_i: number, r: Tensor) => greater(norm(r), 1e-6)
 * const piece = jit((state: Descent, left: Tensor) =>
 *   descentPiece((v) => mul(v, 2), state, { goesOn, left }),
 * )
 * const { u } = await descendInPieces(ndarray([1, 2], [1, 2], 'float64'), 1000, piece)
 * ```
 */
export const descendInPieces = async <P extends Arrays<DescentPiece>>(
  b: NdArray,
  iterations: number,
  piece: (state: Arrays<Descent>, left: NdArray) => Promise<P>,
): Promise<P> => {
  requireInteger(iterations, 1, 'conjugate gradients: iterations')
  const further = (state: Arrays<Descent>, left: number): Promise<P> =>
    piece({ u: state.u, r: state.r, p: state.p }, scalar(left))
  let state = await further({ u: zeros(b.shape, b.dtype), r: b, p: b }, iterations)
  for (let left = iterations - PIECE; left > 0 && item(state.moving) > 0; left -= PIECE)
    state = await further(state, left)
  return state
}
