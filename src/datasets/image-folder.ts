import { openImages } from '../formats/index.ts'
import { type SourceLayout, unitSource } from './data-set.ts'
import { keptItems } from './kept-items.ts'

export const imageFolderLayout: SourceLayout = {
  form: 'any other folder',
  summary: 'PNG and JPEG images',
  matches: () => true,
  open: (folder) => {
    const { shape, rows } = openImages(folder)
    const [count, ...event] = shape
    return unitSource(keptItems({ count, rows }, event), event)
  },
}
