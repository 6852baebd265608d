/** The commands of a page, so that a test can say that it ran all of them. */

/** Options and numbers that differ between readers stand as … or in capitals. */
const hasBlanks = (line: string): boolean => /…|\b[A-Z]{2,}\b/.test(line)

/** Complete commands with arguments: lines of code blocks, and code in the text; in the order of the page. */
export const commandsOn = (page: string): string[] =>
  [...page.matchAll(/^(tweedie [a-z-]+ .+)$|`(tweedie [a-z-]+ [^`\n]+)`/gm)]
    .map(([, line, code]) => line ?? code)
    .filter((line) => !hasBlanks(line))
