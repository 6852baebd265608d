/** Configurations side by side; where they differ is marked, by a word and by colour. */
import { useState } from 'preact/hooks'
import { fieldRows } from './configuration.ts'
import { ScrollBox } from './scroll-box.tsx'

export const ConfigurationTable = ({
  names,
  configs,
}: {
  readonly names: readonly string[]
  readonly configs: readonly unknown[]
}) => {
  const several = names.length > 1
  const rows = fieldRows(configs)
  const differing = rows.filter(({ differs }) => differs)
  const [all, setAll] = useState(!several)
  return (
    <section aria-label="Configuration">
      <h2>Configuration</h2>
      {several && (
        <p>
          {differing.length === 0
            ? 'The configurations are the same.'
            : `${differing.length} of ${rows.length} fields differ.`}{' '}
          <label class="inline">
            <input type="checkbox" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} /> show all
          </label>
        </p>
      )}
      <ScrollBox label="Table of the configuration">
        <table class="configuration">
          <thead>
            <tr>
              <th scope="col">Field</th>
              {names.map((name) => (
                <th scope="col" key={name} class="text">
                  {several ? name : 'Value'}
                </th>
              ))}
              {several && (
                <th scope="col">
                  <span class="visually-hidden">Differs</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {(all ? rows : differing).map(({ path, values, differs }) => (
              <tr key={path} class={several && differs ? 'differs' : ''}>
                <th scope="row">{path}</th>
                {values.map((value, i) => (
                  <td key={names[i]} class="text">
                    {value ?? <span class="quiet">not set</span>}
                  </td>
                ))}
                {several && <td>{differs ? 'differs' : ''}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}
