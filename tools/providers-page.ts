import { providers } from '#server/providers/catalog.ts'
import type { ConfigProviderPlugin } from '#server/sdk/config-provider.ts'
import { fieldTable } from '#tools/field-table.ts'

/** The reference of every config provider: how a worker introduces it, and how a value names it. */
export function providersPage(): string {
  return [
    '# Config providers',
    '',
    'Printed from the tables in `server/providers` by `npm run docs`.',
    '',
    'A value of a connector, or of the worker itself, may contain placeholders: `${alias:path:key}`, or `${alias:key}` where a',
    'provider needs no path. They are replaced when a plugin is started or validated, on the worker that runs it; what is stored,',
    'shown and logged is the placeholder. `connector.class` and `name` have to be written out.',
    '',
    'The worker introduces providers, each under an alias of your choice; a parameter may use those that stand before it:',
    '',
    '```properties',
    'config.providers=file,vault',
    'config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider',
    'config.providers.file.param.allowed.paths=/etc/secrets',
    'config.providers.vault.class=io.lenses.connect.secrets.providers.VaultSecretProvider',
    'config.providers.vault.param.vault.addr=https://vault.example.com:8200',
    'config.providers.vault.param.vault.token=${file:/etc/secrets/vault.properties:token}',
    '```',
    '',
    'When values change or come to their end, what uses them starts again, unless the connector says `config.action.reload=none`.',
    'A placeholder whose provider has no value is an error at its setting; one whose provider is not configured stays as it is.',
    '',
    ...providers.flatMap(section),
  ].join('\n')
}

function section({ class: className, summary, config, guard, example }: ConfigProviderPlugin): string[] {
  const alias = /^\$\{(\w+):/.exec(example.value)?.[1] ?? ''
  return [
    `## ${className.slice(className.lastIndexOf('.') + 1)}`,
    '',
    summary,
    ...(guard === undefined ? [] : ['', `In the profile \`safe\` it is refused without \`${guard}\`.`]),
    '',
    ...fieldTable(config),
    '',
    '```properties',
    `config.providers=${alias}`,
    `config.providers.${alias}.class=${className}`,
    ...Object.entries(example.params).map(([key, value]) => `config.providers.${alias}.param.${key}=${value}`),
    '',
    '# in a connector',
    `some.setting=${example.value}`,
    '```',
    '',
  ]
}
