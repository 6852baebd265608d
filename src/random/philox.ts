/**
 * Philox4x32-10: a keyed bijection of 128-bit counters, used as a random generator without state.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 * A round maps (c0, c1, c2, c3) to (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)); the key
 * grows by the Weyl constants (W0, W1) between rounds; there are ten rounds.
 */
import { MOST_WORDS, philoxWords } from './kernels.ts'

const MOST_BLOCKS = MOST_WORDS / 4

/**
 * Encrypts `blocks` successive counters (c0, c1, c2, c3), (c0 + 1, c1, c2, c3), … and
 * writes the 4 words of each.
 *
 * @param out receives 4 · `blocks` words as signed 32-bit integers (`>>> 0` makes them unsigned).
 * @param blocks number of counters; `c0 + blocks` must not pass 2^32.
 */
export const philox4x32 = (
  out: Int32Array,
  blocks: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  key0: number,
  key1: number,
): void => {
  for (let done = 0; done < blocks; done += MOST_BLOCKS) {
    const count = Math.min(MOST_BLOCKS, blocks - done)
    philoxWords(out, 4 * done, count, c0 + done, c1, c2, c3, key0, key1)
  }
}
