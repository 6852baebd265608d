/**
 * Anchors of headings as GitHub makes them, since the pages link to those: lower case, only letters, numbers,
 * `_` and `-`, a `-` for each space, and a number where a page has the heading already.
 */

/** Gives the anchors of the headings of one page, in their order. */
export const anchors = (): ((heading: string) => string) => {
  const given = new Map<string, number>()
  return (heading) => {
    const plain = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replace(/ /g, '-')
    const before = given.get(plain) ?? 0
    given.set(plain, before + 1)
    return before === 0 ? plain : `${plain}-${before}`
  }
}
