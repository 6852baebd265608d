import { readImages } from '../formats/index.ts'
import { type SourceLayout, unitData } from './data-set.ts'

export const imageFolderLayout: SourceLayout = {
  form: 'any other folder',
  summary: 'PNG and JPEG images',
  matches: () => true,
  read: (folder) => unitData(readImages(folder).images),
}
