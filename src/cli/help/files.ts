/** What of files and data sets the help says: the lists of datasets/ and formats/, in words. */
import { dataSets, layouts } from '../../datasets/index.ts'
import { arrayExtensions, readExtensions } from '../../formats/index.ts'

const listed = (words: readonly string[], last: string): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`

/** Extensions of the files that hold several arrays: observation sets, draws. */
const several = listed(arrayExtensions({ several: true }), 'or')

/** What is only read, in folders and on servers too. */
const onlyRead = readExtensions().filter((extension) => !arrayExtensions().includes(extension))
const readOnly = `${listed(onlyRead, 'or')} (a folder, a zip of it, or an address: https://, s3://)`

export const filesHelp = [
  `Files of observations and of draws are ${several}.`,
  `Observations are also read from ${readOnly}.`,
].join(' ')

/** Extensions of all files of arrays. */
export const arraysHelp = `Files of arrays are ${listed(arrayExtensions(), 'or')}; ${readOnly} is only read.`

const bare = (form: string): string => form.replaceAll('`', '')

/** Where clean data come from: data sets by name, and forms of files and folders. */
export const sourcesHelp = [
  `Data by name: ${dataSets.map(({ name, summary }) => `${name} (${summary})`).join('; ')}.`,
  `Data in files: ${layouts.map(({ form, summary }) => `${bare(form)} (${bare(summary)})`).join('; ')}.`,
  'Volumes are cut along a plane of the body by a word before their path: axial:, coronal: or sagittal:.',
].join('\n\n')
