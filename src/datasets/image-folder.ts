import { openImages, readImages } from '../formats/index.ts'
import { type SourceLayout, unitData, unitSource } from './data-set.ts'

export const imageFolderLayout: SourceLayout = {
  form: 'any other folder',
  summary: 'PNG and JPEG images',
  matches: () => true,
  read: (folder) => unitData(readImages(folder).images),
  open: (folder) => {
    const { shape, rows } = openImages(folder)
    return unitSource(shape, rows)
  },
}
