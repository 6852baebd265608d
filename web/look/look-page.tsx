import type { PageProps } from '../app/places.ts'

const LookPage = ({ address }: PageProps) => <h1>Look {address.words.join(' ')}</h1>

export default LookPage
