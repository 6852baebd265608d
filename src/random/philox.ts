/**
 * Philox4x32-10: a keyed bijection of 128-bit counters, used as a random generator without state.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 * A round maps (c0, c1, c2, c3) to (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)); the key
 * grows by the Weyl constants (W0, W1) between rounds; there are ten rounds.
 */

/**
 * M0 = 0xD2511F53 and M1 = 0xCD9E8D57 in halves: JavaScript has no 32 x 32 -> 64 product, so it
 * is put together by halves.
 */
const M0 = 0xd2511f53 | 0
const M0_HIGH = 0xd251
const M0_LOW = 0x1f53
const M1 = 0xcd9e8d57 | 0
const M1_HIGH = 0xcd9e
const M1_LOW = 0x8d57
const W0 = 0x9e3779b9 | 0
const W1 = 0xbb67ae85 | 0
const ROUNDS = 10

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
  for (let block = 0; block < blocks; block++) {
    let x0 = (c0 + block) | 0
    let x1 = c1 | 0
    let x2 = c2 | 0
    let x3 = c3 | 0
    let k0 = key0 | 0
    let k1 = key1 | 0
    for (let round = 0; round < ROUNDS; round++) {
      const a = x0 & 0xffff
      const b = x0 >>> 16
      const ab = (Math.imul(b, M0_LOW) + (Math.imul(a, M0_LOW) >>> 16)) | 0
      const ba = (Math.imul(a, M0_HIGH) + (ab & 0xffff)) | 0
      const high0 = (Math.imul(b, M0_HIGH) + (ab >>> 16) + (ba >>> 16)) | 0
      const low0 = Math.imul(x0, M0)
      const c = x2 & 0xffff
      const d = x2 >>> 16
      const cd = (Math.imul(d, M1_LOW) + (Math.imul(c, M1_LOW) >>> 16)) | 0
      const dc = (Math.imul(c, M1_HIGH) + (cd & 0xffff)) | 0
      const high1 = (Math.imul(d, M1_HIGH) + (cd >>> 16) + (dc >>> 16)) | 0
      const low1 = Math.imul(x2, M1)
      x0 = high1 ^ x1 ^ k0
      x1 = low1
      x2 = high0 ^ x3 ^ k1
      x3 = low0
      k0 = (k0 + W0) | 0
      k1 = (k1 + W1) | 0
    }
    const i = 4 * block
    out[i] = x0
    out[i + 1] = x1
    out[i + 2] = x2
    out[i + 3] = x3
  }
}
