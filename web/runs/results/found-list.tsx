/** Files of results below the folder, each with a link to its page. */
import { fragmentOf } from '../../app/address.ts'
import { Notice } from '../../ui/notice.tsx'
import { useAsked } from '../use-asked.ts'
import { ago } from '../words.ts'

interface Found {
  readonly found: readonly { readonly path: string; readonly changed: number }[]
}

/** The list of a kind of results; `nothing` says how one is made. */
export const FoundList = ({
  path,
  page,
  nothing,
}: {
  /** Where the server lists them. */
  readonly path: string
  /** First word of the page of one. */
  readonly page: string
  readonly nothing: string
}) => {
  const { value, refused } = useAsked<Found>(path, {}, 5000)
  if (refused) return <Notice title="They could not be listed">{refused}</Notice>
  if (!value) return <p class="quiet">Loading …</p>
  if (value.found.length === 0)
    return (
      <p class="empty quiet">
        There is none yet. <code>{nothing}</code> makes one.
      </p>
    )
  return (
    <ul class="files single">
      {value.found.map((one) => (
        <li key={one.path}>
          <a href={fragmentOf('runs', [page, one.path])}>{one.path}</a>{' '}
          <span class="quiet">{ago(one.changed)}</span>
        </li>
      ))}
    </ul>
  )
}
