import { printConfig } from '#components/config-form/config-text.ts'
import { Button } from '#components/ui/button.tsx'
import { CopyButton } from '#components/ui/copy-button.tsx'
import { Failure, type Trouble } from '#components/ui/failure.tsx'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import type { CatalogEntry } from '#server/contract/herder.ts'

/** The last look: exactly what is sent, and what will happen. */
export function ReviewNew({
  name,
  entry,
  config,
  busy,
  trouble,
  onBack,
  onCreate,
}: {
  name: string
  entry: CatalogEntry
  config: ConnectorConfig
  busy: boolean
  trouble: Trouble | null
  onBack: () => void
  onCreate: () => void
}) {
  const text = printConfig(config)
  return (
    <div className="max-w-3xl space-y-5">
      <section aria-labelledby="what-happens">
        <h2 id="what-happens" className="mb-1 font-semibold text-base">
          What will happen
        </h2>
        <ul className="list-disc space-y-1 pl-5">
          {consequences(name, entry, config).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="what-is-sent">
        <h2 id="what-is-sent" className="mb-1 flex items-center font-semibold text-base">
          What is sent
          <span className="ml-auto">
            <CopyButton text={text} label="Copy the config" />
          </span>
        </h2>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
        <pre tabIndex={0} className="max-h-96 overflow-auto rounded-md border bg-surface p-3 text-xs leading-5">
          {text}
        </pre>
      </section>
      {trouble && <Failure trouble={trouble} />}
      <div className="flex gap-2">
        <Button onClick={onBack} disabled={busy}>
          Back
        </Button>
        <Button tone="primary" onClick={onCreate} busy={busy}>
          Create and watch
        </Button>
      </div>
    </div>
  )
}

function consequences(name: string, entry: CatalogEntry, config: ConnectorConfig): string[] {
  const tasks = Number(config['tasks.max'] ?? '1')
  const most = Number.isInteger(tasks) && tasks > 0 ? `at most ${tasks} ${tasks === 1 ? 'task' : 'tasks'}` : 'its tasks'
  const topics = config.topics ?? config.topic ?? config['topics.regex']
  return [
    `${name} starts at once with ${most}, which the workers share among themselves.`,
    entry.type === 'sink'
      ? `It reads ${topics ? `from ${topics}` : 'its topics'} from the first record on, as consumer group connect-${name}.`
      : `It writes ${topics ? `to ${topics}` : 'to its topics'}; a topic that does not exist is created with the first record.`,
    'You can pause, change or delete it at any time.',
  ]
}
