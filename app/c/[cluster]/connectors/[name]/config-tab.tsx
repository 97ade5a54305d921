'use client'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { ConfigHistory } from '#app/c/[cluster]/connectors/[name]/config-history.tsx'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { EditConfig } from '#app/c/[cluster]/connectors/[name]/edit-config.tsx'
import { ConfigTable } from '#components/config/config-table.tsx'
import { printConfig } from '#components/config-form/config-text.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { Button } from '#components/ui/button.tsx'
import { CopyButton } from '#components/ui/copy-button.tsx'
import type { ConnectorConfig } from '#server/contract/connector.ts'

/** The config: to read, to change in the form it was made with, and as it was. */
export function ConfigTab({ connector }: TabProps) {
  const url = useUrlState()
  const [start, setStart] = useState<ConnectorConfig | null>(null)
  const { config } = connector.info
  if (url.get('edit') === '1') {
    return (
      <EditConfig
        connector={connector}
        start={start ?? config}
        onDone={() => {
          setStart(null)
          url.set({ edit: null }, 'push')
        }}
      />
    )
  }
  return (
    <div className="grid gap-8 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <section aria-labelledby="config">
        <header className="mb-1 flex items-center gap-2">
          <h2 id="config" className="flex-1 font-semibold text-base">
            Config
          </h2>
          <CopyButton text={printConfig(config)} label="Copy the config as JSON" />
          <Button size="sm" onClick={() => url.set({ edit: '1' }, 'push')}>
            <Pencil aria-hidden="true" />
            Edit
          </Button>
        </header>
        <ConfigTable config={config} />
      </section>
      <ConfigHistory
        connector={connector}
        onRestore={(old) => {
          setStart(old)
          url.set({ edit: '1' }, 'push')
        }}
      />
    </div>
  )
}
