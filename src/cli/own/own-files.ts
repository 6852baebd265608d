/** Files of own observations, which stay open while rows of them are read. */
import { type OpenNumbers, openOneArray } from '../../formats/index.ts'

/** Files that are open. */
export interface OwnFiles {
  /** Opens the one array of a file. @throws TweedieError as `openOneArray` */
  readonly open: (path: string) => OpenNumbers
  /** Closes something else with them. */
  readonly closeLater: (close: () => void) => void
  /** Closes all. */
  readonly close: () => void
}

/** No files yet. */
export const ownFiles = (): OwnFiles => {
  const closing: (() => void)[] = []
  return {
    open: (path) => {
      const file = openOneArray(path)
      closing.push(file.close)
      return file
    },
    closeLater: (close) => void closing.push(close),
    close: () => {
      for (const close of closing.splice(0)) close()
    },
  }
}
