import type { PageProps } from '../app/places.ts'

const GalleryPage = ({ address }: PageProps) => <h1>Gallery {address.words.join(' ')}</h1>

export default GalleryPage
