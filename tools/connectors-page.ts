import { connectors } from '#server/connectors/catalog.ts'
import type { ConfigField, FieldCheck } from '#server/contract/config-field.ts'
import { describeField } from '#server/core/config-def.ts'
import { type ConnectorPlugin, pluginKind } from '#server/sdk/connector.ts'

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
    '| setting | type | default | importance | what it is |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(config).map(([name, field]) => row(name, field)),
    '',
    '```json',
    JSON.stringify({ 'connector.class': simple.replace(/Connector$/, ''), ...example }, null, 2),
    '```',
    '',
  ]
}

function row(name: string, field: ConfigField): string {
  const { required, defaultValue, importance } = describeField(name, field)
  const fallback = required ? '*required*' : defaultValue === null ? '–' : `\`${defaultValue}\``
  const rules = (field.checks ?? []).map(ruleOf).filter((rule) => rule !== '')
  const text = [field.doc.replace(/\.?$/, '.'), ...rules].join(' ').replaceAll('|', '\\|')
  return `| \`${name}\` | ${field.type.toLowerCase()} | ${fallback} | ${importance.toLowerCase()} | ${text} |`
}

function ruleOf(check: FieldCheck): string {
  if (check.check === 'one-of') return `One of ${check.values.map((value) => `\`${value}\``).join(', ')}.`
  if (check.check !== 'range') return ''
  const { min, max } = check
  if (min === undefined) return max === undefined ? '' : `At most ${max}.`
  return max === undefined ? `At least ${min}.` : `From ${min} to ${max}.`
}
