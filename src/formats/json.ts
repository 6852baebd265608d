/**
 * Index of the quote that closes the string opened at `open`: the next one behind an
 * even number of backslashes.
 */
const closingQuote = (text: string, open: number): number => {
  for (let end = text.indexOf('"', open + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}

/**
 * The first key that some object of a valid JSON text has twice, or undefined: `JSON.parse` keeps
 * the last and says nothing.
 */
export const repeatedKey = (text: string): string | undefined => {
  const open: Set<string>[] = []
  const next = /["{}]/g
  const colon = /\s*:/y
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    if (match[0] === '{') open.push(new Set())
    else if (match[0] === '}') open.pop()
    else {
      const end = closingQuote(text, match.index)
      next.lastIndex = end + 1
      colon.lastIndex = end + 1
      if (!colon.test(text)) continue
      const key = String(JSON.parse(text.slice(match.index, end + 1)))
      if (open.at(-1)?.has(key)) return key
      open.at(-1)?.add(key)
    }
  }
  return undefined
}
