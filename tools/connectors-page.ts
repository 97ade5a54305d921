import { connectors } from '#server/connectors/catalog.ts'
import { type ConnectorPlugin, pluginKind } from '#server/sdk/connector.ts'
import { fieldTable } from '#tools/field-table.ts'

/** The reference of every connector that comes with Sluice: what it does, its settings, a config that works. */
export function connectorsPage(): string {
  return [
    '# Connectors',
    '',
    'Printed from the tables in `server/connectors` by `npm run docs`. These are the settings of the connectors themselves;',
    "those that every connector has (`tasks.max`, converters, transforms, errors, …) are Kafka Connect's.",
    '',
    ...connectors.flatMap(section),
  ].join('\n')
}

function section(plugin: ConnectorPlugin): string[] {
  const { class: className, title, summary, version, config, example } = plugin
  const simple = className.slice(className.lastIndexOf('.') + 1)
  const facts = [
    `\`connector.class\`: \`${className}\`, or in short \`${simple.replace(/Connector$/, '')}\`.`,
    plugin[pluginKind] === 'source' ? 'A source.' : 'A sink.',
    plugin.tasks === 'many' ? 'Runs as many tasks as `tasks.max` says.' : 'Runs one task.',
    ...('exactlyOnce' in plugin && plugin.exactlyOnce === 'SUPPORTED' ? ['Supports exactly-once delivery.'] : []),
    `Version ${version}.`,
  ]
  return [
    `## ${title}`,
    '',
    summary,
    '',
    facts.join(' '),
    '',
    ...fieldTable(config),
    '',
    '```json',
    JSON.stringify({ 'connector.class': simple.replace(/Connector$/, ''), ...example }, null, 2),
    '```',
    '',
  ]
}
