import { Table, Td, Th } from '#components/ui/table.tsx'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { isKeptSecret } from '#server/contract/kept-secret.ts'

/** A config to read, in the order of its keys. Secrets are named, never shown. */
export function ConfigTable({ config }: { config: ConnectorConfig }) {
  return (
    <Table label="Config">
      <thead className="sr-only">
        <tr>
          <Th>key</Th>
          <Th>value</Th>
        </tr>
      </thead>
      <tbody className="border-t">
        {Object.entries(config)
          .toSorted(([a], [b]) => a.localeCompare(b))
          .map(([key, value]) => (
            <tr key={key} data-key={key}>
              <Td className="name w-2/5 break-all text-ink-soft text-xs">{key}</Td>
              <Td className="name break-all text-xs">
                {isKeptSecret(value) ? <span className="text-ink-soft">secret, not shown</span> : (value ?? 'null')}
              </Td>
            </tr>
          ))}
      </tbody>
    </Table>
  )
}
